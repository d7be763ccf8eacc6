/**
 * What the specs of reactors and timers work on: errands that lapse at their deadline, and ledgers in which a reactor
 * notes them. A ledger notes whatever it is told, as often as it is told: what happens twice shows.
 */
import { pino } from 'pino';
import { z } from 'zod';
import type { Checkpoints } from '../../src/commands/checkpoints.js';
import { openCodec } from '../../src/commands/codec.js';
import { memoryCounters } from '../../src/commands/counters.js';
import type { EventStore, StoredEvent } from '../../src/commands/event-store/port.js';
import { openPipeline } from '../../src/commands/handle.js';
import { startReactors, type Reactors, type ReactorsDeps } from '../../src/commands/reactors.js';
import type { Handle, Principal } from '../../src/commands/receipt.js';
import { memoryKeyring } from '../../src/commands/sealing/memory-keyring.js';
import { openStates } from '../../src/commands/states.js';
import type { Deadline, ReadDeadlines } from '../../src/commands/timers.js';
import { instant } from '../../src/domain/ids.js';
import { deciderFor, defineModule, reactorOver, type Module } from '../../src/domain/kernel.js';
import { clear, personal } from '../../src/domain/sealed.js';
import { deadlinesOver, type DeadlineRow } from '../../src/projections/deadlines/deadlines.js';

const id = clear(z.string().min(1).max(64));
const word = clear(z.string().max(40));
const remark = personal('@actor', z.string().max(100));

const errandEvents = {
  ErrandAsked: z.strictObject({
    errandId: id,
    what: word,
    dueAt: instant.optional(),
    remark: remark.optional(),
  }),
  ErrandMoved: z.strictObject({ errandId: id, dueAt: instant, remindAt: instant.optional() }),
  ErrandEnded: z.strictObject({ errandId: id }),
  ErrandReminded: z.strictObject({ errandId: id, deadline: instant }),
  ErrandLapsed: z.strictObject({ errandId: id, deadline: instant }),
};

type Errand = { status: 'none' | 'ended' } | { status: 'open'; lapse?: string; remind?: string };

export const errand = deciderFor<Errand>()({
  name: 'errand',
  id: 'errandId',
  events: errandEvents,
  rejections: { 'errand-not-found': { status: 404, title: 'There is no such errand' } },
  initialState: () => ({ status: 'none' }),
  evolve: {
    ErrandAsked: (_, e) => ({ status: 'open', ...(e.dueAt && { lapse: e.dueAt }) }),
    ErrandMoved: (_, e) => ({ status: 'open', lapse: e.dueAt, ...(e.remindAt && { remind: e.remindAt }) }),
    ErrandEnded: () => ({ status: 'ended' }),
    ErrandReminded: (s) => (s.status === 'open' ? { status: 'open', ...(s.lapse && { lapse: s.lapse }) } : s),
    ErrandLapsed: () => ({ status: 'ended' }),
  },
  timers: {
    ErrandAsked: (e) => ({ lapse: e.dueAt ?? null }),
    ErrandMoved: (e) => ({ lapse: e.dueAt, remind: e.remindAt ?? null }),
    ErrandEnded: () => ({ lapse: null, remind: null }),
    ErrandReminded: () => ({ remind: null }),
    ErrandLapsed: () => ({ lapse: null, remind: null }),
  },
  timerCommands: { lapse: 'lapseErrand', remind: 'remindOfErrand' },
});

const atDeadline = z.strictObject({ errandId: id, expectedDeadline: instant });

export const errandModule = defineModule(
  errand,
  {
    askErrand: errand.command({
      http: 'POST /errands',
      summary: 'Ask somebody an errand',
      permission: 'errands:ask',
      input: errandEvents.ErrandAsked,
      rejects: [],
      decide: (_, input) => [errand.event('ErrandAsked', input)],
    }),
    moveErrand: errand.command({
      http: 'PATCH /errands/:errandId',
      summary: 'Move an errand to another time',
      permission: 'errands:ask',
      input: errandEvents.ErrandMoved,
      rejects: [],
      decide: (_, input) => [errand.event('ErrandMoved', input)],
    }),
    endErrand: errand.command({
      http: 'DELETE /errands/:errandId',
      summary: 'End an errand',
      permission: 'errands:ask',
      input: errandEvents.ErrandEnded,
      rejects: [],
      decide: (_, input) => [errand.event('ErrandEnded', input)],
    }),
    lapseErrand: errand.command({
      http: 'internal',
      summary: 'Let an errand lapse at its deadline',
      permission: 'errands:ask',
      input: atDeadline,
      rejects: [],
      decide: (state, { errandId, expectedDeadline: deadline }) =>
        state.status === 'open' && state.lapse === deadline
          ? [errand.event('ErrandLapsed', { errandId, deadline })]
          : [],
    }),
    remindOfErrand: errand.command({
      http: 'internal',
      summary: 'Remind of an errand',
      permission: 'errands:ask',
      input: atDeadline,
      rejects: [],
      decide: (state, { errandId, expectedDeadline: deadline }) =>
        state.status === 'open' && state.remind === deadline
          ? [errand.event('ErrandReminded', { errandId, deadline })]
          : [],
    }),
  },
  [
    reactorOver(errandEvents, {
      name: 'bookkeeper',
      on: {
        ErrandAsked: ({ data: { errandId, what, remark: said } }) => {
          if (what === 'poison') throw new Error('poison');
          return [
            {
              operationId: 'noteErrand',
              input: { ledgerId: what, errandId, ...(said && { remark: said }) },
              otherwise: ({ code }) => ({
                operationId: 'noteRefusal',
                input: { ledgerId: 'refusals', errandId, code },
              }),
            },
          ];
        },
      },
    }),
  ],
);

const ledgerEvents = {
  ErrandNoted: z.strictObject({ ledgerId: id, errandId: id, remark: remark.optional() }),
  RefusalNoted: z.strictObject({ ledgerId: id, errandId: id, code: word }),
  LedgerClosed: z.strictObject({ ledgerId: id, isClosed: z.boolean() }),
};

const ledger = deciderFor<{ isClosed: boolean }>()({
  name: 'ledger',
  id: 'ledgerId',
  events: ledgerEvents,
  rejections: { 'ledger-closed': { status: 409, title: 'The ledger is closed' } },
  initialState: () => ({ isClosed: false }),
  evolve: {
    ErrandNoted: (s) => s,
    RefusalNoted: (s) => s,
    LedgerClosed: (_, { isClosed }) => ({ isClosed }),
  },
});

export const ledgerModule = defineModule(ledger, {
  noteErrand: ledger.command({
    http: 'internal',
    summary: 'Note an errand',
    permission: 'errands:ask',
    input: ledgerEvents.ErrandNoted,
    rejects: ['ledger-closed'],
    decide: ({ isClosed }, input, ctx) =>
      isClosed ? ctx.reject('ledger-closed') : [ledger.event('ErrandNoted', input)],
  }),
  noteRefusal: ledger.command({
    http: 'internal',
    summary: 'Note that an errand was not noted',
    permission: 'errands:ask',
    input: ledgerEvents.RefusalNoted,
    rejects: [],
    decide: (_, input) => [ledger.event('RefusalNoted', input)],
  }),
  closeLedger: ledger.command({
    http: 'internal',
    summary: 'Close a ledger, or open it again',
    permission: 'errands:ask',
    input: ledgerEvents.LedgerClosed,
    rejects: [],
    decide: ({ isClosed }, input) =>
      isClosed === input.isClosed ? [] : [ledger.event('LedgerClosed', input)],
  }),
});

export const errandModules: readonly Module[] = [errandModule, ledgerModule];

const ada: Principal = { tenantId: 'acme', kind: 'user', id: 'ada', roles: ['editor'], teams: [] };

/** One process on a store: its pipeline, and the reactors and clocks that it would run. */
export interface ErrandProcess {
  handle: Handle;
  /** Sends a command as a member of `acme`, or of another tenant. */
  send(operationId: string, input: Record<string, unknown>, tenantId?: string): Promise<unknown>;
  reactors(checkpoints: Checkpoints, more?: Partial<ReactorsDeps>): Reactors;
}

const keyring = memoryKeyring();
/** No spec waits for somebody who looks once in a second. */
const swift = { times: { leaseMs: 60_000, renewMs: 60_000, pollMs: 5 }, lookMs: 5 };

export function errandProcess(store: EventStore, modules: readonly Module[] = errandModules): ErrandProcess {
  const codec = openCodec(modules);
  const handle = openPipeline({
    store,
    codec,
    states: openStates({ store, codec }),
    keyring,
    counters: memoryCounters(),
    modules,
    allowed: ({ roles }) => roles.includes('editor'),
    instanceKey: Buffer.alloc(32),
  });
  return {
    handle,
    send: (operationId, input, tenantId = 'acme') =>
      handle({ ...ada, tenantId }, { operationId, input, correlationId: 'from-outside' }),
    reactors: (checkpoints, more = {}) =>
      startReactors({
        store,
        codec,
        keyring,
        handle,
        modules,
        checkpoints,
        holder: 'a process',
        log: pino({ level: 'silent' }),
        ...swift,
        ...more,
      }),
  };
}

/** The stored events of some types, in order. */
export async function storedEvents(store: EventStore, ...types: string[]): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let after = 0; ;) {
    const page = await store.readAll('record', after, 1_000, { types });
    events.push(...page.events);
    if (page.atHead) return events;
    after = page.scannedTo;
  }
}

/** The ids of the errands that events of a type speak of, in order. */
export const errandsIn = async (store: EventStore, type: string): Promise<string[]> =>
  (await storedEvents(store, type)).map(({ data }) => (JSON.parse(data) as { errandId: string }).errandId);

/** The running timers as the read model has them when it has folded everything, or what is not behind a position. */
export function foldedDeadlines(store: EventStore, upTo = Infinity): ReadDeadlines {
  const projection = deadlinesOver(errandModules);
  const { decode } = openCodec(errandModules);
  const rows = new Map<string, Deadline>();
  let folded = 0;
  const place = ({
    nextDueAt,
    tenantId,
    stream,
  }: Pick<Deadline, 'nextDueAt' | 'tenantId' | 'stream'>): string => [nextDueAt, tenantId, stream].join('\n');
  return async (after, limit) => {
    const { events } = await store.readAll('record', folded, 100_000, { types: Object.keys(projection.on) });
    for (const stored of events.filter(({ position }) => position <= upTo)) {
      const decoded = decode(stored);
      if (decoded.kind === 'outdated') throw new Error('outdated');
      const { type, data, meta } = decoded.event;
      const before = (rows.get(meta.stream) ?? null) as DeadlineRow | null;
      const row = projection.on[type]!(before, data as never, decoded.event) as DeadlineRow | null;
      if (row) rows.set(meta.stream, { ...row, tenantId: meta.tenantId });
      else rows.delete(meta.stream);
      folded = stored.position;
    }
    return [...rows.values()]
      .filter((row) => !after || place(row) > place(after))
      .sort((a, b) => (place(a) < place(b) ? -1 : 1))
      .slice(0, limit);
  };
}
