import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { memoryKeyring } from '../../../src/commands/sealing/memory-keyring.js';
import { openValues } from '../../../src/commands/sealing/open.js';
import { keyIdsIn, refuseSealedInput, sealInput } from '../../../src/commands/sealing/seal.js';
import { same } from '../../../src/domain/content-hash.js';
import { clear, isSealed, patchOver, personal, personalIf, type Sealed } from '../../../src/domain/sealed.js';
import { storedSchema } from '../../../src/domain/stored-schema.js';
import { arbitraryOf } from '../../support/arbitrary.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('sealing');
const keyring = memoryKeyring();
const around = { tenantId: 't', scope: 's-t_1', commandId: 'c1', actorId: 'ada', keyring };
const seal = (schema: z.ZodType, input: unknown, more: Partial<typeof around> = {}): Promise<unknown> =>
  sealInput({ ...around, ...more, schema, input });

const note = personal('@actor', z.string());
const about = personal('who', z.unknown());

/** The pointers, as `at` has them, of the sealed values in a value. */
function sealedAt(value: unknown): string[] {
  if (isSealed(value)) return [value.$sealed.at];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(sealedAt) : [];
}

describe('sealInput', () => {
  it('replaces personal members and leaves the others', async () => {
    const schema = z.strictObject({ who: clear(z.string()), note, about, n: z.number() });
    const sealed = (await seal(schema, { who: 'bob', note: 'a note of mine', about: { x: [1] }, n: 1 })) as {
      note: Sealed;
      about: Sealed;
    };
    expect(sealed).toMatchObject({ who: 'bob', n: 1 });
    expect(sealedAt(sealed)).toEqual(['c1/note', 'c1/about']);
    expect(JSON.stringify(sealed)).not.toContain('a note of mine');
    const ids = [sealed.note, sealed.about].map((value) => value.$sealed.key);
    expect(await keyring.subjectsOf([ids[0]!])).toEqual(['ada']);
    expect(await keyring.subjectsOf([ids[1]!])).toEqual(['bob']);
    expect(await openValues(sealed, keyring)).toEqual({
      who: 'bob',
      note: 'a note of mine',
      about: { x: [1] },
      n: 1,
    });
  });

  it('finds them in everything that holds schemas', async () => {
    interface Tree {
      note: unknown;
      below: Tree[];
    }
    const tree = z.strictObject({
      note,
      get below() {
        return z.array(tree);
      },
    }) as z.ZodType<Tree>;
    const lazy: z.ZodType = z.lazy(() => z.strictObject({ note, next: lazy.optional() }));
    const shapes = z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('said'), text: note }),
      z.strictObject({ kind: z.literal('set'), text: clear(z.string()) }),
    ]);
    const cases: [z.ZodType, unknown, string[]][] = [
      [z.array(note), ['a', 'b'], ['/0', '/1']],
      [z.record(z.string(), note), { 'a/b': 'x', '~': 'y' }, ['/a~1b', '/~0']],
      [z.tuple([clear(z.string()), note], note), ['a', 'b', 'c'], ['/1', '/2']],
      [z.looseObject({}).catchall(note), { a: 'x' }, ['/a']],
      [z.intersection(z.object({ a: note }), z.object({ b: note })), { a: 'x', b: 'y' }, ['/a', '/b']],
      [note.optional(), 'x', ['']],
      [note.nullable(), 'x', ['']],
      [note.prefault('x').readonly(), 'x', ['']],
      [
        z.array(shapes),
        [
          { kind: 'set', text: 'x' },
          { kind: 'said', text: 'y' },
        ],
        ['/1/text'],
      ],
      [z.union([z.number(), z.strictObject({ a: note })]), { a: 'x' }, ['/a']],
      [z.union([z.number(), note]), 'x', ['']],
      [z.union([z.number(), note]), 1, []],
      [tree, { note: 'a', below: [{ note: 'b', below: [] }] }, ['/note', '/below/0/note']],
      [lazy, { note: 'a', next: { note: 'b' } }, ['/note', '/next/note']],
      [personal('@actor', z.array(z.string())), ['x'], ['']],
    ];
    for (const [schema, input, pointers] of cases) {
      const sealed = await seal(schema, input);
      expect(sealedAt(sealed)).toEqual(pointers.map((pointer) => `c1${pointer}`));
      expect(await openValues(sealed, keyring)).toEqual(input);
    }
  });

  it('seals neither what is absent nor a null that stands for absence', async () => {
    const schema = z.strictObject({
      a: note.optional(),
      b: note.nullable(),
      c: personal('@actor', z.null()),
    });
    const sealed = await seal(schema, { a: undefined, b: null, c: null });
    expect(sealed).toMatchObject({ a: undefined, b: null });
    expect(sealedAt(sealed)).toEqual(['c1/c']);
  });

  it('answers the very input when there is nothing to seal, and shares what it does not change', async () => {
    const plain = { a: { b: 'x' } };
    expect(await seal(z.strictObject({ a: z.strictObject({ b: clear(z.string()) }) }), plain)).toBe(plain);
    expect(await seal(z.strictObject({ a: z.unknown(), b: note.optional() }), plain)).toBe(plain);
    const sealed = await seal(z.strictObject({ a: z.unknown(), b: note }), { ...plain, b: 'x' });
    expect((sealed as typeof plain).a).toBe(plain.a);
  });

  it('takes the subject from a path into the input', async () => {
    const schema = z.strictObject({
      to: z.strictObject({ memberId: clear(z.string()) }),
      texts: z.array(z.strictObject({ text: personal('to.memberId', z.string()) })),
    });
    const sealed = await seal(schema, { to: { memberId: 'cleo' }, texts: [{ text: 'a' }, { text: 'b' }] });
    expect(keyIdsIn(sealed)).toHaveLength(1);
    expect(await keyring.subjectsOf(keyIdsIn(sealed))).toEqual(['cleo']);
  });

  it('is a defect without a subject', async () => {
    for (const who of [undefined, '', 7, null]) {
      const sealing = seal(z.object({ about }), { about: 'x', who });
      await expect(sealing).rejects.toThrow('/about belongs to who, which the input does not name');
    }
  });

  it('refuses a personal key of a record', async () => {
    const schema = z.record(personal('@actor', z.string()) as unknown as z.ZodString, z.number());
    await expect(seal(schema, { x: 1 })).rejects.toThrow('key of a record');
  });
});

describe('sealed values', () => {
  const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  const schema = z.strictObject({
    who: clear(z.string()),
    list: z.array(z.strictObject({ clear: z.unknown(), about }).optional()),
    named: z.record(z.string(), z.union([z.strictObject({ about }), z.strictObject({ note: about })])),
    pair: z.tuple([about, z.unknown()]).nullable(),
  });
  const inputs = fc.record({
    who: fc.constantFrom('bob', 'cleo'),
    list: fc.array(fc.record({ clear: json, about: json }), { maxLength: 3 }),
    named: fc.dictionary(
      fc.string({ maxLength: 3 }),
      fc.oneof(fc.record({ about: json }), fc.record({ note: json })),
    ),
    pair: fc.option(fc.tuple(json, json)),
  });
  const sealedOf = async (
    value: unknown,
    more: Partial<typeof around> & { who?: string } = {},
  ): Promise<Sealed> => {
    const { who = 'bob', ...context } = more;
    return ((await seal(z.object({ about }), { who, about: value }, context)) as { about: Sealed }).about;
  };

  it('open to what was sealed', async () => {
    await fc.assert(
      fc.asyncProperty(inputs, async (input) => {
        const sealed = await seal(schema, input);
        expect(sealedAt(sealed)).toHaveLength(
          input.list.length + Object.keys(input.named).length + (input.pair ? 1 : 0),
        );
        expect(await openValues(sealed, keyring)).toEqual(input);
      }),
      { seed },
    );
  });

  it('have one eq for one plaintext under one key, and only for it', async () => {
    await fc.assert(
      fc.asyncProperty(json, json, async (a, b) => {
        const [one, again, other] = [
          await sealedOf(a),
          await sealedOf(a, { commandId: 'c2' }),
          await sealedOf(b),
        ];
        expect(again.$sealed.eq).toBe(one.$sealed.eq);
        expect(again.$sealed.ct).not.toBe(one.$sealed.ct);
        expect(same(again, one)).toBe(true);
        expect(same(other, one)).toBe(same(a, b));
      }),
      { seed },
    );
  });

  it('differ by subject, stream and tenant', async () => {
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        const values = [
          await sealedOf(value),
          await sealedOf(value, { who: 'cleo' }),
          await sealedOf(value, { scope: 's-t_2' }),
          await sealedOf(value, { tenantId: 'u' }),
        ];
        expect(new Set(values.map(({ $sealed }) => $sealed.eq)).size).toBe(4);
        expect(keyIdsIn(values)).toHaveLength(4);
      }),
      { seed },
    );
  });

  it('open nowhere but where they were sealed, and not when a bit was flipped', async () => {
    await fc.assert(
      fc.asyncProperty(
        json,
        fc.constantFrom('at', 'ct', 'iv', 'key'),
        fc.nat(),
        async (value, part, index) => {
          const sealed = await sealedOf(value);
          const moved = structuredClone(sealed);
          if (part === 'at') moved.$sealed.at += '0';
          else if (part === 'key') moved.$sealed.key = (await sealedOf(value, { who: 'cleo' })).$sealed.key;
          else {
            const bytes = Buffer.from(moved.$sealed[part], 'base64url');
            bytes[index % bytes.length]! ^= 1;
            moved.$sealed[part] = bytes.toString('base64url');
          }
          await expect(openValues([moved], keyring)).rejects.toThrow(
            `the sealed value at ${moved.$sealed.at} does not authenticate`,
          );
          expect(await openValues(sealed, keyring)).toEqual(value);
        },
      ),
      { seed },
    );
  });
});

const id = clear(z.string().min(1));
const own = <T extends z.ZodType>(schema: T) => personalIf('subjectId', schema).optional();
const facet = z.strictObject({
  subjectId: id.optional(),
  goals: own(z.strictObject({ short: z.array(clear(z.string().max(20))).default([]) })),
  notes: z.array(personalIf('subjectId', clear(z.string()))).optional(),
  named: z.record(clear(z.string()), personalIf('subjectId', z.number())).optional(),
  either: z.union([z.number(), personalIf('subjectId', clear(z.string()))]).optional(),
  none: personalIf('subjectId', z.number()).nullable().optional(),
  level: z.number().optional(),
});

describe('what is personal beside a subject', () => {
  const full = {
    goals: { short: ['a'] },
    notes: ['b', 'c'],
    named: { d: 1, subjectId: 2 },
    either: 'e',
    none: 3,
    level: 4,
  };

  it('is sealed for the subject that is named there, and else left', async () => {
    const schema = z.strictObject({ who: facet, list: z.array(facet), maybe: facet.optional() });
    const input = {
      who: { subjectId: 'bob', ...full },
      list: [full, { subjectId: 'cleo', notes: ['x'] }],
      maybe: full,
    };
    const sealed = (await seal(schema, input)) as typeof input;
    const within = (part: unknown, at: string, ...names: string[]): void =>
      expect(sealedAt(part)).toEqual(names.map((name) => `c1${at}/${name}`));
    within(sealed.who, '/who', 'goals', 'notes/0', 'notes/1', 'named/d', 'named/subjectId', 'either', 'none');
    within(sealed.list, '/list', '1/notes/0');
    expect([sealed.list[0], sealed.maybe]).toEqual([full, full]);
    expect(await keyring.subjectsOf(keyIdsIn(sealed.who))).toEqual(['bob']);
    expect(await keyring.subjectsOf(keyIdsIn(sealed.list))).toEqual(['cleo']);
    expect(await openValues(sealed, keyring)).toEqual(input);
  });

  it('is sealed neither for an outer subject nor when it is null', async () => {
    const outer = z.strictObject({ subjectId: id, inner: facet });
    const input = { subjectId: 'bob', inner: { notes: ['x'] } };
    expect(await seal(outer, input)).toBe(input);
    const none = { subjectId: 'bob', none: null };
    expect(await seal(facet, none)).toBe(none);
  });

  it('is named by the edit itself in a merge patch', async () => {
    const patch = z.strictObject({
      subjectId: id.nullable().optional(),
      goals: personalIf('subjectId', clear(z.string())).nullable().optional(),
    });
    expect(sealedAt(await seal(patch, { subjectId: 'bob', goals: 'x' }))).toEqual(['c1/goals']);
    for (const plain of [
      { goals: 'x' },
      { subjectId: null, goals: 'x' },
      { subjectId: 'bob', goals: null },
    ]) {
      expect(await seal(patch, plain)).toBe(plain);
    }
  });

  it('stored, is what its schema accepts, and opens to what was sent', async () => {
    const schema = z.strictObject({ who: facet, list: z.array(facet).max(2) });
    await fc.assert(
      fc.asyncProperty(arbitraryOf(schema), async (input) => {
        const plain = schema.parse(input);
        const sealed = await seal(schema, plain);
        expect(storedSchema(schema).parse(sealed)).toEqual(sealed);
        expect(await openValues(sealed, keyring)).toEqual(plain);
      }),
      { seed },
    );
  });

  it('needs a member of that name in its object', async () => {
    const schema = z.strictObject({ goals: own(clear(z.string())) });
    await expect(seal(schema, { goals: 'x' })).rejects.toThrow('personal beside a member that is not there');
  });
});

describe('a patch over a document', () => {
  const address = z.strictObject({ street: note, city: clear(z.string()) });
  const document = z.strictObject({
    title: clear(z.string()),
    note: note.optional(),
    home: address.optional(),
    moods: z.array(note).default([]),
    profile: personal('@actor', z.strictObject({ age: z.number() })).optional(),
    place: z.union([address, z.strictObject({ name: clear(z.string()), remark: note })]).optional(),
    who: facet.optional(),
    people: z.array(facet).optional(),
  });
  const operation = z.strictObject({
    op: z.string(),
    path: z.string(),
    from: z.string().optional(),
    value: z.unknown().optional(),
  });
  const input = z.strictObject({ patch: patchOver(document, z.array(operation)).optional() });
  const patched = async (...patch: object[]): Promise<unknown[]> =>
    ((await seal(input, { patch })) as { patch: unknown[] }).patch;
  const at = async (path: string, value: unknown): Promise<unknown> =>
    ((await patched({ op: 'add', path, value })) as { value: unknown }[])[0]!.value;
  /** Pointers, into the input, of what is sealed in an operation's value. */
  const sealedIn = async (path: string, value: unknown): Promise<string[]> =>
    sealedAt(await at(path, value)).map((pointer) => pointer.replace('c1/patch/0/value', '.'));

  it('has its values sealed by the schema at their path', async () => {
    expect(await sealedIn('/note', 'x')).toEqual(['.']);
    expect(await sealedIn('/moods/-', 'x')).toEqual(['.']);
    expect(await sealedIn('/moods', ['x', 'y'])).toEqual(['./0', './1']);
    expect(await sealedIn('/home', { street: 'x', city: 'y' })).toEqual(['./street']);
    expect(await sealedIn('/profile', { age: 3 })).toEqual(['.']);
    expect(await sealedIn('', { title: 'x', note: 'y' })).toEqual(['./note']);
    expect(await openValues(await at('/home', { street: 'x', city: 'y' }), keyring)).toEqual({
      street: 'x',
      city: 'y',
    });
    for (const path of ['/title', '/home/city', '/nowhere/else']) expect(await at(path, 'x')).toBe('x');
  });

  it('is sealed operation by operation, and left where there is nothing to seal', async () => {
    const steps = [
      { op: 'remove', path: '/note' },
      { op: 'move', from: '/profile', path: '/note' },
      { op: 'add', path: '/title', value: 'x' },
    ];
    const given = { patch: steps };
    expect(await seal(input, given)).toBe(given);
    const sealed = await patched(...steps, { op: 'test', path: '/note', value: 'y' });
    expect(sealed.slice(0, 3)).toEqual(steps);
    expect(sealedAt(sealed)).toEqual(['c1/patch/3/value']);
    expect(await seal(input, {})).toEqual({});
  });

  it('rather seals too much than too little where options of a union are partial', async () => {
    expect(await sealedIn('/place', { remark: 'x' })).toEqual(['./remark']);
    expect(await sealedIn('/place/remark', 'x')).toEqual(['.']);
  });

  it('names the subject in the value that holds what is personal beside it', async () => {
    expect(await sealedIn('/who', { subjectId: 'bob', notes: ['x'], level: 1 })).toEqual(['./notes/0']);
    expect(await sealedIn('/people/0', { subjectId: 'bob', notes: ['x'] })).toEqual(['./notes/0']);
    expect(await sealedIn('/people', [{ notes: ['x'] }, { subjectId: 'bob', notes: ['y'] }])).toEqual([
      './1/notes/0',
    ]);
    expect(await keyring.subjectsOf(keyIdsIn(await at('/who', { subjectId: 'bob', none: 1 })))).toEqual([
      'bob',
    ]);
  });

  it('leaves to the decision what does not hold its subject, or holds none that may be', async () => {
    const cases: [string, unknown][] = [
      ['/who', { notes: ['x'] }],
      ['/who', { subjectId: '', notes: ['x'] }],
      ['/who', { subjectId: 7, notes: ['x'] }],
      ['/who', 'x'],
      ['/who', ['x']],
      ['/who/notes', ['x']],
      ['/who/notes/-', 'x'],
      ['/who/goals', { short: ['x'] }],
      ['/who/goals/short/0', 'x'],
      ['/people/0/either', 'x'],
    ];
    for (const [path, value] of cases) expect(await at(path, value)).toBe(value);
  });

  it('is checked where it is sealed: nobody sees into it afterwards', async () => {
    const who = await at('/who', { subjectId: 'bob', goals: {} });
    expect(await openValues(who, keyring)).toEqual({ subjectId: 'bob', goals: { short: [] } });
    const refused: [string, unknown, string][] = [
      ['/note', 7, ''],
      ['/note', null, ''],
      ['/profile', { age: 'x' }, '/age'],
      ['/who', { subjectId: 'bob', goals: { short: ['a', 7] } }, '/goals/short/1'],
    ];
    for (const [path, value, pointer] of refused) {
      await expect(at(path, value)).rejects.toMatchObject({
        code: 'invalid-input',
        more: { errors: [{ pointer: `/patch/0/value${pointer}` }] },
      });
    }
  });

  it('reaches neither into a personal value nor for a sealed form', async () => {
    const refusedAt = (pointer: string) => ({ code: 'invalid-input', more: { errors: [{ pointer }] } });
    await expect(at('/profile/age', 3)).rejects.toMatchObject(refusedAt('/patch/0/value'));
    for (const path of ['/note/$sealed', '/who/goals/$sealed/key', '/title/$sealed/ct']) {
      await expect(at(path, 'x')).rejects.toMatchObject(refusedAt('/patch/0/path'));
      const copy = { op: 'copy', from: path, path: '/title' };
      await expect(patched(copy)).rejects.toMatchObject(refusedAt('/patch/0/from'));
    }
  });
});

describe('refuseSealedInput', () => {
  it('lets plain input pass', () => {
    for (const input of [null, 'x', [], { a: [{ sealed: 1, $seal: 2 }] }, undefined]) {
      expect(() => refuseSealedInput(input)).not.toThrow();
    }
  });

  it('refuses a $sealed member anywhere and says where', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b/c', '~', 0)), fc.jsonValue(), (path, value) => {
        let input: unknown = { $sealed: value };
        for (const step of path) input = typeof step === 'string' ? { x: 1, [step]: input } : [input];
        const steps = path.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1')).reverse();
        const pointer = ['', ...steps, '$sealed'].join('/');
        expect(() => refuseSealedInput(input)).toThrow(
          expect.objectContaining({
            code: 'invalid-input',
            more: { errors: [expect.objectContaining({ pointer })] },
          }),
        );
      }),
      { seed },
    );
  });
});

it('keyIdsIn finds every key once', () => {
  const sealed = (key: string): Sealed => ({ $sealed: { key, iv: 'i', ct: 'c', eq: 'e', at: 'a' } });
  expect(keyIdsIn({ a: sealed('1'), b: [sealed('2'), { c: sealed('1') }], d: 'x' })).toEqual(['1', '2']);
  expect(keyIdsIn({ a: null })).toEqual([]);
});
