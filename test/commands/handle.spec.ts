import { setImmediate as tick } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openCodec } from '../../src/commands/codec.js';
import { memoryCounters } from '../../src/commands/counters.js';
import { StoreUnavailable, type AppendItem, type EventStore } from '../../src/commands/event-store/port.js';
import { MemoryStore } from '../../src/commands/event-store/memory.js';
import { openPipeline } from '../../src/commands/handle.js';
import type { CommandRequest, Handle, Principal } from '../../src/commands/receipt.js';
import { memoryKeyring } from '../../src/commands/sealing/memory-keyring.js';
import type { Module } from '../../src/domain/kernel.js';
import { isSealed } from '../../src/domain/sealed.js';
import { openStates } from '../../src/commands/states.js';
import { noteModule } from '../support/notes.js';

const ada: Principal = {
  tenantId: 'acme',
  kind: 'user',
  id: 'ada',
  credential: 'k1',
  roles: ['editor'],
  teams: ['crew'],
};
const { editNote } = noteModule.commands;
/** Notes that are there for the crew alone, and that nobody can call locked. */
const crewNotes: Module = {
  ...noteModule,
  commands: {
    ...noteModule.commands,
    editNote: {
      ...editNote!,
      decide: (state, input: { text: string }, ctx) => {
        if (!ctx.actor.teams.includes('crew')) return ctx.reject('note-not-found');
        return input.text === 'locked'
          ? ctx.reject('note-exists')
          : editNote!.decide(state, input as never, ctx);
      },
    },
  },
};

/** A pipeline as one process has it; several over one store are several processes. */
function process(store: EventStore, module = noteModule): Handle {
  const codec = openCodec([module]);
  return openPipeline({
    store,
    codec,
    states: openStates({ store, codec }),
    keyring: memoryKeyring(),
    counters: memoryCounters(),
    modules: [module],
    allowed: (principal) => principal.roles.includes('editor'),
    instanceKey: Buffer.alloc(32),
  });
}

const request = (
  operationId: string,
  input: unknown,
  more: Partial<CommandRequest> = {},
): CommandRequest => ({
  operationId,
  input,
  correlationId: 'c',
  ...more,
});

let store: MemoryStore;
let handle: Handle;
const send = (operationId: string, input: unknown, more?: Partial<CommandRequest>) =>
  handle(ada, request(operationId, input, more));
const head = () => store.head('record');

beforeEach(() => {
  store = new MemoryStore();
  handle = process(store);
});

describe('a command', () => {
  it('appends what it decided and answers with a receipt', async () => {
    const receipt = await send('openNote', { title: 'first' });
    expect(receipt).toMatchObject({ version: 1, position: 1, created: true, replayed: false });
    expect(receipt.stream).toBe(`note-acme_${receipt.id}`);
    expect(receipt.events).toEqual([
      { id: expect.any(String), type: 'NoteOpened', data: { noteId: receipt.id, title: 'first', text: '' } },
    ]);
    const [stored] = await store.readStream('record', receipt.stream);
    expect(JSON.parse(stored!.actor)).toEqual({
      kind: 'user',
      id: 'ada',
      credential: 'k1',
      roles: ['editor'],
    });
    expect(JSON.parse(stored!.meta)).toMatchObject({
      commandId: receipt.commandId,
      correlationId: 'c',
      causationId: null,
      dataClass: 'record',
      subjects: [],
    });
  });

  it.each([
    ['an unknown operation', 'eatNote', {}, 'unknown-operation'],
    ['an unknown member', 'openNote', { title: 'x', colour: 'red' }, 'invalid-input'],
    ['a missing member', 'openNote', {}, 'invalid-input'],
    ['a sealed value from outside', 'openNote', { title: { $sealed: {} } }, 'invalid-input'],
    ['a name that nothing has', 'editNote', { noteId: 'nowhere', text: 'x' }, 'note-not-found'],
    [
      'an id that nothing has',
      'editNote',
      { noteId: '01890000-0000-7000-8000-000000000001', text: 'x' },
      'note-not-found',
    ],
  ])('refuses %s and stores nothing', async (_, operationId, input, code) => {
    await expect(send(operationId, input)).rejects.toMatchObject({ code });
    expect(await head()).toBe(0);
  });

  it('refuses who may not, and stores nothing', async () => {
    const viewer: Principal = { ...ada, roles: ['viewer'] };
    await expect(handle(viewer, request('openNote', { title: 'x' }))).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(await head()).toBe(0);
  });

  it('refuses who may not before it looks at the input: that alone can be costly', async () => {
    const viewer: Principal = { ...ada, roles: ['viewer'] };
    await expect(handle(viewer, request('openNote', { tilte: 7 }))).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('does not say which name nothing has, and where it stood', async () => {
    const detail = 'there is no such note';
    await expect(send('editNote', { noteId: 'nowhere', text: 'x' })).rejects.toMatchObject({
      code: 'note-not-found',
      detail,
      more: { errors: [{ pointer: '/noteId', detail }] },
    });
  });

  it('takes a name in the place of an id, of its own tenant only', async () => {
    const { id } = await send('openNote', { title: 'named' });
    expect((await send('editNote', { noteId: 'named', text: 'x' })).id).toBe(id);
    const stranger: Principal = { ...ada, tenantId: 'other' };
    await expect(handle(stranger, request('editNote', { noteId: id, text: 'y' }))).rejects.toMatchObject({
      code: 'note-not-found',
    });
  });

  it('decided twice changes nothing, also with a sealed value', async () => {
    const { id } = await send('openNote', { title: 'twice' });
    const edit = { noteId: id, text: 'new', remark: 'between us' };
    await send('editNote', edit);
    const again = await send('editNote', edit);
    expect(again).toMatchObject({ events: [], version: 2, position: 2, created: false });
    expect(await head()).toBe(2);
  });
});

describe('personal values', () => {
  it('are sealed in the log and in the receipt, and name their subject', async () => {
    const { id, stream } = await send('openNote', { title: 'sealed' });
    const receipt = await send('editNote', { noteId: id, text: 'x', remark: 'canary' });
    expect(isSealed(receipt.events[0]!.data['remark'])).toBe(true);
    const [, stored] = await store.readStream('record', stream);
    expect(JSON.stringify(stored)).not.toContain('canary');
    expect(JSON.parse(stored!.meta)).toMatchObject({ subjects: ['ada'] });
  });
});

describe('versions', () => {
  it('If-Match lets one of 64 writers through', async () => {
    const { id } = await send('openNote', { title: 'contended' });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 64 }, (_, n) => send('editNote', { noteId: id, text: `t${n}` }, { ifMatch: 1 })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        expect(outcome.reason).toMatchObject({ code: 'precondition-failed', more: { currentVersion: 2 } });
      }
    }
  });

  it('a writer without If-Match decides again on what another process wrote', async () => {
    const other = process(store);
    const { id } = await send('openNote', { title: 'shared' });
    await handle(ada, request('editNote', { noteId: id, text: 'a' }));
    await other(ada, request('editNote', { noteId: id, text: 'b' }));
    const third = await send('editNote', { noteId: id, text: 'c' });
    expect(third.version).toBe(4);
  });

  it('nothing is called unchanged from a cache that is behind', async () => {
    const other = process(store);
    const { id } = await send('openNote', { title: 'stale' });
    await send('editNote', { noteId: id, text: 'a' });
    await other(ada, request('editNote', { noteId: id, text: 'b' }));
    const back = await send('editNote', { noteId: id, text: 'a' });
    expect(back.events).toHaveLength(1);
    expect(back.version).toBe(4);
  });

  it('If-None-Match refuses what exists', async () => {
    const { id } = await send('openNote', { title: 'there' });
    await expect(send('editNote', { noteId: id, text: 'x' }, { ifNoneMatch: true })).rejects.toMatchObject({
      code: 'precondition-failed',
    });
  });
});

describe('a precondition', () => {
  const conditions: Partial<CommandRequest>[] = [
    {},
    { ifMatch: 1 },
    { ifMatch: 7 },
    { mustExist: true },
    { ifNoneMatch: true },
  ];
  const outcome = (promise: Promise<unknown>) => promise.catch(({ code, more }) => ({ code, more }));
  const edit = (noteId: string) => ({ noteId, text: 'new' });
  const nothing = '01890000-0000-7000-8000-000000000001';

  it.each(conditions)('%j does not tell a hidden thing from one that is not there', async (condition) => {
    const crew = process(store, crewNotes);
    const { id } = await crew(ada, request('openNote', { title: 'hidden' }));
    const outsider: Principal = { ...ada, id: 'otto', teams: [] };
    for (const noteId of [id, nothing]) {
      const refused = outcome(crew(outsider, request('editNote', edit(noteId), condition)));
      expect(await refused).toEqual({ code: 'note-not-found', more: {} });
    }
    expect(await crew(ada, request('editNote', edit(id)))).toMatchObject({ version: 2 });
  });

  it('nor does a key that was used for something else', async () => {
    const crew = process(store, crewNotes);
    const { id } = await crew(ada, request('openNote', { title: 'hidden' }));
    const { id: own } = await crew(ada, request('openNote', { title: 'own' }));
    const otto: Principal = { ...ada, id: 'otto' };
    await crew(otto, request('editNote', edit(own), { idempotencyKey: 'k' }));
    for (const noteId of [id, nothing]) {
      const again = request('editNote', edit(noteId), { idempotencyKey: 'k' });
      expect(await outcome(crew({ ...otto, teams: [] }, again))).toMatchObject({ code: 'note-not-found' });
    }
    const other = request('editNote', { noteId: id, text: 'x' }, { idempotencyKey: 'k' });
    await expect(crew(otto, other)).rejects.toMatchObject({ code: 'idempotency-key-reused' });
  });

  it('wins over every other refusal', async () => {
    const crew = process(store, crewNotes);
    const { id } = await crew(ada, request('openNote', { title: 'locked' }));
    const locked = { noteId: id, text: 'locked' };
    await expect(crew(ada, request('editNote', locked))).rejects.toMatchObject({ code: 'note-exists' });
    await expect(crew(ada, request('editNote', locked, { ifMatch: 7 }))).rejects.toMatchObject({
      code: 'precondition-failed',
      more: { currentVersion: 1 },
    });
  });

  it('wins where nothing would change', async () => {
    const { id } = await send('openNote', { title: 'unchanged' });
    await send('editNote', edit(id));
    await expect(send('editNote', edit(id), { ifMatch: 1 })).rejects.toMatchObject({
      code: 'precondition-failed',
      more: { currentVersion: 2 },
    });
  });

  it('that a thing exists is not met by what would be made', async () => {
    await expect(send('openNote', { title: 'new' }, { mustExist: true })).rejects.toMatchObject({
      code: 'precondition-failed',
      more: { currentVersion: 0 },
    });
    expect(await head()).toBe(0);
  });
});

describe('claims and facts', () => {
  it('of 50 takers of one title one wins, over two processes', async () => {
    const other = process(store);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) =>
        (n % 2 ? handle : other)(ada, request('openNote', { title: 'only' })),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'title-taken' });
    }
    expect(await head()).toBe(1);
  });

  it('a command with facts looks again when its claim was taken meanwhile', async () => {
    const copies = await Promise.all(Array.from({ length: 5 }, () => send('copyNote', { title: 'copy' })));
    const titles = copies
      .map(({ events }) => events[0]!.data['title'])
      .toSorted((a, b) => String(a).localeCompare(String(b)));
    expect(titles).toEqual(['copy', 'copy 2', 'copy 3', 'copy 4', 'copy 5']);
  });

  it('what was read from another stream is guarded in the append', async () => {
    const { id } = await send('openNote', { title: 'reader' });
    const source = await send('openNote', { title: 'source', text: 'old' });
    // The other note changes between the reading and the append, once.
    let meddled = false;
    const meddling = Object.create(store) as MemoryStore;
    meddling.append = async (item: AppendItem) => {
      if (!meddled && item.guards.length > 0) {
        meddled = true;
        await send('editNote', { noteId: source.id, text: 'new' });
      }
      return MemoryStore.prototype.append.call(store, item);
    };
    for (const name of ['readStream', 'claimOwner', 'now', 'head'] as const) {
      Object.assign(meddling, { [name]: (store[name] as () => unknown).bind(store) });
    }
    const receipt = await process(meddling)(ada, request('quoteNote', { noteId: id, other: source.id }));
    expect(receipt.events[0]!.data['text']).toBe('new');
  });
});

describe('an idempotency key', () => {
  const key = { idempotencyKey: 'once' };

  it('used 50 times at once over two processes has one effect and one answer', async () => {
    const other = process(store);
    const receipts = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        (n % 2 ? handle : other)(ada, request('openNote', { title: 'one' }, key)),
      ),
    );
    expect(await head()).toBe(1);
    expect(new Set(receipts.map(({ commandId }) => commandId)).size).toBe(1);
    expect(new Set(receipts.map(({ id }) => id)).size).toBe(1);
    expect(receipts.filter(({ replayed }) => !replayed)).toHaveLength(1);
  });

  it('gives the first receipt again, but for the secret', async () => {
    const first = await send('openNote', { title: 'again' }, key);
    const second = await send('openNote', { title: 'again' }, key);
    expect(second).toEqual({ ...first, replayed: true, reply: { secret: null } });
    expect(first.reply).toEqual({ secret: expect.any(String) });
  });

  it('with another input is refused', async () => {
    await send('openNote', { title: 'first' }, key);
    await expect(send('openNote', { title: 'second' }, key)).rejects.toMatchObject({
      code: 'idempotency-key-reused',
    });
  });

  it('remembers that nothing changed', async () => {
    const { id } = await send('openNote', { title: 'same' });
    await send('editNote', { noteId: id, text: 'a' });
    await send('editNote', { noteId: id, text: 'a' }, key);
    await send('editNote', { noteId: id, text: 'b' });
    const again = await send('editNote', { noteId: id, text: 'a' }, key);
    expect(again).toMatchObject({ events: [], version: 2, replayed: true });
  });

  it('remembers no refusal', async () => {
    await send('openNote', { title: 'taken' });
    await expect(send('openNote', { title: 'taken' }, key)).rejects.toMatchObject({ code: 'title-taken' });
    const freed = await send('openNote', { title: 'free' }, key);
    expect(freed.replayed).toBe(false);
  });

  it('answers first, even when the command would now be refused', async () => {
    const { id } = await send('openNote', { title: 'matched' });
    const first = await send('editNote', { noteId: id, text: 'x' }, { ...key, ifMatch: 1 });
    const again = await send('editNote', { noteId: id, text: 'x' }, { ...key, ifMatch: 1 });
    expect(again).toMatchObject({ commandId: first.commandId, version: 2, replayed: true });
  });

  it('is the member’s own', async () => {
    await send('openNote', { title: 'mine' }, key);
    const bob: Principal = { ...ada, id: 'bob' };
    expect((await handle(bob, request('openNote', { title: 'his' }, key))).replayed).toBe(false);
  });
});

describe('a store that hangs', () => {
  it('is not waited for by every command on a stream in turn', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const { id } = await send('openNote', { title: 'hung' });
      const hanging: ((error: Error) => void)[] = [];
      store.append = () => new Promise((_, reject) => void hanging.push(reject));
      const edits = ['a', 'b', 'c'].map((text) =>
        send('editNote', { noteId: id, text }).catch((error: unknown) => error),
      );
      while (hanging.length === 0) await tick();
      vi.advanceTimersByTime(12_000);
      hanging[0]!(new StoreUnavailable('the store hangs', 'unknown'));
      const failures = (await Promise.all(edits)) as StoreUnavailable[];
      expect(failures.map(({ name, outcome }) => [name, outcome])).toEqual([
        ['StoreUnavailable', 'unknown'],
        ['StoreUnavailable', 'not-applied'],
        ['StoreUnavailable', 'not-applied'],
      ]);
      expect(hanging).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });
});
