/** A whole command over a document that is personal where it names a person: a small area of its own. */
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openCodec } from '../../../src/commands/codec.js';
import { memoryCounters } from '../../../src/commands/counters.js';
import { MemoryStore } from '../../../src/commands/event-store/memory.js';
import { openPipeline } from '../../../src/commands/handle.js';
import type { Handle, Principal } from '../../../src/commands/receipt.js';
import { memoryKeyring } from '../../../src/commands/sealing/memory-keyring.js';
import { openValues } from '../../../src/commands/sealing/open.js';
import { openStates } from '../../../src/commands/states.js';
import { same } from '../../../src/domain/content-hash.js';
import { deciderFor, defineModule } from '../../../src/domain/kernel.js';
import { clear, patchOver, personalIf } from '../../../src/domain/sealed.js';
import { storedSchema } from '../../../src/domain/stored-schema.js';

const portraitId = clear(z.string().min(1).max(64));
const sketch = z.strictObject({
  title: clear(z.string()),
  who: z
    .strictObject({
      subjectId: clear(z.string().min(1)).optional(),
      goals: personalIf('subjectId', z.array(clear(z.string()))).optional(),
    })
    .optional(),
});
type Sketch = z.output<typeof sketch>;
const step = z.strictObject({ path: clear(z.string().regex(/^\/\w+(\/\w+)?$/)), value: z.unknown() });

type Portrait = { status: 'none' } | { status: 'drawn'; sketch: Sketch };
const portrait = deciderFor<Portrait>()({
  name: 'portrait',
  id: 'portraitId',
  events: { PortraitDrawn: z.strictObject({ portraitId, sketch }) },
  rejections: { 'sketch-invalid': { status: 422, title: 'The sketch cannot be like this' } },
  initialState: () => ({ status: 'none' }),
  evolve: { PortraitDrawn: (_, e) => ({ status: 'drawn', sketch: e.sketch }) },
});

/** Puts values at places, one or two steps deep. */
function redrawn(before: Sketch, steps: readonly z.output<typeof step>[]): unknown {
  const document = structuredClone(before) as unknown as Record<string, Record<string, unknown>>;
  for (const { path, value } of steps) {
    const [first, second] = path.split('/').slice(1) as [string, string?];
    if (second === undefined) document[first] = value as never;
    else document[first] = { ...document[first], [second]: value };
  }
  return document;
}

const drawn = (state: Portrait): Sketch => (state.status === 'drawn' ? state.sketch : { title: '' });
const portraitModule = defineModule(portrait, {
  drawPortrait: portrait.command({
    http: 'PUT /portraits/:portraitId',
    summary: 'Draw',
    permission: 'portraits:write',
    input: z.strictObject({ portraitId, sketch }),
    rejects: [],
    decide: (state, input) =>
      same(drawn(state), input.sketch) ? [] : [portrait.event('PortraitDrawn', input)],
  }),
  redrawPortrait: portrait.command({
    http: 'PATCH /portraits/:portraitId',
    summary: 'Redraw',
    permission: 'portraits:write',
    input: z.strictObject({ portraitId, patch: patchOver(sketch, z.array(step)).optional() }),
    rejects: ['sketch-invalid'],
    decide: (state, input, ctx) => {
      const parsed = storedSchema(sketch).safeParse(redrawn(drawn(state), input.patch ?? []));
      if (!parsed.success) return ctx.reject('sketch-invalid', parsed.error.issues[0]!.message);
      if (same(drawn(state), parsed.data)) return [];
      return [portrait.event('PortraitDrawn', { portraitId: input.portraitId, sketch: parsed.data })];
    },
  }),
});

const ada: Principal = {
  tenantId: 'acme',
  kind: 'user',
  id: 'ada',
  credential: 'k1',
  roles: ['editor'],
  teams: [],
};

let store: MemoryStore;
let keyring: ReturnType<typeof memoryKeyring>;
let codec: ReturnType<typeof openCodec>;
let handle: Handle;
beforeEach(() => {
  store = new MemoryStore();
  keyring = memoryKeyring();
  codec = openCodec([portraitModule]);
  handle = openPipeline({
    store,
    codec,
    states: openStates({ store, codec }),
    keyring,
    counters: memoryCounters(),
    modules: [portraitModule],
    allowed: () => true,
    instanceKey: Buffer.alloc(32),
  });
});
const send = (operationId: string, input: object) =>
  handle(ada, { operationId, input: { portraitId: 'p', ...input }, correlationId: 'c' });
const draw = (value: unknown) => send('drawPortrait', { sketch: value });
const redraw = (...patch: object[]) => send('redrawPortrait', { patch });
const log = () => store.readStream('record', 'portrait-acme_p');

const canary = 'a canary';
const real = { title: 'one', who: { subjectId: 'bob', goals: [canary] } };
const invented = { title: 'two', who: { goals: [canary] } };

describe('a document about a real person', () => {
  it('is stored sealed, names its subject, and opens in the answer', async () => {
    const receipt = await draw(real);
    const [stored] = await log();
    expect(JSON.stringify([stored, receipt.events])).not.toContain(canary);
    expect(JSON.parse(stored!.meta)).toMatchObject({ subjects: ['bob'] });
    expect(await openValues(receipt.events[0]!.data['sketch'], keyring)).toEqual(real);
  });

  it('is decoded and folded as it was stored', async () => {
    await draw(real);
    const decoded = codec.decode((await log())[0]!);
    if (decoded.kind !== 'event') throw new Error('it cannot be read');
    expect(await openValues(decoded.event.data['sketch'], keyring)).toEqual(real);
  });

  it('makes a key where something is stored, and none where it is refused or changes nothing', async () => {
    const place = { tenantId: 'acme', subjectId: 'bob', scope: 'portrait-acme_p' };
    const unbearable = [
      { path: '/who', value: real.who },
      { path: '/title', value: 7 },
    ];
    await expect(redraw(...unbearable)).rejects.toMatchObject({ code: 'sketch-invalid' });
    expect(await keyring.keyIfAny(place)).toBeNull();
    await draw(real);
    const key = await keyring.keyIfAny(place);
    expect(key).not.toBeNull();
    await draw({ ...real, title: 'three' });
    expect(await keyring.keyIfAny(place)).toBe(key);
  });

  it('sent twice changes nothing, whole or as a patch', async () => {
    await draw(real);
    expect((await draw(real)).events).toEqual([]);
    expect((await redraw({ path: '/who', value: real.who })).events).toEqual([]);
    expect((await draw({ ...real, who: { ...real.who, goals: ['another'] } })).events).toHaveLength(1);
  });

  it('can be put there by a patch that names it', async () => {
    await draw(invented);
    const receipt = await redraw({ path: '/who', value: real.who });
    const [, stored] = await log();
    expect(JSON.stringify(stored)).not.toContain(canary);
    expect(await openValues(receipt.events[0]!.data, keyring)).toMatchObject({ sketch: { who: real.who } });
  });

  it('takes no plain value beside its subject, and no subject is taken from beside a sealed one', async () => {
    await draw(real);
    const plain = redraw({ path: '/who/goals', value: [canary] });
    await expect(plain).rejects.toMatchObject({ detail: 'belongs to subjectId: name it in the same edit' });
    const unnamed = redraw({ path: '/who/subjectId', value: undefined });
    await expect(unnamed).rejects.toMatchObject({ detail: 'is sealed for a person: name subjectId' });
    expect(await log()).toHaveLength(1);
  });
});

describe('a document about an invented person', () => {
  it('is stored in the clear, whole or as a patch', async () => {
    const { events } = await draw(invented);
    expect(events[0]!.data['sketch']).toEqual(invented);
    const [stored] = await log();
    expect(JSON.parse(stored!.meta)).toMatchObject({ subjects: [] });
    const receipt = await redraw({ path: '/who/goals', value: ['open'] });
    expect(receipt.events[0]!.data['sketch']).toEqual({ ...invented, who: { goals: ['open'] } });
    expect((await draw({ ...invented, who: { goals: ['open'] } })).events).toEqual([]);
  });

  it('becomes one about a real person only with all its values', async () => {
    await draw(invented);
    const named = redraw({ path: '/who/subjectId', value: 'bob' });
    await expect(named).rejects.toMatchObject({ detail: 'belongs to subjectId: name it in the same edit' });
  });
});
