import { v5 as uuidv5 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Checkpoints } from '../../src/commands/checkpoints.js';
import { MemoryStore } from '../../src/commands/event-store/memory.js';
import { StoreUnavailable } from '../../src/commands/event-store/port.js';
import { memoryCheckpoints } from '../../src/commands/memory-checkpoints.js';
import { reactorsOf } from '../../src/commands/reactor-events.js';
import type { Reactors, ReactorsDeps } from '../../src/commands/reactors.js';
import type { Handle } from '../../src/commands/receipt.js';
import { deciderFor, defineModule, type Module } from '../../src/domain/kernel.js';
import { isSealed } from '../../src/domain/sealed.js';
import { until } from '../support/poll.js';
import {
  errandModule,
  errandModules,
  errandProcess,
  errandsIn,
  ledgerModule,
  storedEvents,
  type ErrandProcess,
} from './errands-area.js';

let store: MemoryStore;
let process: ErrandProcess;
let clock = 0;
let running: Reactors[] = [];

/** Checkpoints whose clock the spec moves. */
const checkpointsHere = (): Checkpoints => memoryCheckpoints(() => clock);

function start(
  checkpoints: Checkpoints = checkpointsHere(),
  more: Partial<ReactorsDeps> = {},
  of = process,
): Reactors {
  const reactors = of.reactors(checkpoints, more);
  running.push(reactors);
  return reactors;
}

const ask = (errandId: string, what = 'work', more: Record<string, unknown> = {}): Promise<unknown> =>
  process.send('askErrand', { errandId, what, ...more });
const noted = (): Promise<string[]> => errandsIn(store, 'ErrandNoted');
const refused = (): Promise<string[]> => errandsIn(store, 'RefusalNoted');
const close = (ledgerId: string, isClosed: boolean): Promise<unknown> =>
  process.send('closeLedger', { ledgerId, isClosed });

/** A `handle` that fails in the way that `failure` says, as long as it says any. */
const failing =
  (handle: Handle, failure: (operationId: string) => Error | undefined): Handle =>
  async (principal, request) => {
    const error = failure(request.operationId);
    if (error) throw error;
    return handle(principal, request);
  };

beforeEach(() => {
  store = new MemoryStore();
  process = errandProcess(store);
  clock = 0;
});
afterEach(async () => {
  await Promise.all(running.map((reactors) => reactors.stop()));
  running = [];
});

describe('a reaction', () => {
  it('is a command whose id follows from the event, and which tells where it comes from', async () => {
    await ask('e1');
    await start().drained();
    const [cause] = await storedEvents(store, 'ErrandAsked');
    const [effect] = await storedEvents(store, 'ErrandNoted');
    expect(JSON.parse(effect!.meta)).toMatchObject({
      commandId: uuidv5('bookkeeper/0', cause!.eventId),
      causationId: cause!.eventId,
      correlationId: 'from-outside',
    });
    const { id: onBehalfOf } = JSON.parse(cause!.actor) as { id: string };
    expect(JSON.parse(effect!.actor)).toEqual({
      kind: 'service',
      id: 'reactor:bookkeeper',
      onBehalfOf,
      roles: [],
    });
    expect(effect).toMatchObject({ tenantId: 'acme', stream: 'ledger-acme_work' });
  });

  it('carries personal values over, sealed for the stream that they come into', async () => {
    await ask('e1', 'work', { remark: 'for Olga' });
    await start().drained();
    const [cause, effect] = await storedEvents(store, 'ErrandAsked', 'ErrandNoted');
    const [from, to] = [cause!, effect!].map(({ data }) => (JSON.parse(data) as { remark: unknown }).remark);
    expect([isSealed(from), isSealed(to)]).toEqual([true, true]);
    expect(to).not.toMatchObject({ $sealed: { key: (from as { $sealed: { key: string } }).$sealed.key } });
    expect(effect!.data).not.toContain('Olga');
  });

  it('happens in the tenant of its event', async () => {
    await process.send('askErrand', { errandId: 'e1', what: 'work' }, 'umbrella');
    await start().drained();
    expect(await storedEvents(store, 'ErrandNoted')).toMatchObject([{ tenantId: 'umbrella' }]);
  });

  it('comes in the order of the events of a stream, whatever other streams do', async () => {
    for (let n = 0; n < 60; n++) await ask(`e${n % 3}`, `ledger ${n % 3}`);
    await start().drained();
    const asked = (await storedEvents(store, 'ErrandAsked')).filter(({ stream }) => stream.endsWith('_e1'));
    const effects = (await storedEvents(store, 'ErrandNoted')).filter(({ data }) => data.includes('"e1"'));
    const causes = effects.map(({ meta }) => (JSON.parse(meta) as { causationId: string }).causationId);
    expect(causes).toEqual(asked.map(({ eventId }) => eventId));
  });

  it('of a rule’s refusal is what the reactor names for it', async () => {
    await close('work', true);
    await ask('e1');
    await start().drained();
    expect([await noted(), await refused()]).toEqual([[], ['e1']]);
    const [refusal] = await storedEvents(store, 'RefusalNoted');
    expect(JSON.parse(refusal!.data)).toMatchObject({ code: 'ledger-closed' });
  });

  it('that is refused without another way is the end of the matter', async () => {
    const stubborn: Module = {
      ...errandModule,
      reactors: [
        {
          name: 'stubborn',
          on: {
            ErrandAsked: () => [{ operationId: 'noteErrand', input: { ledgerId: 'work', errandId: 'e1' } }],
          },
        },
      ],
    };
    process = errandProcess(store, [stubborn, ledgerModule]);
    await close('work', true);
    await ask('e1');
    const reactors = start();
    await reactors.drained();
    expect(reactors.status()['stubborn']).toMatchObject({ position: 2, setAside: 0, error: null });
    expect(await store.head('record')).toBe(2);
  });
});

describe('an event that is delivered again has one effect', () => {
  it('from an earlier checkpoint', async () => {
    for (let n = 0; n < 30; n++) await ask(`e${n}`);
    await start().drained();
    const head = await store.head('record');
    await start(checkpointsHere(), {}, errandProcess(store)).drained();
    expect(await store.head('record')).toBe(head);
    expect(new Set(await noted()).size).toBe(30);
  });

  it('by two workers at once', async () => {
    const workers = [start(checkpointsHere()), start(checkpointsHere(), {}, errandProcess(store))];
    for (let n = 0; n < 100; n++) await ask(`e${n}`, `ledger ${n % 7}`);
    await Promise.all(workers.map((reactors) => reactors.drained()));
    expect((await noted()).length).toBe(100);
    expect(new Set(await noted()).size).toBe(100);
  });

  it('also when the substitute was sent and the command would be accepted by now', async () => {
    await close('work', true);
    await ask('e1');
    await start().drained();
    await close('work', false);
    await start(checkpointsHere()).drained();
    expect([await noted(), await refused()]).toEqual([[], ['e1']]);
  });

  it('also when the command was accepted and would be refused by now', async () => {
    await ask('e1');
    await start().drained();
    await close('work', true);
    await start(checkpointsHere()).drained();
    expect([await noted(), await refused()]).toEqual([['e1'], []]);
  });

  it.each([
    ['says it otherwise by now', { ledgerId: 'other', errandId: 'e1' }],
    ['can no longer say it', { ledgerId: 'work', errandId: { erased: 'certificate' } }],
  ])('also when the handler %s', async (_, input) => {
    await ask('e1');
    await start().drained();
    const otherwise = () => ({
      operationId: 'noteRefusal',
      input: { ledgerId: 'refusals', errandId: 'e1', code: 'other' },
    });
    const other: Module = {
      ...errandModule,
      reactors: [
        {
          name: 'bookkeeper',
          on: { ErrandAsked: () => [{ operationId: 'noteErrand', input, otherwise }] },
        },
      ],
    };
    await start(checkpointsHere(), {}, errandProcess(store, [other, ledgerModule])).drained();
    expect([await noted(), await refused()]).toEqual([['e1'], []]);
  });
});

describe('a leader', () => {
  it('that was stopped and goes on moves nothing, and what it sends again is known', async () => {
    const checkpoints = checkpointsHere();
    let goOn = (): void => {};
    const stopped = new Promise<void>((resolve) => (goOn = resolve));
    let isStopped = false;
    const slow: Handle = async (principal, request) => {
      isStopped = true;
      await stopped;
      return process.handle(principal, request);
    };
    const first = start(checkpoints, { handle: slow, holder: 'the first' });
    await ask('e1');
    await until('the first is at work', () => isStopped);
    // The process stands still for longer than its lease runs.
    clock += 120_000;
    const second = start(checkpoints, { holder: 'the second' }, errandProcess(store));
    await second.drained();
    await ask('e2');
    await second.drained();
    const position = await checkpoints.position('bookkeeper');
    goOn();
    await until('the first sees it', () => !first.status()['bookkeeper']!.leads);
    expect(await checkpoints.position('bookkeeper')).toBe(position);
    expect(second.status()['bookkeeper']!.leads).toBe(true);
    expect(await noted()).toEqual(['e1', 'e2']);
  });

  it('that stops gracefully leaves nobody waiting for its lease', async () => {
    const checkpoints = checkpointsHere();
    const first = start(checkpoints);
    await ask('e1');
    await first.drained();
    await first.stop();
    await ask('e2');
    await start(checkpoints, {}, errandProcess(store)).drained();
    expect(await noted()).toEqual(['e1', 'e2']);
  });

  it('goes on where it stood after a restart', async () => {
    const checkpoints = checkpointsHere();
    await ask('e1');
    const first = start(checkpoints);
    await first.drained();
    await first.stop();
    expect(await checkpoints.position('bookkeeper')).toBe(await store.head('record'));
  });
});

describe('trouble', () => {
  it('that passes is waited for: the checkpoint does not pass the event', async () => {
    let isDown = true;
    const checkpoints = checkpointsHere();
    const handle = failing(process.handle, () => (isDown ? new StoreUnavailable('down') : undefined));
    const reactors = start(checkpoints, { handle });
    await ask('e1');
    await until('it shows', () => reactors.status()['bookkeeper']!.error?.includes('down'));
    expect(await checkpoints.position('bookkeeper')).toBe(0);
    isDown = false;
    await reactors.drained();
    expect(await noted()).toEqual(['e1']);
    expect(reactors.status()['bookkeeper']).toMatchObject({ error: null, setAside: 0, lag: 0 });
  });

  it('of a defect sets the event aside, with its cause, while the others go on', async () => {
    const checkpoints = checkpointsHere();
    await ask('e1', 'poison');
    await ask('e2');
    const reactors = start(checkpoints);
    await reactors.drained();
    expect(await noted()).toEqual(['e2']);
    await until('it shows', () => reactors.status()['bookkeeper']!.setAside === 1);
    expect(await checkpoints.due('bookkeeper', 10)).toEqual([]);
    clock += 1_000;
    await until('another attempt', async () => (await checkpoints.due('bookkeeper', 10)).length === 0);
    clock += 1_999;
    expect(await checkpoints.due('bookkeeper', 10)).toEqual([]);
  });

  it('of a defect is over when the next release has mended it', async () => {
    const checkpoints = checkpointsHere();
    await ask('e1', 'poison');
    const first = start(checkpoints);
    await first.drained();
    await first.stop();
    clock += 600_000;
    const mended: Module = {
      ...errandModule,
      reactors: [
        {
          name: 'bookkeeper',
          on: {
            ErrandAsked: ({ data: { errandId } }: { data: { errandId: string } }) => [
              { operationId: 'noteErrand', input: { ledgerId: 'work', errandId } },
            ],
          },
        },
      ],
    };
    const second = start(checkpoints, {}, errandProcess(store, [mended, ledgerModule]));
    await until('the reaction', async () => (await noted()).length === 1);
    await until('it is settled', () => second.status()['bookkeeper']!.setAside === 0);
  });

  it('with what is wired wrongly is a defect, not a refusal', async () => {
    const wrong: Module = {
      ...errandModule,
      reactors: [{ name: 'wrong', on: { ErrandAsked: () => [{ operationId: 'nothing', input: {} }] } }],
    };
    const outsider: Module = {
      ...ledgerModule,
      reactors: [
        {
          name: 'outsider',
          on: {
            ErrandAsked: () => [{ operationId: 'endErrand', input: { errandId: 'e1' } }],
          },
        },
      ],
    };
    process = errandProcess(store, [wrong, outsider]);
    await ask('e1');
    const reactors = start();
    await reactors.drained();
    const standing = (name: string) => reactors.status()[name]!.setAside;
    await until('both are set aside', () => standing('wrong') === 1 && standing('outsider') === 1);
    expect(await store.head('record')).toBe(1);
  });

  it('with an event that cannot be read sets that event aside', async () => {
    await store.append({
      log: 'record',
      tenantId: 'acme',
      stream: 'errand-acme_e1',
      expectedVersion: 0,
      events: [
        {
          eventId: '01890000-0000-7000-8000-000000000001',
          type: 'ErrandAsked',
          schemaVersion: 1,
          data: '{"errandId":7}',
          actor: '{"id":"ada","kind":"user","roles":[]}',
          meta: '{"commandId":"c","correlationId":"c"}',
          occurredAt: store.now(),
        },
      ],
      claims: [],
      guards: [],
      commandId: '01890000-0000-7000-8000-000000000002',
    });
    await ask('e2');
    const reactors = start();
    await reactors.drained();
    await until('it shows', () => reactors.status()['bookkeeper']!.setAside === 1);
    expect(await noted()).toEqual(['e2']);
  });
});

describe('an event of a newer process', () => {
  const newer = deciderFor<null>()({
    name: 'novelty',
    id: 'noveltyId',
    events: { NoveltyCame: z.strictObject({}) },
    rejections: {},
    initialState: () => null,
    evolve: { NoveltyCame: () => null },
  });
  const newerModule = defineModule(newer, {
    bringNovelty: newer.command({
      http: 'internal',
      summary: 'Bring something new',
      permission: 'errands:ask',
      input: z.strictObject({}),
      rejects: [],
      decide: () => [newer.event('NoveltyCame', {})],
    }),
  });

  it('makes an older one stand aside, until a newer one has passed it', async () => {
    const checkpoints = checkpointsHere();
    const renewed = errandProcess(store, [...errandModules, newerModule]);
    await ask('e1');
    await renewed.send('bringNovelty', {});
    await ask('e2');
    const old = start(checkpoints);
    await until('it stands', () => old.status()['bookkeeper']!.outdated?.position === 2);
    await until('it has left', () => !old.status()['bookkeeper']!.leads);
    expect(await checkpoints.position('bookkeeper')).toBe(1);
    expect(await noted()).toEqual(['e1']);
    const young = start(checkpoints, {}, renewed);
    await young.drained();
    expect(await noted()).toEqual(['e1', 'e2']);
    await until('the older one may work again', () => old.status()['bookkeeper']!.outdated === null);
    await young.stop();
    await ask('e3');
    await old.drained();
    expect(await noted()).toEqual(['e1', 'e2', 'e3']);
  });
});

describe('the reactors of an installation', () => {
  const named = (name: string, on: Module['reactors'][number]['on'] = {}): Module => ({
    ...errandModule,
    reactors: [{ name, on }],
  });

  it('have names of their own', () => {
    expect(reactorsOf(errandModules).map(({ name }) => name)).toEqual(['bookkeeper']);
    expect(() => reactorsOf([named('a'), named('a')])).toThrow('two reactors are called a');
    expect(() => reactorsOf([named('A thing')])).toThrow('not a name');
  });

  it('wait for events that there are', () => {
    expect(() => reactorsOf([named('a', { NothingHappened: () => [] })])).toThrow('which is no event');
  });
});
