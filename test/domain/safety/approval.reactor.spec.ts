import { describe, expect, it } from 'vitest';
import type { DomainEvent, PastEvent } from '../../../src/domain/kernel.js';
import { approvalModule } from '../../../src/domain/safety/approval-module.js';
import { approvalReactor } from '../../../src/domain/safety/approval.reactor.js';
import * as example from '../../support/approval-examples.js';
import { sealed } from '../../support/given.js';
import { recorded } from '../../support/projected.js';

const { approvalId, actionHash, personaId } = example;
const reactionsTo = ({ type, data }: DomainEvent, actor: object = {}) => {
  const [event] = recorded(
    {
      category: 'any',
      streamId: '1',
      actor: { kind: 'service', id: 'app', roles: ['service'], ...actor },
    },
    { type, data },
  );
  return approvalReactor.on[type]?.(event as unknown as PastEvent as never) ?? [];
};

describe('a check that calls for an approval', () => {
  const terms = {
    quorum: 1,
    approvers: { roles: ['approver'], members: [] },
    timeoutSeconds: 600,
    requireReason: true,
    autoApproveAfterTimeout: true,
    notifyChannels: [],
    escalation: [],
    rules: ['hitlTriggers/mails'],
  };
  const checked = (over: object = {}) => ({
    type: 'ActionChecked',
    data: {
      checkId: 'check-1',
      personaId,
      action: 'tool:email.send',
      args: sealed({ to: 'all' }),
      subjectId: 'sub-1',
      decision: 'require_approval',
      approvalId,
      approval: terms,
      riskScore: 0.8,
      ...over,
    },
  });
  const input = {
    approvalId,
    kind: 'action',
    personaId,
    ref: 'check-1',
    action: 'tool:email.send',
    args: sealed({ to: 'all' }),
    subjectId: 'sub-1',
    riskScore: 0.8,
    requesterId: 'app',
    excluded: ['app'],
    terms,
    canAutoApprove: true,
  };

  it('opens one, on its terms', () => {
    expect(reactionsTo(checked())).toEqual([{ operationId: 'openApproval', input }]);
    const { args: _, subjectId: __, ...bare } = input;
    expect(reactionsTo(checked({ args: undefined, subjectId: undefined }))).toEqual([
      { operationId: 'openApproval', input: bare },
    ]);
  });

  it('sends what the command takes', () => {
    const { commands } = approvalModule;
    const sent = { ...input, args: { to: 'all' } };
    expect(commands['openApproval']!.input.safeParse(sent).success).toBe(true);
  });

  it('leaves out whom the application acts for', () =>
    expect(reactionsTo(checked(), { onBehalfOf: 'dana' })[0]!.input).toMatchObject({
      excluded: ['app', 'dana'],
    }));

  it.each(['allow', 'deny'])('%s opens none', (decision) =>
    expect(reactionsTo(checked({ decision, approval: undefined, approvalId: undefined }))).toEqual([]),
  );
});

describe('the approval of a refinement', () => {
  const about = { kind: 'refinement' as const, ref: 'r-1' };
  const of = ({ type, data }: DomainEvent): DomainEvent => ({ type, data: { ...data, ...about } });
  const told = { refinementId: 'r-1', approvalId };

  it.each([[example.granted()], [example.autoApproved]])('$type: the refinement is approved', (event) =>
    expect(reactionsTo(of(event))).toEqual([
      { operationId: 'approveRefinement', input: { ...told, diffHash: actionHash } },
    ]),
  );

  it.each([
    [example.rejected, 'rejected'],
    [example.expired, 'expired'],
    [example.cancelled, 'cancelled'],
  ])('$type: it is not', (event, outcome) =>
    expect(reactionsTo(of(event))).toEqual([
      { operationId: 'rejectRefinement', input: { ...told, outcome } },
    ]),
  );
});

it('tells nobody of approvals of other kinds', () => {
  for (const event of [example.granted(), example.rejected, example.expired, example.cancelled])
    expect(reactionsTo(event)).toEqual([]);
});
