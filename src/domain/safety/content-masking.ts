/** Texts and arguments with what is to be masked replaced by keyed pseudonyms: `[email:3f9a1c4b7d]`. */
import type { PartFacts } from './action-facts.js';
import { memberTextOf } from './action-texts.js';
import type { Findings } from './content-analysis.js';
import { filtersOfPart, piiOfPart } from './content-rules.js';
import type { PolicyInForce } from './policy-in-force.js';
import type { Span } from './text-pattern.js';

/**
 * What masks the texts of a part of an action.
 * @returns the masked text, or null where nothing in it is to be masked
 */
export type Masking = (text: string, field?: string) => string | null;

/** A piece that is to be masked: by which rule's name, and what its pseudonym stands for. */
interface Masked extends Span {
  name: string;
  value: string;
}
type Masks = (text: string, field: string | undefined) => Masked[];

/**
 * Masks what enforced `mask` filters find in a part, and personal data where a policy masks it: exactly where the
 * decision says so. The same value has the same pseudonym wherever the key is the same; what overlaps is replaced as a
 * whole, by the longest.
 * @param pseudonym what stands for a text under a key, at least 10 characters
 */
export function maskingOf(
  part: PartFacts,
  findings: Findings,
  policies: readonly PolicyInForce[],
  pseudonym: (text: string) => string,
): Masking {
  const masks = policies.flatMap((inForce) => [
    filterMasks(inForce, part, findings),
    piiMasks(inForce, part, findings),
  ]);
  const known = new Map<string, string>();
  const standIn = ({ name, value }: Masked): string => {
    const key = `${name}\n${value}`;
    const drawn = known.get(key) ?? `[${name}:${pseudonym(key).slice(0, 10)}]`;
    known.set(key, drawn);
    return drawn;
  };
  return (text, field) => {
    const found = masks.flatMap((one) => one(text, field));
    if (found.length === 0) return null;
    let masked = '';
    let from = 0;
    for (const piece of united(found)) {
      masked += text.slice(from, piece.start) + standIn(piece);
      from = piece.end;
    }
    return masked + text.slice(from);
  };
}

function filterMasks(inForce: PolicyInForce, part: PartFacts, findings: Findings): Masks {
  const masking = filtersOfPart(inForce, part, 'enforced').filter(({ filter }) => filter.action === 'mask');
  return (text) =>
    masking.flatMap(({ filter: { name, pattern } }) =>
      literal(name, findings.spansOf(pattern).get(text), text),
    );
}

function piiMasks(inForce: PolicyInForce, part: PartFacts, findings: Findings): Masks {
  const { pii } = inForce.policy;
  if (pii.action !== 'mask') return () => [];
  const names = new Set<string>(piiOfPart(inForce, part, 'enforced'));
  const custom = pii.customPatterns.filter(({ name }) => names.has(name));
  return (text, field) => {
    if (names.size === 0 || (field !== undefined && pii.exemptedFields.includes(field))) return [];
    const kinds = findings.pii.get(text)?.filter(({ kind }) => names.has(kind)) ?? [];
    return [
      ...kinds.map(({ kind, ...found }) => ({ name: kind, ...found })),
      ...custom.flatMap(({ name, pattern }) => literal(name, findings.spansOf(pattern).get(text), text)),
    ];
  };
}

const literal = (name: string, spans: readonly Span[] = [], text: string): Masked[] =>
  spans.map(({ start, end }) => ({ start, end, name, value: text.slice(start, end) }));

/** Pieces that do not overlap, from left to right: those that do become one, which has the name of the longest. */
function united(masks: readonly Masked[]): Masked[] {
  const pieces: { whole: Span; named: Masked }[] = [];
  for (const mask of [...masks].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = pieces.at(-1);
    if (!last || mask.start >= last.whole.end) {
      pieces.push({ whole: { start: mask.start, end: mask.end }, named: mask });
      continue;
    }
    last.whole.end = Math.max(last.whole.end, mask.end);
    if (mask.end - mask.start > last.named.end - last.named.start) last.named = mask;
  }
  return pieces.map(({ whole, named }) => ({ ...named, ...whole }));
}

/**
 * Arguments of the same structure, with their texts masked; a number or the name of a member in which something is to
 * be masked becomes a masked text.
 * @returns null where nothing is to be masked
 */
export function maskedArgs(args: Record<string, unknown>, masking: Masking): Record<string, unknown> | null {
  const masked = maskedMembers(args, masking);
  return masked === args ? null : (masked as Record<string, unknown>);
}

/** The value itself where nothing in it is to be masked. */
function maskedValue(value: unknown, masking: Masking, field: string): unknown {
  const text = memberTextOf(value);
  if (text !== undefined) return masking(text, field) ?? value;
  return maskedMembers(value, masking, field);
}

/** @param field the member of the arguments that all of it stands in; absent for the arguments themselves */
function maskedMembers(value: unknown, masking: Masking, field?: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => maskedValue(item, masking, field!));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const members = Object.entries(value);
  const masked = members.map(([name, member]): [string, unknown] => [
    masking(name, field) ?? name,
    maskedValue(member, masking, field ?? name),
  ]);
  const isSame = masked.every(
    ([name, member], index) => name === members[index]![0] && member === members[index]![1],
  );
  return isSame ? value : Object.fromEntries(named(masked));
}

/** Names that became the same are counted, so that no member is lost. */
function named(members: readonly [string, unknown][]): [string, unknown][] {
  const taken = new Set<string>();
  return members.map(([name, member]) => {
    let free = name;
    for (let count = 2; taken.has(free); count++) free = `${name}#${count}`;
    taken.add(free);
    return [free, member];
  });
}
