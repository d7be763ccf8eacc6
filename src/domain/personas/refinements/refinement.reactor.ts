/** What follows from what happens to refinements: approvals, versions, and the record of what nobody proposed. */
import { reactorOver, type PastEvent, type Reaction } from '../../kernel.js';
import { personaEvents } from '../events.js';
import { refinementEvents } from './events.js';
import { recordedId } from './recorded-refinement.js';

const { PersonaVersionPublished } = personaEvents;

type Changed = {
  data: { approvalId?: string | undefined; diffHash: string; excluded?: string[] | undefined };
};
type Ended = Pick<PastEvent, 'meta'> & { data: { approvalId?: string | undefined } };

/** The approval that waits is told what is to be decided on now. */
function told({ data: { approvalId, diffHash, excluded } }: Changed): Reaction[] {
  if (approvalId === undefined) return [];
  const input = { approvalId, actionHash: diffHash, excluded: excluded ?? [] };
  return [{ operationId: 'changeApprovalSubject', input }];
}

/** The approval that waits for nothing any more is closed. */
function closed({ data: { approvalId }, meta }: Ended): Reaction[] {
  if (approvalId === undefined) return [];
  return [{ operationId: 'closeApproval', input: { approvalId, by: meta.actor.id } }];
}

export const refinementReactor = reactorOver(
  { ...refinementEvents, PersonaVersionPublished },
  {
    name: 'refinements',
    on: {
      RefinementProposed: ({ data: { refinementId, supersedes } }) =>
        supersedes === undefined
          ? []
          : [{ operationId: 'supersedeRefinement', input: { refinementId: supersedes, by: refinementId } }],

      RefinementSubmitted: ({ data, meta }) => {
        const { refinementId, personaId, approvalId } = data;
        return [
          {
            operationId: 'openApproval',
            input: {
              approvalId,
              kind: 'refinement',
              personaId,
              ref: refinementId,
              actionHash: data.diffHash,
              requesterId: meta.actor.id,
              excluded: data.excluded,
              terms: {
                quorum: data.quorum,
                approvers: data.approvers,
                timeoutSeconds: data.deadlineSeconds,
                requireReason: false,
                autoApproveAfterTimeout: false,
                notifyChannels: [],
                escalation: [],
              },
              canAutoApprove: false,
            },
            // It would wait for ever.
            otherwise: () => ({
              operationId: 'rejectRefinement',
              input: { refinementId, approvalId, outcome: 'cancelled' },
            }),
          },
        ];
      },

      RefinementAmended: told,
      RefinementFieldsResolved: told,
      RefinementRebased: told,
      RefinementWithdrawn: closed,
      RefinementSuperseded: closed,

      RefinementApplying: ({ data: { refinementId, personaId } }) => [
        {
          operationId: 'publishRefinement',
          input: { personaId, refinementId },
          otherwise: ({ code, detail }) => ({
            operationId: 'failRefinement',
            input: { refinementId, code, detail: detail.slice(0, 2_000) },
          }),
        },
      ],

      RefinementRolledBack: ({ data }) => {
        const { refinementId, personaId, versionNo, toVersionNo, headVersionNo, moveProtected } = data;
        // Dramatis' own words: those of who rolled it back belong to that person, and stay where they are.
        const reason = `version ${versionNo} was rolled back to version ${toVersionNo}`;
        const input = { personaId, refinementId, toVersionNo, headVersionNo, moveProtected, reason };
        return [
          {
            operationId: 'publishRollback',
            input,
            otherwise: ({ code, detail }) => ({
              operationId: 'failRollback',
              input: { refinementId, headVersionNo, code, detail: detail.slice(0, 2_000) },
            }),
          },
        ];
      },

      PersonaVersionPublished: ({ data, meta }) => {
        const { personaId, versionNo, refinementId, source = 'user_modified' } = data;
        if (refinementId === undefined) return [];
        if (refinementId !== recordedId(personaId, versionNo)) {
          return [{ operationId: 'completeRefinement', input: { refinementId, versionNo } }];
        }
        const proposerId = meta.actor.onBehalfOf ?? meta.actor.id;
        const input = { refinementId, personaId, versionNo, source, proposerId };
        return [{ operationId: 'recordRefinement', input }];
      },
    },
  },
);
