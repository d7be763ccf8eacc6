import { describe, expect, it } from 'vitest';
import { Rejection, type DomainEvent, type FactReader, type PastEvent } from '../../../src/domain/kernel.js';
import { backtestModule } from '../../../src/domain/safety/backtest-command.js';
import { backtest } from '../../../src/domain/safety/backtest-record.js';
import type { BacktestResult, RecordedDecision } from '../../../src/domain/safety/backtest.js';
import { policy } from '../../../src/domain/safety/policy.js';
import type { PolicyDocument } from '../../../src/domain/safety/policy-document.js';
import { completePolicy, policyHash, policyInput } from '../../../src/domain/safety/policy-input.js';
import { seedPolicies } from '../../../src/domain/safety/seed-policies.js';
import { factReader } from '../../support/fact-reader.js';
import { given, sealed } from '../../support/given.js';
import { contentIn, said as saying } from '../../support/looked-through.js';
import { backtestId, decidedAt, inForce, nothingFound, personaId } from '../../support/recorded-decisions.js';

const candidate = { blockedActions: ['tool:shell.*'] };
const document = completePolicy(policyInput.parse(candidate));
const shell = { action: 'tool:shell.run' };
const hidden = {
  status: 'active',
  owner: { kind: 'user', id: 'eve' },
  isPublic: false,
  allowedUsers: [],
  allowedRoles: [],
  allowedTeams: [],
};
const persona = { [`persona ${personaId}`]: hidden };
const recorded = [backtest.event('PolicyBackTested', nothingFound)];

const past = (position: number, stream: string, { type, data }: DomainEvent): PastEvent =>
  ({
    position,
    eventId: `event-${position}`,
    type,
    data,
    meta: { stream, recordedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, position)).toISOString() },
  }) as PastEvent;
const checked = ({ position, data }: RecordedDecision): PastEvent =>
  past(position, `decision-acme_${data.checkId}`, { type: 'ActionChecked', data });
const activated = (position: number, id: string, versionNo: number, of: PolicyDocument): PastEvent => {
  const version = { versionNo, mode: 'enforce' as const, policy: of, policyHash: policyHash(of) };
  return past(position, `policy-acme_${id}`, policy.event('PolicyActivated', version));
};
const history = [
  checked(decidedAt(1)),
  checked(decidedAt(2, { facts: shell })),
  checked(decidedAt(3, { facts: { ...shell, personaId: '01890000-0000-7000-8000-00000000000b' } })),
  checked(decidedAt(4, { facts: shell })),
];

interface Facts {
  tested: { range: unknown; result: BacktestResult } | null;
}
const tried = (operationId: string, input: object, read: FactReader): Promise<Facts> =>
  backtestModule.commands[operationId]!.facts!(input as never, read) as Promise<Facts>;
const ofPersona = (input: object = {}, around: Parameters<typeof factReader>[0] = {}) =>
  tried(
    'backtestPolicy',
    { personaId, candidate, ...input },
    factReader({ states: persona, events: history, streamId: backtestId, ...around }),
  );
const ofTenant = (input: object = {}, events: PastEvent[] = history) =>
  tried('backtestTenantPolicy', { candidate, ...input }, factReader({ events, streamId: backtestId }));
const refusal = async (promise: Promise<unknown>) => {
  const error = await promise.catch((reason: unknown) => reason);
  if (!(error instanceof Rejection)) throw new Error('it was not refused', { cause: error });
  return [error.code, ...(error.more.errors ?? []).map(({ pointer }) => pointer)];
};

describe('backtestPolicy', () => {
  it('records what came of it, and answers with that', async () => {
    const facts = await ofPersona();
    const event = backtest.event('PolicyBackTested', {
      personaId,
      backtestId,
      candidate: document,
      candidateHash: policyHash(document),
      fromPosition: 0,
      toPosition: 4,
      ...facts.tested!.result,
    });
    given(backtestModule)
      .when('backtestPolicy', { personaId, candidate }, { facts, newId: backtestId })
      .thenEvents(event)
      .thenReply(event.data)
      .again()
      .thenRejected('backtest-recorded');
    expect(event.data).toMatchObject({ decisions: 3, divergent: 2 });
  });

  it('takes a candidate in the form of a draft', async () => {
    const facts = await ofPersona({ candidate: { seed: 'strict' } });
    const [event] = given(backtestModule).when(
      'backtestPolicy',
      { personaId, candidate: { seed: 'strict' } },
      { facts },
    ).events;
    expect(event!.data['candidate']).toEqual(seedPolicies.strict);
  });

  it('refuses a candidate that contradicts itself, pointing into it', async () => {
    const input = { candidate: { riskThreshold: 0.9, autoEscalationThreshold: 0.5 } };
    expect(await refusal(ofPersona(input))).toEqual(['policy-invalid', '/candidate/riskThreshold']);
  });

  it('refuses a persona that is not there, or hidden from the caller, before anything else', async () => {
    const input = { candidate: { riskThreshold: 0.9, autoEscalationThreshold: 0.5 } };
    const notFound = ['persona-not-found', '/personaId'];
    expect(await refusal(ofPersona(input, { states: {} }))).toEqual(notFound);
    expect(await refusal(ofPersona(input, { caller: { roles: ['editor'] } }))).toEqual(notFound);
  });

  it('refuses an id under which there is one, without reading the past again', async () => {
    const events = [past(1, 'decision-acme_1', { type: 'ActionChecked', data: {} })];
    const states = { ...persona, [`backtest ${backtestId}`]: { isRecorded: true } };
    const facts = await ofPersona({}, { states, events });
    expect(facts).toEqual({ tested: null });
    given(backtestModule, ...recorded)
      .when('backtestPolicy', { personaId, candidate, backtestId }, { facts })
      .thenRejected('backtest-recorded');
  });

  it('is for admins and owners', () => {
    for (const role of ['viewer', 'editor', 'approver', 'auditor', 'service'] as const) {
      given(backtestModule)
        .when('backtestPolicy', { personaId, candidate }, { roles: [role] })
        .thenRejected('forbidden');
    }
  });

  it('reads the past once, although it is decided again because the persona was edited', async () => {
    const input = { personaId, candidate };
    let readings = 0;
    const reader = factReader({ states: persona, events: history, streamId: backtestId });
    const counting: FactReader = {
      ...reader,
      events: (...asked) => {
        readings++;
        return reader.events(...asked);
      },
    };
    const [first, second] = [
      await tried('backtestPolicy', input, counting),
      await tried('backtestPolicy', input, counting),
    ];
    expect(second).toEqual(first);
    expect(readings).toBe(1);
  });
});

describe('backtestTenantPolicy', () => {
  it('takes the decisions of all personas, and names none', async () => {
    const facts = await ofTenant();
    const [event] = given(backtestModule).when('backtestTenantPolicy', { candidate }, { facts }).events;
    expect(event!.data).toMatchObject({ decisions: 4, divergent: 3 });
    expect(event!.data).not.toHaveProperty('personaId');
  });
});

describe('the range', () => {
  const range = async (input: object) => (await ofTenant(input)).tested?.range;

  it('is all there is where nothing is said', async () => {
    expect(await range({})).toEqual({ after: 0, to: 4 });
  });

  it('is given by positions or instants: the first exclusive, the last inclusive', async () => {
    expect(await range({ from: '1', to: '3' })).toEqual({ after: 1, to: 3 });
    expect(await range({ from: '2026-01-01T00:00:01.000Z', to: '2026-01-01T00:00:03.500Z' })).toEqual({
      after: 1,
      to: 3,
    });
    expect((await ofTenant({ from: '1', to: '3' })).tested?.result).toMatchObject({ decisions: 2 });
  });

  it('may hold nothing, but not end before it begins', async () => {
    expect((await ofTenant({ from: '3', to: '3' })).tested?.result).toMatchObject({ decisions: 0 });
    expect(await refusal(ofTenant({ from: '3', to: '2' }))).toEqual(['backtest-range-empty', '/to']);
  });
});

describe('what it reads', () => {
  const beside = decidedAt(9, {
    policies: [inForce(document, { versionNo: 2 }), inForce(seedPolicies.general, { source: 'floor' })],
    facts: shell,
  });
  const lax = { candidate: { seed: 'general' } };

  it('the persona’s policy of then, by its number', async () => {
    const versions = [
      activated(5, personaId, 1, seedPolicies.strict),
      activated(6, personaId, 2, document),
      activated(7, personaId, 3, seedPolicies.strict),
    ];
    const { tested } = await ofTenant(lax, [...versions, checked(beside)]);
    expect(tested?.result).toMatchObject({ decisions: 1, divergent: 0, notReplayableShare: 0 });
  });

  it('the floor of then, which stands in the tenant’s own stream', async () => {
    const floor = decidedAt(9, { policies: [inForce(document, { source: 'floor' })], facts: shell });
    const { tested } = await ofPersona(lax, { events: [activated(6, 'acme', 1, document), checked(floor)] });
    expect(tested?.result).toMatchObject({ decisions: 1, divergent: 0, notReplayableShare: 0 });
  });

  it('no version that says something else, and none that came later', async () => {
    for (const versions of [
      [activated(6, personaId, 2, seedPolicies.strict)],
      [activated(10, personaId, 2, document)],
      [],
    ]) {
      const events = [...versions, checked(beside)].sort((a, b) => a.position - b.position);
      const { tested } = await ofTenant(lax, events);
      expect(tested?.result.notReplayable).toMatchObject({ 'policy-missing': 1 });
    }
  });

  it('sealed texts, where the candidate looks for what nobody looked for', async () => {
    const text = 'Project Nightingale';
    const said = decidedAt(1, {
      facts: { content: await contentIn(saying(text), []) },
      more: { content: { direction: 'output', text: sealed(text) }, args: sealed({ note: 'nothing' }) },
    });
    const filters = [
      { name: 'project', pattern: '(?i)nightingale', action: 'block', priority: 100, mode: 'enforce' },
    ];
    const { tested } = await ofPersona(
      { candidate: { outputFilters: filters } },
      { events: [checked(said)] },
    );
    expect(tested?.result).toMatchObject({ divergent: 1, notReplayableShare: 0 });
  });
});
