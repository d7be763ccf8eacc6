/**
 * Whatever races — votes, timers, cancellations, reassignments, through processes that know nothing of each other —
 * an approval ends once. Two pipelines with caches of their own share one store; the clock creeps over the deadline
 * while they are at it.
 */
import { expect, it } from 'vitest';
import { openCodec } from '../../../src/commands/codec.js';
import { memoryCounters } from '../../../src/commands/counters.js';
import { MemoryStore } from '../../../src/commands/event-store/memory.js';
import type { EventStore } from '../../../src/commands/event-store/port.js';
import { openPipeline } from '../../../src/commands/handle.js';
import type { Handle, Principal } from '../../../src/commands/receipt.js';
import { memoryKeyring } from '../../../src/commands/sealing/memory-keyring.js';
import { openStates } from '../../../src/commands/states.js';
import { Rejection, streamName, type Role } from '../../../src/domain/kernel.js';
import { settingsModule } from '../../../src/domain/configuration/tenant-settings.js';
import { approvalModule } from '../../../src/domain/safety/approval-module.js';
import { allowed } from '../../../src/domain/tenancy/permissions.js';
import { tenantModule } from '../../../src/domain/tenancy/tenant.js';
import { seeded } from '../../projections/engine/accounts-area.js';
import { seedFor } from '../../support/seed.js';

const races = 10_000;
const modules = [tenantModule, settingsModule, approvalModule];
const terminal = new Set([
  'ApprovalGranted',
  'ApprovalAutoApproved',
  'ApprovalRejected',
  'ApprovalExpired',
  'ApprovalCancelled',
]);
/** What may still be recorded after the end. */
const afterwards = new Set(['ApprovalGrantConsumed', 'ApprovalGrantLapsed']);

const number = seeded(seedFor('the races of approvals'));
const random = {
  below: (n: number): number => Math.floor(number() * n),
  pick: <T>(list: readonly T[]): T => list[random.below(list.length)]!,
};

let clock = Date.UTC(2026, 0, 1);
let creep = 0;
const now = (): string => new Date((clock += random.below(creep + 1))).toISOString();
const codec = openCodec(modules);
const store = new MemoryStore({ now });
let conflicts = 0;

/** A process: its own caches, and a way to the store that takes more or less long. */
function openProcess(): Handle {
  const slow: EventStore = Object.assign(Object.create(store) as EventStore, {
    async append(item: Parameters<EventStore['append']>[0]) {
      for (let wait = random.below(4); wait > 0; wait--) await Promise.resolve();
      const result = await store.append(item);
      if (result.outcome !== 'appended') conflicts++;
      return result;
    },
    now,
    readStream: store.readStream.bind(store),
    claimOwner: store.claimOwner.bind(store),
    head: store.head.bind(store),
    findReplay: store.findReplay.bind(store),
  });
  const states = openStates({ store: slow, codec });
  const instanceKey = Buffer.alloc(32, 7);
  const counters = memoryCounters();
  return openPipeline({ store: slow, codec, states, keyring, counters, modules, allowed, instanceKey });
}
const keyring = memoryKeyring();
const processes = [openProcess(), openProcess()];

const people: Record<string, Role[]> = {
  app: ['service'],
  bob: ['approver'],
  cleo: ['approver'],
  eve: ['approver', 'admin'],
  olga: ['owner'],
};
const member = (id: string): Principal => ({
  tenantId: 'acme',
  kind: 'user',
  id,
  roles: people[id]!,
  teams: [],
});
const timer: Principal = { tenantId: 'acme', kind: 'timer', id: 'timer:scheduler', roles: [], teams: [] };

/** Sends a command through either process; a refusal is an answer like any other. */
async function send(operationId: string, input: object, principal: Principal): Promise<string[]> {
  try {
    const request = { operationId, input, correlationId: 'race' };
    return (await random.pick(processes)(principal, request)).events.map(({ type }) => type);
  } catch (error) {
    if (error instanceof Rejection && error.row.status < 500) return [error.code];
    throw error;
  }
}

interface Recorded {
  type: string;
  data: Record<string, unknown> & { by: string | string[]; deadline: string; remindAt: string };
}
async function eventsOf(approvalId: string): Promise<Recorded[]> {
  const stored = await store.readStream('record', streamName('approval', 'acme', approvalId));
  return stored.map(({ type, data }) => ({ type, data: JSON.parse(data) as Recorded['data'] }));
}

const level = (n: number) => ({
  name: `level-${n}`,
  to: random.pick([
    { roles: ['admin'], members: ['bob'] },
    { roles: [], members: ['cleo', 'eve'] },
  ]),
  timeoutSeconds: 1,
});
/** An approval on random terms, a few milliseconds before its deadline. */
async function opened(n: number): Promise<{ approvalId: string; quorum: number; deadline: string }> {
  const approvalId = `01890000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
  const quorum = 1 + random.below(3);
  const terms = {
    quorum,
    approvers: random.pick([
      { roles: ['approver'], members: [] },
      { roles: ['owner'], members: ['bob', 'cleo'] },
      { roles: [], members: ['bob', 'cleo', 'eve'] },
    ]),
    timeoutSeconds: 1,
    requireReason: false,
    autoApproveAfterTimeout: random.below(3) === 0,
    notifyChannels: [],
    escalation: Array.from({ length: Math.max(0, random.below(4) - 1) }, (_, index) => level(index)),
  };
  const about = { approvalId, kind: 'action', ref: 'check', action: 'tool:x' };
  const asked = { requesterId: 'app', excluded: ['app'], terms, canAutoApprove: true };
  await send('openApproval', { ...about, ...asked }, timer);
  const [requested] = await eventsOf(approvalId);
  const { deadline } = requested!.data;
  clock = Date.parse(deadline) - 6;
  return { approvalId, quorum, deadline };
}

/** Something that somebody, or a timer, does about an approval. */
function act(approvalId: string, deadline: string): Promise<string[]> {
  const who = (...ids: string[]): Principal => member(random.pick(ids));
  const on = (operationId: string, input: object, principal: Principal) =>
    send(operationId, { approvalId, ...input }, principal);
  const vote = () =>
    on(
      'voteOnApproval',
      { decision: random.pick(['approve', 'approve', 'reject']) },
      who('bob', 'cleo', 'eve', 'olga', 'app'),
    );
  const expire = () => on('expireApproval', { expectedDeadline: deadline }, timer);
  const rare = [
    () => on('cancelApproval', {}, who('app', 'olga')),
    () =>
      on('reassignApproval', { approvers: { members: ['bob', 'cleo', 'eve'] } }, who('olga', 'eve', 'bob')),
    () => on('delegateApproval', { to: random.pick(['olga', 'cleo', 'bob']) }, who('bob', 'cleo')),
    () => on('closeApproval', {}, timer),
    () => on('consumeGrant', { action: 'tool:x' }, who('app', 'olga')),
  ];
  return random.pick([vote, vote, vote, vote, vote, expire, expire, random.pick(rare)])();
}

/** Counts again who agreed: so many different people, none who asked, nobody together with its delegate. */
function audit(events: Recorded[], by: string[], quorum: number): void {
  expect(new Set(by).size).toBe(by.length);
  expect(by.length).toBeGreaterThanOrEqual(quorum);
  expect(by).not.toContain('app');
  for (const person of by) {
    const last = events.findLast(({ type, data }) => type === 'ApprovalVoteCast' && data.by === person)!;
    expect(last.data['decision']).toBe('approve');
    expect(by).not.toContain(last.data['onBehalfOf']);
  }
}

/** What nobody decided ends at its deadline, after so many levels as there are. */
async function settled(approvalId: string): Promise<Recorded[]> {
  for (let step = 0; step < 5; step++) {
    const events = await eventsOf(approvalId);
    if (events.some(({ type }) => terminal.has(type))) return events;
    const { deadline } = events.findLast(
      ({ data, type }) => data.deadline && type !== 'ApprovalReminderSent',
    )!.data;
    clock = Math.max(clock, Date.parse(deadline));
    await send('expireApproval', { approvalId, expectedDeadline: deadline }, timer);
  }
  return eventsOf(approvalId);
}

it(`an approval ends exactly once, ${races} times`, { timeout: 120_000 }, async () => {
  const home = { ...member('olga'), tenantId: 'default' };
  const [handle] = processes;
  await handle!(home, {
    operationId: 'createTenant',
    input: { name: 'Acme', tenantId: 'acme', ownerId: 'olga' },
    correlationId: 'race',
  });
  for (const id of ['app', 'bob', 'cleo', 'eve'])
    await send('addMember', { memberId: id, displayName: id, roles: people[id] }, member('olga'));

  const endings = new Map<string, number>();
  for (let race = 0; race < races; race++) {
    creep = 0;
    const { approvalId, quorum, deadline } = await opened(race);
    creep = 1;
    await Promise.all(Array.from({ length: 2 + random.below(5) }, () => act(approvalId, deadline)));
    creep = 0;
    const events = await settled(approvalId);
    const types = events.map(({ type }) => type);
    const ends = events.filter(({ type }) => terminal.has(type));
    expect(ends, `race ${race}: ${types.join(', ')}`).toHaveLength(1);
    const [end] = ends;
    const after = types.slice(types.indexOf(end!.type) + 1);
    expect(
      after.filter((type) => !afterwards.has(type)),
      `race ${race}`,
    ).toEqual([]);
    expect(types.filter((type) => type === 'ApprovalGrantConsumed').length).toBeLessThanOrEqual(1);
    if (end!.type === 'ApprovalGranted') audit(events, end!.data.by as string[], quorum);
    endings.set(end!.type, (endings.get(end!.type) ?? 0) + 1);
  }
  // All of it happened, and not one after the other.
  expect([...endings.keys()].sort()).toEqual([...terminal].sort());
  expect(conflicts).toBeGreaterThan(races / 10);
  console.info('endings:', Object.fromEntries(endings), 'conflicts:', conflicts);
});
