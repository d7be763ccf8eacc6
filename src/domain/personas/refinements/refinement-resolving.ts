/** Commands that decide on the fields of a refinement one by one, and carry it over to a newer version. */
import { z } from 'zod';
import { same } from '../../content-hash.js';
import { pointerOf } from '../../json-pointer.js';
import type { Caller, FieldError } from '../../kernel.js';
import { draftAfter } from '../draft-change.js';
import { touchedLocks } from '../locked-parts.js';
import { storedConfig, type PersonaConfig } from '../persona-config.js';
import { persona } from '../persona.js';
import { classOf, touchedBetween } from './change-class.js';
import { fieldPointer, refinementId } from './events.js';
import { contentBetween, fieldsOf, isEmpty, withoutFields, type ConfigChange } from './field-changes.js';
import { meet, rebased } from './rebase.js';
import {
  effectOf,
  existing,
  guardPersons,
  hashOn,
  open,
  refinement,
  standing,
  toldOf,
  type ExistingRefinement,
} from './refinement.js';
import { aroundFact, aroundWithBaseFact, baseOf } from './refinement-facts.js';

const paths = z.array(fieldPointer).max(1_000).optional();

/** Refuses an effect that is none, or that would not leave a configuration. */
function guardEffect(base: PersonaConfig, effect: ConfigChange, pointer: string): void {
  if (isEmpty(effect)) refinement.reject('refinement-empty');
  const parsed = storedConfig.safeParse(draftAfter(base, effect));
  if (parsed.success) return;
  const errors = parsed.error.issues.map(({ path, message }) => ({
    pointer,
    detail: `${pointerOf(path)} ${message}`.trim(),
  }));
  refinement.reject('refinement-invalid', errors[0]!.detail, { errors });
}

type Lists = Record<'accept' | 'reject', readonly string[]>;

/** Refuses to change which locked prompt parts are in effect, unless an owner of the tenant does. */
function guardLocks(before: PersonaConfig, after: PersonaConfig, lists: Lists, { roles }: Caller): void {
  if (roles.includes('owner')) return;
  const resolving = Object.entries(lists).flatMap(([name, list]) =>
    list.map((field, index) => ({ field, pointer: `/${name}/${index}` })),
  );
  const errors = touchedLocks(before, after, '').map(({ pointer, detail }): FieldError => {
    const blamed = resolving.findLast(({ field }) => meet(field, pointer));
    return { pointer: blamed?.pointer ?? '', detail };
  });
  if (errors.length > 0) refinement.reject('prompt-locked', undefined, { errors });
}

/** Refuses fields that the refinement does not have. */
function guardFields(fields: ReadonlySet<string>, lists: Lists): void {
  const errors = Object.entries(lists).flatMap(([name, list]) =>
    list.flatMap((field, index): FieldError[] =>
      fields.has(field) ? [] : [{ pointer: `/${name}/${index}`, detail: 'there is no such field' }],
    ),
  );
  if (errors.length > 0) refinement.reject('refinement-field-unknown', undefined, { errors });
}

/** How the fields stand when some more are accepted and rejected; in the order of the fields. */
function resolved(
  { accepted, rejected }: Pick<ExistingRefinement, 'accepted' | 'rejected'>,
  fields: readonly string[],
  { accept, reject }: Lists,
): { accepted: string[]; rejected: string[] } {
  const yes = new Set([...accepted.filter((field) => !reject.includes(field)), ...accept]);
  const no = new Set([...rejected.filter((field) => !accept.includes(field)), ...reject]);
  return {
    accepted: fields.filter((field) => yes.has(field)),
    rejected: fields.filter((field) => no.has(field)),
  };
}

export const resolvingCommands = {
  resolveRefinementFields: refinement.command({
    http: 'POST /refinements/:refinementId/fields',
    summary: 'Accept or reject fields of a refinement one by one; rejected ones stay as they are in the base',
    permission: 'refinements:propose',
    input: z
      .strictObject({ refinementId, accept: paths, reject: paths })
      .refine(({ accept = [], reject = [] }) => !reject.some((field) => accept.includes(field)), {
        path: ['reject'],
        error: 'a field is accepted or rejected, not both',
      }),
    rejects: [
      'refinement-not-found',
      'refinement-not-open',
      'refinement-not-yours',
      'refinement-field-unknown',
      'refinement-empty',
      'refinement-invalid',
      'prompt-locked',
    ],
    facts: aroundWithBaseFact,
    decide: (state, { accept = [], reject = [] }, ctx) => {
      const { found } = existing(state, ctx.facts.persona);
      const { change, personaId, hands } = open(found);
      guardPersons(found, ctx.actor);
      const fields = fieldsOf(change);
      guardFields(new Set(fields), { accept, reject });
      const now = resolved(found, fields, { accept, reject });
      if (same(now, { accepted: found.accepted, rejected: found.rejected })) return [];
      const effect = withoutFields(change, now.rejected);
      const { config: base } = baseOf(ctx.facts);
      guardEffect(base, effect, '/reject');
      const before = draftAfter(base, effectOf(found));
      guardLocks(before, draftAfter(base, effect), { accept, reject }, ctx.actor);
      const diffHash = hashOn(found, effect);
      return [
        refinement.event('RefinementFieldsResolved', {
          refinementId: ctx.streamId,
          personaId,
          ...now,
          diffHash,
          ...toldOf(found, { diffHash, hands }),
        }),
      ];
    },
    reply: standing,
  }),

  rebaseRefinement: refinement.command({
    http: 'POST /refinements/:refinementId/rebase',
    summary: 'Carry a refinement over to the newest version; votes that were cast are void',
    permission: 'refinements:propose',
    input: z.strictObject({ refinementId }),
    rejects: [
      'refinement-not-found',
      'refinement-not-open',
      'refinement-not-yours',
      'persona-unpublished',
      'rebase-conflict',
      'refinement-empty',
      'refinement-invalid',
    ],
    facts: aroundFact,
    decide: (state, _, ctx) => {
      const {
        found,
        persona: { head },
      } = existing(state, ctx.facts.persona);
      const { personaId, hands, baseVersionNo, accepted, status } = open(found);
      guardPersons(found, ctx.actor);
      if (!head) return persona.reject('persona-unpublished');
      if (head.versionNo === baseVersionNo && status !== 'failed') return [];
      const result = rebased(effectOf(found), head.config);
      if ('conflicts' in result) {
        const errors = result.conflicts.map((pointer) => ({ pointer, detail: 'both have changed it' }));
        const detail = 'reject these fields, or amend the refinement';
        return ctx.reject('rebase-conflict', detail, { errors, currentVersionNo: head.versionNo });
      }
      guardEffect(head.config, result.change, '/refinementId');
      const after = draftAfter(head.config, result.change);
      const base = { personaId, baseHash: head.versionHash };
      const content = contentBetween(base, head.config, after);
      return [
        refinement.event('RefinementRebased', {
          refinementId: ctx.streamId,
          personaId,
          baseVersionNo: head.versionNo,
          baseHash: head.versionHash,
          ...content,
          changeClass: classOf(touchedBetween(head.config, after)),
          accepted: content.fields.filter((field) => accepted.includes(field)),
          ...toldOf(found, { diffHash: content.diffHash, hands }),
        }),
      ];
    },
    reply: standing,
  }),
};
