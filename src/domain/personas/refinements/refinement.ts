/** A proposed change of a published persona: its state, how that follows from its events, and what its commands share. */
import { deciderFor, type Actor, type Caller } from '../../kernel.js';
import type { ExistingPersona } from '../persona.js';
import { personaRejections } from '../rejections.js';
import { manages } from '../visibility.js';
import type { ChangeClass } from './change-class.js';
import type { RefinementSource } from './change-source.js';
import { refinementEvents } from './events.js';
import { diffHashOf, withoutFields, type ConfigChange } from './field-changes.js';
import { handsWith } from './hands.js';

export interface ExistingRefinement {
  status:
    | 'proposed'
    | 'awaiting_approval'
    | 'approved'
    | 'applying'
    | 'applied'
    | 'rejected'
    | 'withdrawn'
    | 'superseded'
    | 'failed'
    | 'rolled_back';
  personaId: string;
  source: RefinementSource;
  changeClass: ChangeClass;
  baseVersionNo: number;
  baseHash: string;
  /** All that was proposed, rejected fields included. */
  change: ConfigChange;
  /** JSON Pointers of fields that were resolved one by one. */
  accepted: string[];
  rejected: string[];
  /** Of what would be applied: the change without the rejected fields. */
  diffHash: string;
  /** Who proposed it. */
  proposerId: string;
  /** Whether a person proposed it, or an application. */
  proposerKind: Actor['kind'];
  /** Who wrote or submitted it. */
  hands: string[];
  /** The approval that it waits for, or that it has. */
  approvalId: string | null;
  /** The version that it became. */
  versionNo: number | null;
  /** The newest version when it was rolled back. */
  headVersionNo: number | null;
}
export type Refinement = { status: 'none' } | ExistingRefinement;

/** Evolve meets an existing refinement by construction: the stream begins with `RefinementProposed`. */
const known = (state: Refinement): ExistingRefinement => state as ExistingRefinement;
const change = (state: Refinement, members: Partial<ExistingRefinement>): Refinement => ({
  ...known(state),
  ...members,
});

/** What another content does to the status: an approval that waits is told, one that was given counts no more. */
const reopened = (state: Refinement): Partial<ExistingRefinement> =>
  known(state).status === 'awaiting_approval' ? {} : { status: 'proposed', approvalId: null };

const contentOf = ({ changed, removed, was, diffHash }: ConfigChange & { diffHash: string }) => ({
  change: { changed, removed, was },
  diffHash,
});

export const refinement = deciderFor<Refinement>()({
  name: 'refinement',
  id: 'refinementId',
  events: refinementEvents,
  rejections: personaRejections,
  initialState: () => ({ status: 'none' }),
  evolve: {
    RefinementProposed: (_, proposed, { actor }) => ({
      status: 'proposed',
      personaId: proposed.personaId,
      source: proposed.source,
      changeClass: proposed.changeClass,
      baseVersionNo: proposed.baseVersionNo,
      baseHash: proposed.baseHash,
      ...contentOf(proposed),
      accepted: [],
      rejected: [],
      proposerId: proposed.proposerId,
      proposerKind: actor.kind,
      hands: handsWith(proposed.draftedBy ?? [], actor),
      approvalId: null,
      versionNo: null,
      headVersionNo: null,
    }),
    RefinementAmended: (state, amended, { actor }) =>
      change(state, {
        ...contentOf(amended),
        changeClass: amended.changeClass,
        accepted: [],
        rejected: [],
        hands: handsWith(known(state).hands, actor),
        ...reopened(state),
      }),
    RefinementFieldsResolved: (state, { accepted, rejected, diffHash }) =>
      change(state, {
        accepted,
        rejected,
        diffHash,
        ...(diffHash !== known(state).diffHash && reopened(state)),
      }),
    RefinementSubmitted: (state, { approvalId }, { actor }) =>
      change(state, {
        status: 'awaiting_approval',
        approvalId,
        hands: handsWith(known(state).hands, actor),
      }),
    RefinementRebased: (state, { baseVersionNo, baseHash, changeClass, accepted, ...content }) =>
      change(state, {
        baseVersionNo,
        baseHash,
        changeClass,
        ...contentOf(content),
        accepted,
        rejected: [],
        ...reopened(state),
      }),
    RefinementApproved: (state) => change(state, { status: 'approved' }),
    RefinementReturned: (state) => change(state, { status: 'proposed', approvalId: null }),
    RefinementRejected: (state) => change(state, { status: 'rejected' }),
    RefinementWithdrawn: (state) => change(state, { status: 'withdrawn' }),
    RefinementSuperseded: (state) => change(state, { status: 'superseded' }),
    RefinementApplying: (state) => change(state, { status: 'applying' }),
    RefinementApplied: (state, { versionNo }) => change(state, { status: 'applied', versionNo }),
    RefinementFailed: (state) => change(state, { status: 'failed', approvalId: null }),
    RefinementRolledBack: (state, { headVersionNo }) =>
      change(state, { status: 'rolled_back', headVersionNo }),
    RefinementRollbackFailed: (state) => change(state, { status: 'applied', headVersionNo: null }),
  },
});

/** What a refinement would do to its base: its change without the rejected fields. */
export const effectOf = ({ change, rejected }: ExistingRefinement): ConfigChange =>
  withoutFields(change, rejected);

/** The hash of a change on the base of a refinement. */
export const hashOn = (
  { personaId, baseHash }: Pick<ExistingRefinement, 'personaId' | 'baseHash'>,
  effect: ConfigChange,
): string => diffHashOf({ personaId, baseHash }, effect);

/** A refinement with its persona, both for the caller to see. */
export interface Found {
  found: ExistingRefinement;
  persona: ExistingPersona;
}

/**
 * The refinement, if the caller may know of it.
 * @param persona its persona as far as the caller may see it
 * @throws Rejection `refinement-not-found`, in the very same words for one that is not there and one that is hidden
 */
export function existing(state: Refinement, persona: ExistingPersona | null | undefined): Found {
  if (state.status !== 'none' && persona) return { found: state, persona };
  return missing('/refinementId');
}

/** Refuses a refinement that is not there, or not for the caller, in the very same words. */
export function missing(pointer: string): never {
  const detail = 'there is no such refinement';
  return refinement.reject('refinement-not-found', detail, { errors: [{ pointer, detail }] });
}

const openStatuses: ReadonlySet<string> = new Set(['proposed', 'awaiting_approval', 'approved', 'failed']);
/** Whether its content, and whether it goes on, is still to be decided. */
export const isOpen = (found: ExistingRefinement): boolean => openStatuses.has(found.status);

/** The refinement, as long as nothing is decided for good. */
export const open = (found: ExistingRefinement): ExistingRefinement =>
  isOpen(found) ? found : refinement.reject('refinement-not-open', `it is ${found.status.replace('_', ' ')}`);

/** Refuses when the persona's newest version is not the base any more. */
export function guardBase(
  { baseVersionNo, baseHash }: Pick<ExistingRefinement, 'baseVersionNo' | 'baseHash'>,
  { head }: ExistingPersona,
): void {
  if (head?.versionNo === baseVersionNo && head.versionHash === baseHash) return;
  refinement.reject('base-version-moved', `the newest version is ${head?.versionNo ?? 'not there'}`, {
    currentVersionNo: head?.versionNo ?? null,
    next: 'POST /refinements/:refinementId/rebase',
  });
}

/** Refuses an application what a person proposed: what machines think of it is another proposal. */
export function guardPersons(
  { proposerKind }: Pick<ExistingRefinement, 'proposerKind'>,
  { kind }: Pick<Actor, 'kind'>,
  pointer = '/refinementId',
): void {
  if (kind === 'user' || proposerKind !== 'user') return;
  const detail = 'a person proposed it: propose another one';
  refinement.reject('refinement-not-yours', detail, { errors: [{ pointer, detail }] });
}

/** Whether somebody may end a refinement: who proposed it, and who looks after the persona. */
export const mayEnd = (
  { proposerId }: Pick<ExistingRefinement, 'proposerId'>,
  whose: ExistingPersona,
  actor: Caller,
): boolean => proposerId === actor.id || manages(whose, actor);

/** What an approval that waits is told when the content becomes another one. */
export const toldOf = (
  found: ExistingRefinement,
  { diffHash, hands }: { diffHash: string; hands: string[] },
): { approvalId?: string; excluded?: string[] } =>
  found.status === 'awaiting_approval' && found.approvalId !== null && diffHash !== found.diffHash
    ? { approvalId: found.approvalId, excluded: hands }
    : {};

/** The approval that ends when the refinement does. */
export const waitingFor = ({ status, approvalId }: ExistingRefinement): { approvalId?: string } =>
  status === 'awaiting_approval' && approvalId !== null ? { approvalId } : {};

/** What a command on a refinement answers: where it stands, and what `apply` takes. */
export const standing = (state: Refinement) => {
  if (state.status === 'none') return undefined;
  const { status, diffHash, changeClass, approvalId, versionNo } = state;
  return { state: status, diffHash, changeClass, approvalId, versionNo };
};
