import { describe, expect, it } from 'vitest';
import { actionHashOf } from '../../../src/domain/safety/approval.js';
import {
  actionArgs,
  approvalRef,
  grantCommands,
  issued,
} from '../../../src/domain/safety/approval-grants.js';
import { approvalModule } from '../../../src/domain/safety/approval-module.js';
import * as example from '../../support/approval-examples.js';
import { factReader } from '../../support/fact-reader.js';
import { given, sealed } from '../../support/given.js';

const { approvalId, as, requested } = example;
const now = '2026-01-02T03:30:00.000Z';
const action = 'tool:email.send';
const args = { to: 'all', issue: 7 };
const actionHash = actionHashOf({ kind: 'action', action, args: sealed(args) });
type History = Parameters<typeof given>[1][];
const granted = [requested({ actionHash, args: sealed(args) }), example.granted({ actionHash })] as const;
const consumed = { ...example.consumed, data: { ...example.consumed.data, actionHash } };

const consume = (
  input: Record<string, unknown>,
  history: readonly History[number][] = granted,
  around: object = {},
) =>
  given(approvalModule, ...history).when(
    'consumeGrant',
    { approvalId, ...input },
    {
      ...as.app,
      now,
      facts: { seesPersona: false, ...('args' in input && { args: sealed(input['args']) }) },
      ...around,
    },
  );

describe('a grant', () => {
  it('is used once, for what was approved', () =>
    void consume({ action, args })
      .thenEvents(consumed)
      .thenReply({ grantId: '01890000-0000-7000-8000-0000000009a1' })
      .again()
      .thenRejected('grant-consumed'));

  it.each([
    ['with other arguments', { action, args: { ...args, issue: 8 } }],
    ['with more arguments', { action, args: { ...args, more: true } }],
    ['without arguments', { action }],
    ['for another action', { action: 'tool:email.delete', args }],
    ['for nothing in particular', {}],
    ['for something else', { action, args, ref: 'other' }],
    ['for another persona', { action, args, personaId: example.personaId }],
  ])('is not used %s', (_, input) => void consume(input).thenRejected('action-differs'));

  it('that was given without arguments is not used with any', () => {
    const bare = [requested({ actionHash: actionHashOf({ kind: 'action', action }) }), example.granted()];
    consume({ action, args }, bare, { facts: { seesPersona: false } }).thenRejected('action-differs');
    expect(consume({ action }, bare).events).toHaveLength(1);
  });

  it('of a refinement is used by applying it, not here', () => {
    const refinement = [requested({ kind: 'refinement', ref: 'r-1' }), example.granted()];
    consume({}, refinement).thenRejected('action-differs');
  });

  it('comes with an approval only', () => {
    consume({ action, args }, [requested()]).thenRejected('grant-not-issued');
    consume({ action, args }, [requested(), example.rejected]).thenRejected('grant-not-issued');
    consume({ action, args }, [requested(), example.expired]).thenRejected('grant-not-issued');
    consume({ action, args }, [requested(), example.cancelled]).thenRejected('grant-not-issued');
  });

  it('holds for a while, also before the timer has said that it lapsed', () => {
    consume({ action, args }, granted, { now: example.expiresAt }).thenRejected('grant-lapsed');
    consume({ action, args }, [...granted, example.lapsed]).thenRejected('grant-lapsed');
  });

  it('is nothing to whom the approval is nothing', () => {
    consume({ action, args }, granted, { ...as.stranger }).thenRejected('approval-not-found');
    consume({ action, args }, []).thenRejected('approval-not-found');
  });

  it('is issued for so many seconds from now', () =>
    expect(issued({ now, id: (name) => `${name}-1` }, { grantSeconds: 60 })).toEqual({
      grantId: 'grant-1',
      expiresAt: '2026-01-02T03:31:00.000Z',
    }));
});

describe('what is used is compared', () => {
  const facts = (input: object, state?: object) =>
    grantCommands.consumeGrant.facts!(
      grantCommands.consumeGrant.input.parse({ approvalId, ...input }) as never,
      factReader({ states: state ? { [`approval ${approvalId}`]: state } : {} }),
    );
  const state = {
    status: 'approved',
    args: sealed(args),
    grant: { state: 'issued' },
    requesterId: 'ada',
    excluded: [],
    approvers: { roles: [], members: [] },
    votes: {},
    delegations: {},
  };

  it('under the key that the arguments were sealed with', async () =>
    expect(await facts({ args }, state)).toEqual({ seesPersona: false, args: sealed(args) }));

  it('and no key is made where there is nothing to compare with', async () => {
    for (const other of [undefined, { ...state, args: undefined }, { ...state, grant: null }])
      expect(await facts({ args }, other)).toEqual({ seesPersona: false });
    expect(await facts({}, state)).toEqual({ seesPersona: false });
  });
});

describe('a grant that nobody uses', () => {
  const lapse = (history: History, around: object = {}) =>
    given(approvalModule, ...history).when(
      'lapseGrant',
      { approvalId, expectedDeadline: example.expiresAt },
      { ...as.timer, now: example.expiresAt, ...around },
    );

  it('lapses, once', () =>
    void lapse([requested(), example.granted()]).thenEvents(example.lapsed).again().thenNothing());
  it('does not lapse before, nor once it is used, nor where there is none', () => {
    lapse([requested(), example.granted()], { now }).thenNothing();
    lapse([requested(), example.granted(), example.consumed]).thenNothing();
    lapse([requested()]).thenNothing();
    lapse([requested(), example.granted({ expiresAt: now })]).thenNothing();
    lapse([]).thenRejected('approval-not-found');
  });
});

it('names approvals by UUID, and takes any arguments', () => {
  expect(approvalRef.safeParse('nobody').success).toBe(false);
  expect(actionArgs.safeParse({ any: [1, { thing: null }] }).success).toBe(true);
});
