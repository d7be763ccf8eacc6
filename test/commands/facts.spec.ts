import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openCodec } from '../../src/commands/codec.js';
import { memoryCounters } from '../../src/commands/counters.js';
import { MemoryStore } from '../../src/commands/event-store/memory.js';
import type { EventStore } from '../../src/commands/event-store/port.js';
import { openPipeline } from '../../src/commands/handle.js';
import type { CommandRequest, Principal } from '../../src/commands/receipt.js';
import { memoryKeyring } from '../../src/commands/sealing/memory-keyring.js';
import { openValues } from '../../src/commands/sealing/open.js';
import { openStates } from '../../src/commands/states.js';
import {
  defineModule,
  type AnyDecider,
  type DecideContext,
  type FactReader,
  type Module,
  type PastEvent,
} from '../../src/domain/kernel.js';
import { clear, type Personal } from '../../src/domain/sealed.js';
import { note, noteModule } from '../support/notes.js';

const decider = note as unknown as AnyDecider & { initialState: () => { text?: string } };
const noteId = clear(z.string());
const textOf = async (read: FactReader, id: string): Promise<string> =>
  (await read.state(decider, id)).text ?? 'absent';

type Look = (read: FactReader) => Promise<unknown>;
/** What the command `look` reads, and what its decision writes: set by a test. */
let look: Look;
let write: (ctx: DecideContext<string, unknown>) => { text: string; remark?: Personal } | null;
/** How often `look` was decided. */
let decisions: number;

const module: Module = defineModule(note, {
  ...noteModule.commands,
  /** The same, of notes whose ids are no UUIDs. */
  editNote: { ...noteModule.commands['editNote']!, input: z.strictObject({ noteId, text: noteId }) },
  /** Opens a note under a given id. */
  putNote: note.command({
    http: 'internal',
    summary: 'Open a note',
    permission: 'notes:write',
    input: z.strictObject({ noteId, text: clear(z.string()) }),
    rejects: [],
    decide: (_, input) => [note.event('NoteOpened', { ...input, title: input.noteId })],
  }),
  look: note.command({
    http: 'internal',
    summary: 'Look around',
    permission: 'notes:write',
    input: z.strictObject({ noteId }),
    rejects: [],
    facts: (_, read) => look(read),
    decide: (_, input, ctx) => {
      decisions++;
      const data = write(ctx);
      return data ? [note.event('NoteEdited', { ...input, ...data })] : [];
    },
  }),
  /** Takes over the text of another note, unless that is locked. */
  agree: note.command({
    http: 'internal',
    summary: 'Agree',
    permission: 'notes:write',
    input: z.strictObject({ noteId, other: noteId }),
    rejects: ['note-exists'],
    facts: (input, read) => textOf(read, input.other),
    decide: (state, input, ctx) => {
      if (ctx.facts === 'locked') return ctx.reject('note-exists');
      if (ctx.facts === 'broken') throw new Error('a defect');
      if (state.status === 'open' && state.text === ctx.facts) return [];
      return [note.event('NoteEdited', { noteId: input.noteId, text: ctx.facts })];
    },
  }),
});

const ada: Principal = { tenantId: 'acme', kind: 'user', id: 'ada', roles: ['editor'], teams: ['crew'] };
const instanceKey = Buffer.alloc(32, 1);
let store: MemoryStore;
let keyring: ReturnType<typeof memoryKeyring>;
let counters: ReturnType<typeof memoryCounters>;
let clock: number;

/** A process over the shared store, whichever that is at the moment, and what it asks of it. */
function process(of: Module = module, key = instanceKey) {
  const asked = { reads: [] as string[], pages: 0, appends: 0 };
  const own = new Proxy({} as EventStore, {
    get:
      (_, name: 'readStream') =>
      (...args: Parameters<EventStore['readStream']>) => {
        if (name === 'readStream') asked.reads.push(args[1]);
        if (name === ('readAll' as string)) asked.pages++;
        if (name === ('append' as string)) asked.appends++;
        return store[name](...args);
      },
  });
  const codec = openCodec([of]);
  const handle = openPipeline({
    store: own,
    codec,
    states: openStates({ store: own, codec }),
    keyring,
    counters,
    modules: [of],
    allowed: () => true,
    instanceKey: key,
  });
  const send = async (
    operationId: string,
    input: object,
    more: Partial<CommandRequest & Principal> = {},
  ): Promise<string | undefined> => {
    const { tenantId = 'acme', ...request } = more;
    const principal = { ...ada, tenantId };
    const receipt = await handle(principal, { operationId, input, correlationId: 'c', ...request });
    return receipt.events[0]?.data['text'] as string | undefined;
  };
  /** What a look around sees. */
  const seen = async <T>(
    through: (read: FactReader) => Promise<T>,
    more?: Partial<Principal>,
  ): Promise<T> => {
    look = through;
    let found: unknown;
    write = ({ facts }) => ((found = facts), null);
    await send('look', { noteId: 'own' }, more);
    return found as T;
  };
  return { asked, send, seen };
}

let here: ReturnType<typeof process>;
let there: ReturnType<typeof process>;
beforeEach(async () => {
  clock = Date.UTC(2026, 0, 1);
  store = new MemoryStore({ now: () => new Date(clock++).toISOString() });
  keyring = memoryKeyring();
  counters = memoryCounters();
  here = process();
  there = process();
  decisions = 0;
  await here.send('putNote', { noteId: 'own', text: 'mine' });
  await here.send('putNote', { noteId: 'other', text: 'old' });
  here.asked.reads = [];
  here.asked.appends = 0;
});

const agree = { noteId: 'own', other: 'other' };
const change = (text: string) => there.send('editNote', { noteId: 'other', text });
describe('the state of another stream', () => {
  it('costs no question where it is at hand, because the append checks it', async () => {
    expect(await here.send('agree', agree)).toBe('old');
    expect(here.asked).toMatchObject({ reads: [], appends: 1 });
  });

  it('that is not at hand is read', async () => {
    const fresh = process();
    expect(await fresh.send('agree', agree)).toBe('old');
    expect(fresh.asked.reads).toContain('note-acme_other');
  });

  it('that another process has changed is noticed by the append, and the command decided again', async () => {
    await change('new');
    expect(await here.send('agree', agree)).toBe('new');
    expect(here.asked).toMatchObject({ appends: 2 });
  });

  it('refuses nothing as it was, only as it is', async () => {
    await change('locked');
    await expect(here.send('agree', agree)).rejects.toMatchObject({ code: 'note-exists' });
    await change('free');
    expect(await here.send('agree', agree)).toBe('free');
    await change('locked');
    await expect(here.send('agree', agree)).rejects.toMatchObject({ code: 'note-exists' });
  });

  it('calls nothing unchanged as it was', async () => {
    await here.send('agree', agree);
    await change('new');
    expect(await here.send('agree', agree)).toBe('new');
    expect(await here.send('agree', agree)).toBeUndefined();
  });

  it('that is outdated makes no defect', async () => {
    await change('broken');
    await expect(here.send('agree', agree)).rejects.toThrow('a defect');
    await change('whole');
    expect(await here.send('agree', agree)).toBe('whole');
  });

  it('is the same when a decision asks twice, whatever is written meanwhile', async () => {
    const texts: string[][] = [];
    look = async (read) => {
      const first = await textOf(read, 'other');
      if (texts.length === 0) {
        await change('new');
        await here.send('editNote', { noteId: 'other', text: 'newer' });
      }
      texts.push([first, await textOf(read, 'other')]);
    };
    write = () => ({ text: texts.at(-1)!.join() });
    expect(await here.send('look', { noteId: 'own' })).toBe('newer,newer');
    expect(texts).toEqual([
      ['old', 'old'],
      ['newer', 'newer'],
    ]);
  });

  it('that the store has lost is forgotten here too', async () => {
    await here.send('editNote', { noteId: 'other', text: 'lost' });
    store = new MemoryStore();
    await there.send('putNote', { noteId: 'own', text: 'mine' });
    await process().send('putNote', { noteId: 'other', text: 'kept' });
    expect(await here.send('agree', agree)).toBe('kept');
  });
});

describe('a stream that is not there', () => {
  const absent = { noteId: 'own', other: 'later' };

  it('is looked for once in a while, not every time', async () => {
    expect(await here.send('agree', absent)).toBe('absent');
    expect(here.asked.reads).toEqual(['note-acme_later']);
    await here.send('editNote', { noteId: 'own', text: 'mine' });
    expect(await here.send('agree', absent)).toBe('absent');
    expect(here.asked.reads).toEqual(['note-acme_later']);
  });

  it('and appears meanwhile is noticed', async () => {
    await here.send('agree', absent);
    await here.send('editNote', { noteId: 'own', text: 'mine' });
    await there.send('putNote', { noteId: 'later', text: 'there' });
    here.asked.appends = 0;
    expect(await here.send('agree', absent)).toBe('there');
    expect(here.asked.appends).toBe(2);
  });

  it('refuses nothing and leaves nothing unchanged before it was looked for again', async () => {
    look = (read) => textOf(read, 'later');
    write = ({ facts, reject }) => (facts === 'absent' ? reject('note-not-found') : { text: String(facts) });
    await expect(here.send('look', { noteId: 'own' })).rejects.toMatchObject({ code: 'note-not-found' });
    await there.send('putNote', { noteId: 'later', text: 'there' });
    expect(await here.send('look', { noteId: 'own' })).toBe('there');

    await here.send('editNote', { noteId: 'own', text: 'absent' });
    expect(await here.send('agree', { noteId: 'own', other: 'last' })).toBeUndefined();
    await there.send('putNote', { noteId: 'last', text: 'there too' });
    expect(await here.send('agree', { noteId: 'own', other: 'last' })).toBe('there too');
  });

  it('is not taken for absent by who makes it or commands it', async () => {
    await here.send('agree', absent);
    await here.send('putNote', { noteId: 'later', text: 'made here' });
    expect(await here.send('agree', absent)).toBe('made here');
    await here.send('agree', { noteId: 'own', other: 'last' });
    await there.send('putNote', { noteId: 'last', text: 'made there' });
    expect(await here.send('editNote', { noteId: 'last', text: 'edited' })).toBe('edited');
  });
});

describe('counting', () => {
  const minute = { key: 'checks of a minute', amount: 1, until: '2026-01-01T01:00:00.000Z' };
  beforeEach(() => {
    look = async (read) => [await read.count([minute]), await textOf(read, 'other')];
    write = ({ facts }) => ({ text: String(facts) });
  });

  it('tells how often', async () => {
    expect(await here.send('look', { noteId: 'own' })).toBe('1,old');
    expect(await there.send('look', { noteId: 'own' })).toBe('2,old');
    expect(await here.send('look', { noteId: 'own' }, { tenantId: 'else' })).toBe('1,absent');
  });

  it('happens once for a command that is decided again', async () => {
    await change('new');
    expect(await here.send('look', { noteId: 'own' })).toBe('1,new');
    expect(decisions).toBe(2);
    expect(await here.send('look', { noteId: 'own' })).toBe('2,new');
  });

  it('happens once for a request that is sent again with its key, and for its twin', async () => {
    const key = { idempotencyKey: 'once' };
    await Promise.all([here, there].map(({ send }) => send('look', { noteId: 'own' }, key)));
    await here.send('look', { noteId: 'own' }, key);
    expect(await here.send('look', { noteId: 'own' })).toBe('2,old');
  });

  it('stands when the command is refused', async () => {
    write = ({ reject }) => reject('note-exists');
    await expect(here.send('look', { noteId: 'own' })).rejects.toMatchObject({ code: 'note-exists' });
    write = ({ facts }) => ({ text: String(facts) });
    expect(await here.send('look', { noteId: 'own' })).toBe('2,old');
  });

  it('is of one window, however late the command is decided again', async () => {
    await change('new');
    const moments: string[] = [];
    look = async (read) => {
      moments.push(read.now);
      clock += 60_000;
      return textOf(read, 'other');
    };
    await here.send('look', { noteId: 'own' });
    expect(moments).toHaveLength(2);
    expect(new Set(moments).size).toBe(1);
  });
});

describe('what is made from the input', () => {
  it('is sealed for a subject, in its place, and opens again', async () => {
    look = (read) => read.seal('made', 'bob', { canary: 'a canary' });
    write = ({ facts }) => ({ text: 'x', remark: facts as Personal });
    await here.send('look', { noteId: 'own' });
    const stored = (await store.readStream('record', 'note-acme_own')).at(-1)!;
    const { commandId, subjects } = JSON.parse(stored.meta) as { commandId: string; subjects: string[] };
    const { remark } = JSON.parse(stored.data) as { remark: Personal };
    expect(JSON.stringify(stored)).not.toContain('a canary');
    expect(subjects).toEqual(['bob']);
    expect(remark.$sealed.at).toBe(`${commandId}/made`);
    expect(await openValues(remark, keyring)).toEqual({ canary: 'a canary' });
    expect(await here.seen((read) => read.open({ in: [remark] }))).toEqual({ in: [{ canary: 'a canary' }] });
  });

  it('leaves no key behind where the decision refuses', async () => {
    const place = { tenantId: 'acme', subjectId: 'bob', scope: 'note-acme_own' };
    look = (read) => read.seal('made', 'bob', 'a canary');
    write = ({ reject }) => reject('note-not-found');
    await expect(here.send('look', { noteId: 'own' })).rejects.toMatchObject({ code: 'note-not-found' });
    expect(await keyring.keyIfAny(place)).toBeNull();
    write = ({ facts }) => ({ text: 'x', remark: facts as Personal });
    await here.send('look', { noteId: 'own' });
    expect(await keyring.keyIfAny(place)).not.toBeNull();
  });

  it('may have an id of the command, which the decision has too', async () => {
    look = (read) => Promise.resolve(read.id('part'));
    let decided: string[] = [];
    write = ({ facts, id }) => ((decided = [facts as string, id('part'), id('other')]), null);
    await here.send('look', { noteId: 'own' });
    expect(decided[0]).toBe(decided[1]);
    expect(decided[2]).not.toBe(decided[1]);
  });

  it('belongs to the stream where nobody is named', async () => {
    look = (read) => read.seal('made', undefined, 'a canary');
    write = ({ facts }) => ({ text: 'x', remark: facts as Personal });
    await here.send('look', { noteId: 'own' });
    const stored = (await store.readStream('record', 'note-acme_own')).at(-1)!;
    expect(JSON.parse(stored.meta)).toMatchObject({ subjects: ['own'] });
  });

  it('has one pseudonym in a tenant, and another one in every other place', async () => {
    const name = (read: FactReader) => Promise.resolve(read.pseudonym('ada@example.org'));
    const pseudonym = await here.seen(name);
    expect(pseudonym).toMatch(/^[0-9a-f]{64}$/);
    expect(await there.seen(name)).toBe(pseudonym);
    const others = [
      await here.seen((read) => Promise.resolve(read.pseudonym('bob@example.org'))),
      await here.seen(name, { tenantId: 'else' }),
      await process(module, Buffer.alloc(32, 2)).seen(name),
    ];
    expect(new Set([pseudonym, ...others]).size).toBe(4);
  });
});

it('lets others go on while it works', async () => {
  const order: string[] = [];
  await here.seen(async (read) => {
    setImmediate(() => order.push('another'));
    await read.pause();
    order.push('this one');
  });
  expect(order).toEqual(['another', 'this one']);
});

describe('the past', () => {
  const collected = async (events: AsyncIterable<PastEvent>): Promise<PastEvent[]> => {
    const found = [];
    for await (const event of events) found.push(event);
    return found;
  };
  const all = { after: 0, to: Infinity };
  const positions = (events: PastEvent[]) => events.map(({ position }) => position);
  const past = (...args: Parameters<FactReader['events']>) =>
    here.seen((read) => collected(read.events(...args)));

  beforeEach(async () => {
    await there.send('putNote', { noteId: 'theirs', text: 'hidden' }, { tenantId: 'else' });
    await change('new');
    await change('newer');
  });

  it('is told in order, as it is stored, of the own tenant alone', async () => {
    const events = await past({}, all);
    expect(positions(events)).toEqual([1, 2, 4, 5]);
    expect(events[2]).toEqual({
      position: 4,
      eventId: expect.any(String),
      type: 'NoteEdited',
      data: { noteId: 'other', text: 'new' },
      meta: expect.objectContaining({ stream: 'note-acme_other', streamId: 'other', version: 2 }),
    });
  });

  it('begins after and ends with a position, and has the types that are asked for', async () => {
    expect(positions(await past({}, { after: 1, to: 4 }))).toEqual([2, 4]);
    expect(positions(await past({ types: ['NoteEdited'] }, all))).toEqual([4, 5]);
    expect(positions(await past({ types: ['NoteEdited'] }, { after: 4, to: 5 }))).toEqual([5]);
    expect(await past({ types: [] }, all)).toEqual([]);
    expect(await past({}, { after: 5, to: 5 })).toEqual([]);
  });

  it('is that of one stream', async () => {
    const stream = { decider, id: 'other' };
    expect(positions(await past({ stream }, all))).toEqual([2, 4, 5]);
    expect(positions(await past({ stream }, { after: 2, to: 4 }))).toEqual([4]);
    expect(positions(await past({ stream, types: ['NoteOpened'] }, all))).toEqual([2]);
    expect(await past({ stream: { decider, id: 'theirs' } }, all)).toEqual([]);
  });

  it('longer than a page is told whole, and no page is read before it is needed', async () => {
    for (let n = 0; n < 1_100; n++) await change(`text ${n}`);
    const stream = { decider, id: 'other' };
    expect(await past({}, all)).toHaveLength(1_104);
    expect(await past({ stream }, all)).toHaveLength(1_103);
    here.asked.pages = 0;
    await here.seen(async (read) => {
      for await (const _ of read.events({}, all)) break;
    });
    expect(here.asked.pages).toBe(1);
  });

  it('knows events by their names of today', async () => {
    const renamed = defineModule(
      {
        ...note,
        upcasters: {
          NoteBegun: (data: object) => ({ type: 'NoteOpened', data: { ...data, text: 'begun' } }),
          NoteEnded: (data: object) => ({ type: 'NoteEdited', data: { ...data, text: 'ended' } }),
        },
      },
      module.commands,
    );
    const { actor, meta, occurredAt } = (await store.readStream('record', 'note-acme_own'))[0]!;
    const appended = (type: string, version: number) =>
      store.append({
        log: 'record',
        tenantId: 'acme',
        stream: 'note-acme_old',
        expectedVersion: version,
        events: [
          {
            eventId: `${version}`,
            type,
            schemaVersion: 1,
            data: '{"noteId":"old","title":"old"}',
            actor,
            meta,
            occurredAt,
          },
        ],
        claims: [],
        guards: [],
        commandId: `${version}`,
      });
    await appended('NoteBegun', 0);
    await appended('NoteEnded', 1);
    const events = await process(renamed).seen((read) =>
      collected(read.events({ types: ['NoteOpened'] }, { after: 5, to: Infinity })),
    );
    expect(events.map(({ type, data }) => [type, data['text']])).toEqual([['NoteOpened', 'begun']]);
    // A process that does not know these names is older than the log.
    await expect(past({}, all)).rejects.toMatchObject({ code: 'outdated' });
  });

  it('that cannot be read is refused by its place', async () => {
    const readAll = store.readAll.bind(store);
    store.readAll = async (...args) => {
      const page = await readAll(...args);
      return { ...page, events: page.events.map((event) => ({ ...event, data: '{"canary":1}' })) };
    };
    await expect(past({}, all)).rejects.toMatchObject({
      code: 'event-unreadable',
      detail: expect.stringContaining('position 1'),
    });
  });

  it('has moments', async () => {
    const recorded = (await store.readAll('record', 0, 10)).events.map(({ recordedAt }) => recordedAt);
    const at = (moment: string) => here.seen((read) => read.positionAt(moment, '/from'));
    expect(await at(recorded[3]!)).toBe(4);
    expect(await at('2')).toBe(2);
    expect(await here.seen((read) => read.head())).toBe(5);
    await expect(at('yesterday')).rejects.toMatchObject({
      code: 'invalid-input',
      more: { errors: [{ pointer: '/from' }] },
    });
  });
});

describe('what surrounds a decision', () => {
  it('is told to its facts as well', async () => {
    const { now, ...rest } = await here.seen(({ tenantId, streamId, caller, now: at }) =>
      Promise.resolve({ tenantId, streamId, caller, now: at }),
    );
    const { tenantId: _, ...caller } = ada;
    expect(rest).toEqual({ tenantId: 'acme', streamId: 'own', caller });
    expect(Date.parse(now)).toBeLessThan(clock);
  });

  it('measures the time since the pipeline took the command up', async () => {
    look = () => new Promise((resolve) => setTimeout(resolve, 5));
    let elapsed: number[] = [];
    write = (ctx) => ((elapsed = [ctx.elapsedUs, ctx.elapsedUs]), null);
    await here.send('look', { noteId: 'own' });
    for (const one of elapsed) expect(Number.isInteger(one)).toBe(true);
    expect(elapsed[0]).toBeGreaterThan(4_000);
    expect(elapsed[1]).toBeGreaterThanOrEqual(elapsed[0]!);
  });
});
