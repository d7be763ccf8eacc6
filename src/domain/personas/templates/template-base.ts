/**
 * What a template gives to every persona that is made from it: its base, any members of a configuration but the
 * name, which is each persona's own, and the card, which is one character's. Commands spell the members as the
 * seed does (S3: PersonaTemplate): `baseTraits`, `baseResponseStyle`, … A base holds what its author named and
 * nothing else, at any depth of objects: a default in it would pass for the author's word and be fixed.
 */
import { z } from 'zod';
import { configShape, givenRules, type PersonaConfig } from '../persona-config.js';
import { inPart, type Part } from './config-parts.js';

type BaseMember = Exclude<keyof PersonaConfig, 'name' | 'card'>;
type BaseName<K extends BaseMember = BaseMember> = `base${Capitalize<K>}`;

/** The parts of a configuration that the template speaks of; what it does not speak of is absent. */
export type TemplateBase = { [K in BaseMember]?: Part<PersonaConfig[K]> | undefined };

const baseMembers = Object.keys(configShape).filter(
  (name) => name !== 'name' && name !== 'card',
) as BaseMember[];

/** `traits` → `baseTraits`. */
const baseName = (member: BaseMember): BaseName =>
  `base${member.charAt(0).toUpperCase()}${member.slice(1)}` as BaseName;

const partOf = (member: BaseMember): z.ZodType => inPart(configShape[member]);

/** A base as events hold it. */
export const templateBase = z.strictObject(
  Object.fromEntries(baseMembers.map((member) => [member, partOf(member).optional()])),
) as unknown as z.ZodObject<
  { [K in BaseMember]: z.ZodOptional<z.ZodType<Part<PersonaConfig[K]>>> },
  z.core.$strict
>;

/** The base in the input of a command that makes a template. */
export const baseShape = Object.fromEntries(
  baseMembers.map((member) => [baseName(member), partOf(member).optional()]),
) as unknown as { [K in BaseMember as BaseName<K>]: z.ZodOptional<z.ZodType<Part<PersonaConfig[K]>>> };

/** The base in the input of a revision: null takes a member out of the base. */
export const baseChangeShape = Object.fromEntries(
  baseMembers.map((member) => [baseName(member), partOf(member).nullable().optional()]),
) as unknown as {
  [K in BaseMember as BaseName<K>]: z.ZodOptional<z.ZodNullable<z.ZodType<Part<PersonaConfig[K]>>>>;
};

type BaseInput = { [K in BaseMember as BaseName<K>]?: Part<PersonaConfig[K]> | null | undefined };

/** The base after an input: what it gives replaces, null removes, what it does not name stays. */
export function baseWith(before: TemplateBase, input: BaseInput): TemplateBase {
  const members = baseMembers.flatMap((member) => {
    const given = input[baseName(member)];
    const value = given === undefined ? before[member] : given;
    return value === undefined || value === null ? [] : [[member, value]];
  });
  return Object.fromEntries(members) as TemplateBase;
}

type Issue = Exclude<Parameters<z.RefinementCtx['addIssue']>[0], string>;

/** The rules across the members of a base in an input: those of a configuration, and it is about nobody. */
export function baseRules(input: BaseInput, ctx: z.RefinementCtx): void {
  const base = baseWith({}, input);
  const addIssue = (issue: string | Issue): void => {
    if (typeof issue === 'string') return ctx.addIssue(issue);
    const [member, ...rest] = issue.path ?? [];
    const path = member === undefined ? [] : [baseName(member as BaseMember), ...rest];
    ctx.addIssue({ ...issue, path });
  };
  givenRules(base, { ...ctx, addIssue });
  for (const facet of ['identity', 'writing'] as const) {
    if (base[facet]?.subjectId === undefined) continue;
    const message = 'a template is about nobody in particular; a persona made from it may name a subject';
    addIssue({ code: 'custom', path: [facet, 'subjectId'], message });
  }
}
