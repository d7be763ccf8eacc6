import { pino } from 'pino';
import { v5 as uuidv5 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/commands/event-store/memory.js';
import { StoreUnavailable } from '../../src/commands/event-store/port.js';
import { memoryLeases } from '../../src/commands/leases.js';
import type { Handle } from '../../src/commands/receipt.js';
import { startTimers, type ReadDeadlines, type Timers, type TimersDeps } from '../../src/commands/timers.js';
import type { Module } from '../../src/domain/kernel.js';
import { until } from '../support/poll.js';
import {
  errand,
  errandModule,
  errandModules,
  errandProcess,
  errandsIn,
  foldedDeadlines,
  storedEvents,
  type ErrandProcess,
} from './errands-area.js';

const start = Date.UTC(2026, 0, 1);
/** An instant so many seconds after the beginning. */
const at = (seconds: number): string => new Date(start + seconds * 1_000).toISOString();

let seconds: number;
let store: MemoryStore;
let process: ErrandProcess;
let running: Timers[];
/** Everything that was sent, in order. */
let sent: { operationId: string; commandId: string; input: Record<string, unknown> }[];

beforeEach(() => {
  seconds = 0;
  store = new MemoryStore({ now: () => at(seconds) });
  process = errandProcess(store);
  running = [];
  sent = [];
});
afterEach(() => Promise.all(running.map((timers) => timers.stop())));

const noting =
  (handle: Handle): Handle =>
  (principal, request) => {
    const { operationId, commandId, input } = request;
    sent.push({ operationId, commandId: commandId!, input: input as Record<string, unknown> });
    return handle(principal, request);
  };

/** A scheduler; without `leases` it has its own, and so believes that it is alone. */
function schedule(more: Partial<TimersDeps> = {}, of = process): Timers {
  const timers = startTimers({
    store,
    modules: errandModules,
    readDeadlines: foldedDeadlines(store),
    leases: memoryLeases(() => seconds * 1_000),
    holder: 'a process',
    log: pino({ level: 'silent' }),
    times: { leaseMs: 60_000, renewMs: 60_000, pollMs: 5 },
    pollMs: 5,
    ...more,
    handle: noting(more.handle ?? of.handle),
  });
  running.push(timers);
  return timers;
}

const ask = (errandId: string, dueAt: string): Promise<unknown> =>
  process.send('askErrand', { errandId, what: 'work', dueAt });
const lapsed = (): Promise<string[]> => errandsIn(store, 'ErrandLapsed');
const lapse = (count: number): Promise<unknown> =>
  until(`${count} lapses`, async () => (await lapsed()).length >= count);
/** A model that counts how often it was looked at. */
function counting(read = foldedDeadlines(store)): ReadDeadlines & { looks: number } {
  const counted = Object.assign(
    (...asked: Parameters<ReadDeadlines>) => {
      counted.looks += 1;
      return read(...asked);
    },
    { looks: 0 },
  );
  return counted;
}

/** Errands that know what time it is. */
const lapseErrand = errandModule.commands['lapseErrand']!;
const punctual: readonly Module[] = errandModules.map((module) => ({
  ...module,
  commands: {
    ...module.commands,
    ...(module === errandModule && {
      lapseErrand: {
        ...lapseErrand,
        decide: (state, input: { expectedDeadline: string }, ctx) =>
          ctx.now < input.expectedDeadline ? [] : lapseErrand.decide(state, input as never, ctx),
      },
    }),
  },
}));

describe('a timer', () => {
  it('sends its command when it is due, not before, with the deadline that it saw', async () => {
    await ask('e1', at(10));
    const readDeadlines = counting();
    schedule({ readDeadlines });
    seconds = 9.999;
    const before = readDeadlines.looks;
    await until('another look', () => readDeadlines.looks > before + 2);
    expect(sent).toEqual([]);
    seconds = 10;
    await lapse(1);
    expect(sent).toEqual([
      {
        operationId: 'lapseErrand',
        commandId: expect.any(String),
        input: { errandId: 'e1', expectedDeadline: at(10) },
      },
    ]);
    const [event] = await storedEvents(store, 'ErrandLapsed');
    expect(JSON.parse(event!.actor)).toEqual({ kind: 'timer', id: 'timer:scheduler', roles: [] });
    expect(event!.eventId).toBe(uuidv5('0', sent[0]!.commandId));
  });

  it('has a command id that follows from stream, timer and deadline', async () => {
    await ask('e1', at(1));
    await ask('e2', at(1));
    await process.send('moveErrand', { errandId: 'e2', dueAt: at(3), remindAt: at(2) });
    seconds = 5;
    schedule();
    await lapse(2);
    const ids = sent.map(({ commandId }) => commandId);
    expect(new Set(ids).size).toBe(3);
    sent = [];
    schedule({ readDeadlines: foldedDeadlines(store, 3) });
    await until('the same again', () => sent.length === 3);
    expect(sent.map(({ commandId }) => commandId).sort()).toEqual(ids.sort());
    expect(await lapsed()).toHaveLength(2);
  });

  it('that was moved is due at the new time alone', async () => {
    await ask('e1', at(10));
    await process.send('moveErrand', { errandId: 'e1', dueAt: at(20) });
    schedule();
    seconds = 15;
    await ask('e2', at(12));
    await lapse(1);
    expect(await lapsed()).toEqual(['e2']);
    seconds = 20;
    await lapse(2);
    expect(await lapsed()).toEqual(['e2', 'e1']);
  });

  it('that was stopped is not sent', async () => {
    await ask('e1', at(10));
    await process.send('endErrand', { errandId: 'e1' });
    await ask('e2', at(11));
    schedule();
    seconds = 20;
    await lapse(1);
    expect(sent.map(({ input }) => input['errandId'])).toEqual(['e2']);
  });

  it('of several in one stream is sent in the order in which they are due', async () => {
    await process.send('moveErrand', { errandId: 'e1', dueAt: at(20), remindAt: at(10) });
    seconds = 30;
    schedule();
    await lapse(1);
    expect(sent.map(({ operationId }) => operationId)).toEqual(['remindOfErrand', 'lapseErrand']);
    expect(await errandsIn(store, 'ErrandReminded')).toEqual(['e1']);
  });
});

describe('every timer fires once', () => {
  it('under two schedulers that both believe to be alone', async () => {
    for (let n = 0; n < 200; n++) await ask(`e${n}`, at(n % 20));
    schedule();
    schedule({}, errandProcess(store));
    for (seconds = 0; seconds < 20; seconds++) {
      const due = (seconds + 1) * 10;
      await lapse(due);
    }
    expect((await lapsed()).length).toBe(200);
    expect(new Set(await lapsed()).size).toBe(200);
  });

  it('when thousands fell due while nobody was there', async () => {
    for (let n = 0; n < 1_200; n++) await ask(`e${n}`, at(n / 10));
    seconds = 3_600;
    let atOnce = 0;
    let most = 0;
    const handle: Handle = async (principal, request) => {
      most = Math.max(most, ++atOnce);
      return process.handle(principal, request).finally(() => atOnce--);
    };
    schedule({ handle });
    await lapse(1_200);
    expect(sent).toHaveLength(1_200);
    expect(most).toBeLessThanOrEqual(8);
    // The longest overdue come first, but for those that go at once.
    const order = (await lapsed()).map((id) => Number(id.slice(1)));
    expect(order.every((n, index) => Math.abs(n - index) < 20)).toBe(true);
  });

  it('while the model lags behind, without being sent over and over', async () => {
    await ask('e1', at(1));
    seconds = 2;
    const readDeadlines = counting(foldedDeadlines(store, 1));
    schedule({ readDeadlines });
    await lapse(1);
    const before = readDeadlines.looks;
    await until('more looks', () => readDeadlines.looks > before + 5);
    expect(sent).toHaveLength(1);
    seconds = 12;
    await until('another send', () => sent.length === 2);
    expect(await lapsed()).toEqual(['e1']);
  });

  it('by one scheduler at a time, and by the next one when that has gone', async () => {
    const leases = memoryLeases(() => seconds * 1_000);
    const [one, two] = [schedule({ leases }), schedule({ leases }, errandProcess(store))];
    const leads = (): boolean[] => [one, two].map((timers) => timers.status().leads);
    await until('a leader', () => leads().includes(true));
    expect(leads()).toEqual([true, false]);
    await one.stop();
    await until('the other one', () => two.status().leads);
    await ask('e1', at(0));
    await lapse(1);
  });
});

describe('a timer that changes nothing', () => {
  it('because a clock is behind, is sent again until it does', async () => {
    const slow = new Proxy(store, {
      get: (of, name) => {
        if (name === 'now') return () => at(seconds - 2);
        const member: unknown = Reflect.get(of, name);
        return typeof member === 'function' ? (member.bind(of) as unknown) : member;
      },
    });
    await ask('e1', at(10));
    seconds = 10;
    schedule({}, errandProcess(slow, punctual));
    await until('an early send', () => sent.length === 1);
    expect(await lapsed()).toEqual([]);
    seconds = 12;
    await lapse(1);
    expect(await lapsed()).toEqual(['e1']);
  });
});

describe('a timer that fails', () => {
  it('is tried again later, and the others go on', async () => {
    let isBroken = true;
    const handle: Handle = async (principal, request) => {
      const { errandId } = request.input as { errandId: string };
      if (errandId === 'e1' && isBroken) throw new Error('a defect');
      return process.handle(principal, request);
    };
    await ask('e1', at(0));
    await ask('e2', at(1));
    const timers = schedule({ handle });
    seconds = 1;
    await lapse(1);
    expect(await lapsed()).toEqual(['e2']);
    await until('it shows', () => timers.status().failing === 1);
    isBroken = false;
    seconds = 3;
    await lapse(2);
    await until('it is over', () => timers.status().failing === 0);
    expect(sent.filter(({ input }) => input['errandId'] === 'e2')).toHaveLength(1);
  });

  it('with the store waits for the store', async () => {
    let isDown = true;
    const handle: Handle = async (...args) => {
      if (isDown) throw new StoreUnavailable('down');
      return process.handle(...args);
    };
    for (let n = 0; n < 50; n++) await ask(`e${n}`, at(0));
    const timers = schedule({ handle });
    await until('it shows', () => timers.status().error?.includes('down'));
    isDown = false;
    await lapse(50);
    await until('it is over', () => timers.status().error === null);
    expect(timers.status().failing).toBe(0);
  });
});

describe('the timers of an installation', () => {
  it('have internal commands that take the deadline', () => {
    const withTimers = (timerCommands: Record<string, string>): Module => ({
      ...errandModule,
      decider: { ...(errand as unknown as Module['decider']), timerCommands },
    });
    for (const operationId of ['nothing', 'endErrand']) {
      expect(() => schedule({ modules: [withTimers({ lapse: operationId })] })).toThrow(
        `the timer lapse of errand has no command: ${operationId}`,
      );
    }
  });
});
