/** Commands that say what a refinement is to change. */
import { z } from 'zod';
import { same } from '../../content-hash.js';
import { settingsFact } from '../../configuration/facts.js';
import { tokensOf } from '../../json-pointer.js';
import type { Caller, FieldError } from '../../kernel.js';
import { draftAfter, draftEdit, editedDraft, pointerInEdit, type DraftEdit } from '../draft-change.js';
import { personaRef, reason, versionNo } from '../events.js';
import { personaFact, refinementFact } from '../facts.js';
import { touchedLocks } from '../locked-parts.js';
import { missing as missingPersona, persona, type ExistingPersona, type Head } from '../persona.js';
import type { PersonaConfig } from '../persona-config.js';
import { classOf, singleClass, touchedBetween, type SingleClass, type Touched } from './change-class.js';
import { isMachine, proposedSource, sourceBy } from './change-source.js';
import { evidence, refinementId } from './events.js';
import { contentBetween } from './field-changes.js';
import { handsWith } from './hands.js';
import {
  effectOf,
  existing,
  guardPersons,
  isOpen,
  mayEnd,
  missing,
  open,
  refinement,
  standing,
  toldOf,
  type Refinement,
} from './refinement.js';
import { aroundWithBaseFact, baseOf } from './refinement-facts.js';
import { acceptedMode, submission, usualTerms } from './refinement-submission.js';

/** An edit of the base, or the draft as it is. */
type Edit = DraftEdit & { draft?: true | undefined };
const declaredClass = singleClass
  .optional()
  .describe('Absent: the class of what it touches, `mixed` for several; given: it touches nothing else');
const forms = ({ set, patch, draft }: Edit): number =>
  [set, patch, draft].filter((form) => form !== undefined).length;

/** Where in the input the blame for a place of the outcome lies. */
const blamed = ({ draft, ...edit }: Edit, path: PropertyKey[]): string =>
  draft ? '/draft' : pointerInEdit(edit, path);

/** What is edited: the base, or the draft is taken as it is. */
interface Edited {
  personaId: string;
  base: Head;
  draft: PersonaConfig;
  /** Where to send another edit. */
  next: string;
}

/** The configuration that an edit of the base leads to. @throws Rejection `draft-invalid`, `patch-not-applicable` */
function editedBase(edit: Edit, { base, draft, next }: Edited): PersonaConfig {
  if (edit.draft) return draft;
  const edited = editedDraft(base.config, edit);
  if ('draft' in edited) return edited.draft;
  const { code, detail, errors } = edited;
  return refinement.reject(code, detail, { errors, ...(code === 'patch-not-applicable' && { next }) });
}

/** Refuses a change of locked prompt parts, unless an owner of the tenant makes it. */
function guardLocks(base: PersonaConfig, after: PersonaConfig, edit: Edit, { roles }: Caller): void {
  if (roles.includes('owner')) return;
  const errors = touchedLocks(base, after, '').map(({ pointer, detail }) => ({
    pointer: blamed(edit, tokensOf(pointer)),
    detail,
  }));
  if (errors.length > 0) refinement.reject('prompt-locked', undefined, { errors });
}

/** Refuses a change that touches what is not of the class that it is declared to be of. */
function guardClass(touched: readonly Touched[], declared: SingleClass | undefined, edit: Edit): void {
  if (declared === undefined) return;
  const outside = touched.filter((one) => one.class !== declared);
  const errors = outside.map(({ path, class: own }): FieldError => ({
    pointer: blamed(edit, path),
    detail: `is of the class ${own}`,
  }));
  if (errors.length > 0) refinement.reject('outside-change-class', errors[0]!.detail, { errors });
}

/** What an edit of the base changes, and of which class that is. */
function proposedBy(edit: Edit & { changeClass?: SingleClass | undefined }, of: Edited, actor: Caller) {
  const { changeClass, ...form } = edit;
  const { config, versionHash: baseHash } = of.base;
  const after = editedBase(form, of);
  if (same(config, after)) return refinement.reject('refinement-empty');
  guardLocks(config, after, form, actor);
  const touched = touchedBetween(config, after);
  guardClass(touched, changeClass, form);
  const content = contentBetween({ personaId: of.personaId, baseHash }, config, after);
  return { content, touched, changeClass: classOf(touched) };
}

/** The persona, if a change of it can be proposed. */
function changeable(found: ExistingPersona | null | undefined): ExistingPersona & { head: Head } {
  if (!found) return missingPersona('/personaId');
  if (found.status === 'archived') return persona.reject('persona-archived');
  const { head } = found;
  return head ? { ...found, head } : persona.reject('persona-unpublished');
}

/** Refuses a base that is not the newest version: one that is not there yet, and one that is not newest any more. */
function guardNewest(baseVersionNo: number, { versionNo: currentVersionNo }: Head): void {
  if (baseVersionNo === currentVersionNo) return;
  const detail = `the newest version is ${currentVersionNo}`;
  if (baseVersionNo > currentVersionNo) {
    const errors = [{ pointer: '/baseVersionNo', detail }];
    return refinement.reject('version-not-published', detail, { errors });
  }
  refinement.reject('base-version-moved', detail, { currentVersionNo, next: 'POST /refinements' });
}

/**
 * Refuses to take the place of what is not there, of another persona's refinement, of a decided one, and of one that
 * is not the caller's to end.
 */
function guardSuperseded(
  superseded: Refinement | null,
  { personaId, persona: whose, actor }: { personaId: string; persona: ExistingPersona; actor: Caller },
): void {
  if (superseded === null) return;
  const pointer = '/supersedes';
  if (superseded.status === 'none' || superseded.personaId !== personaId) return missing(pointer);
  guardPersons(superseded, actor, pointer);
  if (!mayEnd(superseded, whose, actor)) {
    const detail = 'it is not yours to end';
    return refinement.reject('refinement-not-yours', undefined, { errors: [{ pointer, detail }] });
  }
  if (isOpen(superseded)) return;
  const detail = `it is ${superseded.status.replace('_', ' ')}`;
  refinement.reject('refinement-not-open', detail, { errors: [{ pointer, detail }] });
}

const oneForm = { error: 'must have exactly one of set, patch and draft' };
const proposal = z
  .strictObject({
    personaId: personaRef,
    baseVersionNo: versionNo.describe('The newest version: what the change is made against'),
    ...draftEdit,
    draft: z.literal(true).optional().describe('The draft as it is, in the place of an edit'),
    changeClass: declaredClass,
    reason: reason.optional(),
    source: proposedSource
      .default('user_modified')
      .describe('`user_modified` counts as `ai_suggested` where an application proposes'),
    evidence: evidence.default([]).describe('Ids of events that it follows'),
    supersedes: refinementId.optional().describe('An open refinement that it takes the place of'),
  })
  .refine((input) => forms(input) === 1, oneForm);

/** Who is no owner does not take out of a proposal either what an owner has put in. */
function guardTakenOut(
  { config }: Head,
  { from, to }: Record<'from' | 'to', Parameters<typeof draftAfter>[1]>,
  { roles }: Caller,
): void {
  const errors = touchedLocks(draftAfter(config, from), draftAfter(config, to), '');
  if (errors.length > 0 && !roles.includes('owner')) persona.reject('prompt-locked', undefined, { errors });
}

const editRefusals = [
  'draft-invalid',
  'patch-not-applicable',
  'refinement-empty',
  'prompt-locked',
  'outside-change-class',
  'autonomy-manual',
] as const;

export const proposingCommands = {
  proposeRefinement: refinement.command({
    http: 'POST /refinements',
    summary:
      'Propose a change to the newest version; what a machine proposes is submitted for approval at once',
    permission: 'refinements:propose',
    input: proposal,
    rejects: [
      'persona-not-found',
      'persona-archived',
      'persona-unpublished',
      'version-not-published',
      'base-version-moved',
      'refinement-not-found',
      'refinement-not-yours',
      'refinement-not-open',
      ...editRefusals,
    ],
    facts: async ({ personaId, supersedes }, read) => ({
      persona: await personaFact(personaId, read),
      settings: await settingsFact(read),
      superseded: supersedes === undefined ? null : await refinementFact(supersedes, read),
    }),
    decide: (state, input, ctx) => {
      const found = changeable(ctx.facts.persona);
      // The id is drawn, so whatever stands there was decided by this very command.
      if (state.status !== 'none') return [];
      const { personaId, baseVersionNo, reason: why, evidence: followed, supersedes } = input;
      const { head, draft, autonomy } = found;
      guardNewest(baseVersionNo, head);
      guardSuperseded(ctx.facts.superseded, { personaId, persona: found, actor: ctx.actor });
      const { set, patch, draft: asIs, changeClass } = input;
      const edit = { set, patch, draft: asIs, changeClass };
      const of = { personaId, base: head, draft, next: 'POST /refinements' };
      const proposed = proposedBy(edit, of, ctx.actor);
      const draftedBy = asIs ? found.draftHands : [];
      const source = sourceBy(ctx.actor, input.source);
      const mode = acceptedMode(source, autonomy, proposed.touched);
      const about = { refinementId: ctx.streamId, personaId };
      const event = refinement.event('RefinementProposed', {
        ...about,
        baseVersionNo,
        baseHash: head.versionHash,
        ...proposed.content,
        source,
        changeClass: proposed.changeClass,
        proposerId: ctx.actor.id,
        ...(draftedBy.length > 0 && { draftedBy }),
        ...(why !== undefined && { reason: why }),
        evidence: followed,
        ...(supersedes !== undefined && { supersedes }),
      });
      if (!isMachine(source)) return [event];
      const terms = usualTerms(ctx.facts.settings);
      const what = { ...about, diffHash: proposed.content.diffHash };
      const asked = { actor: ctx.actor, approvalId: ctx.id('approval') };
      return [event, submission(what, { terms, mode, hands: draftedBy }, asked)];
    },
    reply: standing,
  }),

  amendRefinement: refinement.command({
    http: 'POST /refinements/:refinementId/amend',
    summary: 'Propose something else in its place, again against the base; votes that were cast are void',
    permission: 'refinements:propose',
    input: z
      .strictObject({ refinementId, ...draftEdit, changeClass: declaredClass })
      .refine((input) => forms(input) === 1, { error: 'must have either set or patch' }),
    rejects: ['refinement-not-found', 'refinement-not-open', 'refinement-not-yours', ...editRefusals],
    facts: aroundWithBaseFact,
    decide: (state, { set, patch, changeClass }, ctx) => {
      const { found, persona: whose } = existing(state, ctx.facts.persona);
      const { personaId } = open(found);
      guardPersons(found, ctx.actor);
      const next = 'POST /refinements/:refinementId/amend';
      const of = { personaId, base: baseOf(ctx.facts), draft: whose.draft, next };
      const proposed = proposedBy({ set, patch, changeClass }, of, ctx.actor);
      if (proposed.content.diffHash === found.diffHash) return [];
      guardTakenOut(baseOf(ctx.facts), { from: effectOf(found), to: proposed.content }, ctx.actor);
      acceptedMode(found.source, whose.autonomy, proposed.touched);
      const hands = handsWith(found.hands, ctx.actor);
      return [
        refinement.event('RefinementAmended', {
          refinementId: ctx.streamId,
          personaId,
          ...proposed.content,
          changeClass: proposed.changeClass,
          ...toldOf(found, { diffHash: proposed.content.diffHash, hands }),
        }),
      ];
    },
    reply: standing,
  }),
};
