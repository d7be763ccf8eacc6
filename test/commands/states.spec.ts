import { beforeEach, describe, expect, it } from 'vitest';
import { openCodec } from '../../src/commands/codec.js';
import { memoryCounters } from '../../src/commands/counters.js';
import { MemoryStore } from '../../src/commands/event-store/memory.js';
import { openPipeline } from '../../src/commands/handle.js';
import type { Principal } from '../../src/commands/receipt.js';
import { memoryKeyring } from '../../src/commands/sealing/memory-keyring.js';
import { openStates, type States } from '../../src/commands/states.js';
import type { AnyDecider } from '../../src/domain/kernel.js';
import { note, noteModule } from '../support/notes.js';

const decider = note as unknown as AnyDecider;
const ada: Principal = { tenantId: 'acme', kind: 'user', id: 'ada', roles: ['editor'], teams: [] };
const codec = openCodec([noteModule]);
let store: MemoryStore;
let states: States;
let id: string;
let reads: number;

/** Another process writes. */
const write = (operationId: string, input: unknown) =>
  openPipeline({
    store,
    codec,
    states: openStates({ store, codec }),
    keyring: memoryKeyring(),
    counters: memoryCounters(),
    modules: [noteModule],
    allowed: () => true,
    instanceKey: Buffer.alloc(32),
  })(ada, { operationId, input, correlationId: 'c' });

beforeEach(async () => {
  store = new MemoryStore();
  const readStream = store.readStream.bind(store);
  reads = 0;
  store.readStream = (...args) => {
    reads++;
    return readStream(...args);
  };
  ({ id } = await write('openNote', { title: 'cached' }));
  states = openStates({ store, codec });
  reads = 0;
});

const load = (maxAgeMs?: number) => states.load(decider, 'acme', id, maxAgeMs);

describe('a loaded state', () => {
  it('is up to date with the store, folding only what is new', async () => {
    expect(await load()).toMatchObject({ version: 1, position: 1, state: { text: '' } });
    await write('editNote', { noteId: id, text: 'new' });
    reads = 0;
    expect(await load()).toMatchObject({ version: 2, state: { text: 'new', edits: 1 } });
    expect(reads).toBe(1);
  });

  it('may be as old as the caller says, without asking the store', async () => {
    await load();
    await write('editNote', { noteId: id, text: 'new' });
    reads = 0;
    expect(await load(60_000)).toMatchObject({ version: 1 });
    expect(reads).toBe(0);
  });

  it('of a stream that is not there takes no place', async () => {
    expect(await states.load(decider, 'acme', 'nowhere')).toMatchObject({
      version: 0,
      state: { status: 'none' },
    });
    expect(states.cached('note-acme_nowhere')).toBeUndefined();
  });

  it('is remembered as not there, until it is made here or looked for again', async () => {
    // Nothing fits into the cache: what it knows of a stream that is there plays no part.
    const tiny = openStates({ store, codec, maxBytes: 10 });
    expect(tiny.recalled(decider, 'note-acme_nowhere')).toBeUndefined();
    await tiny.load(decider, 'acme', 'nowhere');
    const nothing = { state: { status: 'none' }, version: 0, position: 0 };
    expect(tiny.recalled(decider, 'note-acme_nowhere')).toEqual(nothing);
    tiny.keep('note-acme_nowhere', { state: { status: 'open' }, version: 1, position: 2 }, 10);
    expect(tiny.recalled(decider, 'note-acme_nowhere')).toBeUndefined();

    const readStream = store.readStream.bind(store);
    store.readStream = async () => [];
    await tiny.load(decider, 'acme', id);
    expect(tiny.recalled(decider, `note-acme_${id}`)).toEqual(nothing);
    store.readStream = readStream;
    await tiny.load(decider, 'acme', id);
    expect(tiny.recalled(decider, `note-acme_${id}`)).toBeUndefined();
  });

  it('can be forgotten', async () => {
    const { version } = await load();
    states.forget(`note-acme_${id}`);
    expect(states.cached(`note-acme_${id}`)).toBeUndefined();
    expect((await load()).version).toBe(version);
  });

  it('folds streams longer than a page', async () => {
    const handle = openPipeline({
      store,
      codec,
      states,
      keyring: memoryKeyring(),
      counters: memoryCounters(),
      modules: [noteModule],
      allowed: () => true,
      instanceKey: Buffer.alloc(32),
    });
    for (let n = 0; n < 1_005; n++) {
      await handle(ada, {
        operationId: 'editNote',
        input: { noteId: id, text: `t${n}` },
        correlationId: 'c',
      });
    }
    expect(await openStates({ store, codec }).load(decider, 'acme', id)).toMatchObject({
      version: 1_006,
      state: { text: 't1004', edits: 1_005 },
    });
  });

  it('makes room: the cache is bounded by the bytes of the events', async () => {
    const small = openStates({ store, codec, maxBytes: 1_000 });
    const ids: string[] = [];
    for (let n = 0; n < 10; n++) {
      ids.push((await write('openNote', { title: `n${n}`, text: 'x'.repeat(200) })).id);
      await small.load(decider, 'acme', ids.at(-1)!);
    }
    const kept = ids.filter((one) => small.cached(`note-acme_${one}`));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(5);
  });
});

it('an event of a newer process stops the process, not the stream', async () => {
  const event = (await store.readStream('record', `note-acme_${id}`))[0]!;
  store.readStream = async () => [{ ...event, type: 'NoteFolded', version: 1 }];
  await expect(openStates({ store, codec }).load(decider, 'acme', id)).rejects.toMatchObject({
    code: 'outdated',
  });
});

it('an event that cannot be read is told by its place, never by its content', async () => {
  const event = (await store.readStream('record', `note-acme_${id}`))[0]!;
  store.readStream = async () => [{ ...event, data: '{"canary":1}' }];
  const failure = await openStates({ store, codec })
    .load(decider, 'acme', id)
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'event-unreadable', detail: expect.stringContaining('position 1') });
  expect(String(failure)).not.toContain('canary');
});
