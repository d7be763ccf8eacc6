import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  changesBetween,
  draftAfter,
  draftEdit,
  editedDraft,
} from '../../../src/domain/personas/draft-change.js';
import {
  configShape,
  personaConfig,
  type PersonaConfig,
} from '../../../src/domain/personas/persona-config.js';
import { versionDiff } from '../../../src/domain/personas/version-diff.js';
import { config, configWith } from '../../support/persona-examples.js';
import { configBody, someConfig } from '../../support/persona-arbitrary.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('draft changes');
const form = z.strictObject(draftEdit);

/** The draft after an edit as a client sends it. @throws when the edit has not even the form of one */
function edit(draft: PersonaConfig, raw: unknown): ReturnType<typeof editedDraft> {
  return editedDraft(draft, form.parse(raw));
}
const drafted = (draft: PersonaConfig, raw: unknown): PersonaConfig =>
  (edit(draft, raw) as { draft: PersonaConfig }).draft;
const pointers = (raw: unknown, draft = config): string[] =>
  (edit(draft, raw) as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer);

const rich = personaConfig.parse({
  ...config,
  voice: { provider: 'azure', pitch: 2 },
  metadata: { team: { name: 'core', size: 3 }, list: [1, 2, 3] },
  traits: [...config.traits, { name: 'patient', category: 'personality', value: true }],
});

describe('a merge patch (RFC 7396)', () => {
  it('changes what it names, at any depth', () => {
    expect(drafted(rich, { set: { temperature: 1, memory: { maxContextTokens: 500 } } })).toEqual({
      ...rich,
      temperature: 1,
      memory: { ...rich.memory, maxContextTokens: 500 },
    });
  });

  it('null removes; what has a default gets it back', () => {
    const without = drafted(rich, {
      set: { voice: null, temperature: null, metadata: { team: { size: null } } },
    });
    expect(without).not.toHaveProperty('voice');
    expect(without.temperature).toBe(0.7);
    expect(without.metadata).toEqual({ team: { name: 'core' }, list: [1, 2, 3] });
  });

  it('replaces lists as a whole and makes objects that were not there', () => {
    const traits = [{ name: 'new', category: 'personality', value: 1 }];
    expect(drafted(rich, { set: { traits } }).traits).toEqual([{ ...traits[0], weight: 1 }]);
    expect(drafted(config, { set: { voice: { pitch: 0.5 } } }).voice).toEqual({
      language: 'en-US',
      speakingRate: 1,
      pitch: 0.5,
      volume: 1,
    });
  });

  it.each([
    [{ name: null }, ['/set/name']],
    [{ traits: null }, ['/set/traits']],
    [{ responseStyle: { tone: null } }, ['/set/responseStyle/tone']],
    [{ responseStyle: null }, ['/set/responseStyle']],
    [{ tags: ['a', 'b', 'a'] }, ['/set/tags/2']],
  ])('%j leaves no configuration: blamed on %j', (set, expected) => {
    expect(pointers({ set })).toEqual(expected);
  });

  it('blames a patch for what it makes of the draft', () => {
    const texts = Array.from({ length: 5 }, () => 'x'.repeat(30_000));
    const half = drafted(config, { set: { metadata: { big: texts } } });
    expect(edit(half, { set: { metadata: { more: texts } } })).toMatchObject({
      code: 'draft-invalid',
      errors: [{ pointer: '/set' }],
    });
  });

  it('has no form for anything else', () => {
    for (const set of [
      { slug: 'x' },
      { status: 'active' },
      { temperature: 3 },
      { memory: { x: 1 } },
      [],
      'x',
      null,
    ]) {
      expect(form.safeParse({ set }).success).toBe(false);
    }
  });
});

describe('a JSON Patch (RFC 6902)', () => {
  it('knows add, replace, remove, move, copy and test', () => {
    const patch = [
      { op: 'test', path: '/traits/0/name', value: 'analytical' },
      { op: 'add', path: '/traits/-', value: { name: 'calm', category: 'personality', value: 50 } },
      { op: 'replace', path: '/temperature', value: 1 },
      { op: 'move', from: '/traits/0', path: '/traits/2' },
      { op: 'copy', from: '/metadata/team/name', path: '/description' },
      { op: 'remove', path: '/metadata/list/1' },
    ];
    const draft = drafted(rich, { patch });
    expect(draft.traits.map(({ name }) => name)).toEqual(['patient', 'calm', 'analytical']);
    expect(draft).toMatchObject({ temperature: 1, description: 'core', metadata: { list: [1, 3] } });
  });

  it.each([
    ['a failing test', { op: 'test', path: '/temperature', value: 1 }],
    ['a path that leads nowhere', { op: 'replace', path: '/voice/pitch', value: 1 }],
    ['a member that is not there', { op: 'remove', path: '/voice' }],
    ['an index beyond the end', { op: 'add', path: '/traits/2', value: {} }],
    ['an index with a leading zero', { op: 'remove', path: '/traits/00' }],
    ['a negative index', { op: 'remove', path: '/traits/-1' }],
    ['the length of a list', { op: 'remove', path: '/traits/length' }],
    ['the length of a list, written', { op: 'replace', path: '/traits/length', value: 0 }],
    ['the length of a text', { op: 'copy', from: '/name/length', path: '/maxTokens' }],
    ['a method', { op: 'copy', from: '/traits/map', path: '/metadata' }],
    ['a member of a text', { op: 'add', path: '/name/0', value: 'x' }],
    ['the end as a source', { op: 'remove', path: '/traits/-' }],
    ['a move into itself', { op: 'move', from: '/memory', path: '/memory/x' }],
    ['a move beyond the end it leaves', { op: 'move', from: '/traits/0', path: '/traits/1' }],
  ])('refuses %s', (_, operation) => {
    const patch = [{ op: 'replace', path: '/temperature', value: 0.5 }, operation];
    expect(edit(config, { patch })).toMatchObject({
      code: 'patch-not-applicable',
      errors: [{ pointer: '/patch/1' }],
    });
  });

  it.each([
    [[{ op: 'replace', path: '/temperature', value: 3 }], ['/patch/0/value']],
    [
      [{ op: 'add', path: '/traits/-', value: { name: 'x', category: 'y', value: 1 } }],
      ['/patch/0/value/category'],
    ],
    [[{ op: 'add', path: '/traits/0/extra', value: 1 }], ['/patch/0/value']],
    [[{ op: 'remove', path: '/name' }], ['/patch/0']],
    [[{ op: 'remove', path: '/traits/0' }], ['/patch/0']],
    [[{ op: 'copy', from: '/traits/0', path: '/traits/-' }], ['/patch/0']],
    [
      [
        { op: 'replace', path: '/temperature', value: 9 },
        { op: 'replace', path: '/maxTokens', value: 1 },
      ],
      ['/patch/0/value', '/patch/1/value'],
    ],
  ])('%j leaves no configuration: blamed on %j', (patch, expected) => {
    expect(pointers({ patch })).toEqual(expected);
  });

  it.each([
    '/__proto__/x',
    '/constructor/prototype/x',
    '/metadata/__proto__',
    '/metadata/__proto__/polluted',
    '/metadata/constructor/prototype/polluted',
    '/slug',
    '/status',
    '',
    'temperature',
    '/name~2',
  ])('the path %s has no form', (path) => {
    expect(form.safeParse({ patch: [{ op: 'add', path, value: true }] }).success).toBe(false);
    expect(form.safeParse({ patch: [{ op: 'copy', from: '/name', path }] }).success).toBe(false);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([
    { op: 'add', path: '/metadata', value: JSON.parse('{"a":{"__proto__":{"polluted":1}}}') as unknown },
    { op: 'add', path: '/metadata' },
    { op: 'remove', path: '/metadata', value: 1 },
    { op: 'move', path: '/metadata' },
    { op: 'increment', path: '/temperature', value: 1 },
  ])('%j has no form', (operation) => {
    expect(form.safeParse({ patch: [operation] }).success).toBe(false);
  });

  it('cannot be made to grow without end', () => {
    const doubling = Array.from({ length: 60 }, (_, n) => ({
      op: 'copy',
      from: '/metadata',
      path: `/metadata/m${n}`,
    }));
    expect(edit(rich, { patch: doubling })).toMatchObject({
      code: 'patch-not-applicable',
      detail: 'the patch copies more than 256 KiB',
    });
    const nesting = Array.from({ length: 30 }, () => ({
      op: 'copy',
      from: '/metadata',
      path: '/metadata/in',
    }));
    const small = drafted(config, { set: { metadata: { a: 1 } } });
    const moving = nesting.slice(0, 12).flatMap((copy) => [copy]);
    expect(edit(small, { patch: nesting })).toHaveProperty('code');
    expect(edit(small, { patch: moving })).toHaveProperty('draft');
  });
});

describe('laws', () => {
  const assert = <T extends unknown[]>(property: fc.IProperty<T>): void =>
    fc.assert(property, { seed, numRuns: 50 });
  const untouched = (before: PersonaConfig, after: PersonaConfig, touched: string[]): void => {
    for (const name of Object.keys(configShape)) {
      if (touched.includes(name)) continue;
      expect(after[name as keyof PersonaConfig]).toEqual(before[name as keyof PersonaConfig]);
    }
  };

  it('a merge patch never resets what it does not name', () => {
    assert(
      fc.property(
        someConfig,
        configBody,
        fc.constantFrom(...Object.keys(configShape)),
        (draft, other, name) => {
          const set = { [name]: other[name] ?? null };
          if (!form.safeParse({ set }).success) return;
          const result = edit(draft, { set });
          if ('draft' in result) untouched(draft, result.draft, [name]);
        },
      ),
    );
  });

  it('a member of an object that is set leaves its siblings', () => {
    assert(
      fc.property(someConfig, fc.integer({ min: 100, max: 32_000 }), (draft, maxContextTokens) => {
        const { memory } = drafted(draft, { set: { memory: { maxContextTokens } } });
        expect(memory).toEqual({ ...draft.memory, maxContextTokens });
      }),
    );
  });

  it('operations never reset what they do not name', () => {
    assert(
      fc.property(someConfig, someConfig, (draft, other) => {
        const { patch } = versionDiff(draft, other);
        for (const operation of patch) {
          const name = operation.path.split('/')[1]!;
          const result = edit(draft, { patch: [operation] });
          if ('draft' in result) untouched(draft, result.draft, [name]);
        }
      }),
    );
  });

  it('an edit leaves the draft it was given as it was, and is refused or valid', () => {
    const text = fc.constantFrom(
      '/traits/0',
      '/traits/-',
      '/metadata',
      '/metadata/a',
      '/tags/1',
      '/name',
      '/memory/x',
    );
    const operation = fc.oneof(
      fc.record({ op: fc.constantFrom('add', 'replace', 'test'), path: text, value: fc.jsonValue() }),
      fc.record({ op: fc.constant('remove'), path: text }),
      fc.record({ op: fc.constantFrom('move', 'copy'), path: text, from: text }),
    );
    assert(
      fc.property(someConfig, fc.array(operation, { minLength: 1, maxLength: 6 }), (draft, patch) => {
        if (!form.safeParse({ patch }).success) return;
        const before = structuredClone(draft);
        const result = edit(draft, { patch });
        expect(draft).toEqual(before);
        if ('draft' in result) expect(personaConfig.parse(result.draft)).toEqual(result.draft);
        else for (const { pointer } of result.errors) expect(pointer).toMatch(/^\/patch/);
      }),
    );
  });

  it('what changed and what is gone, put on the former draft, give the new one', () => {
    assert(
      fc.property(someConfig, someConfig, (before, after) => {
        const { changed, removed } = changesBetween(before, after);
        expect(draftAfter(before, { changed, removed })).toEqual(after);
        for (const name of Object.keys(changed)) {
          expect(after[name as keyof PersonaConfig]).not.toEqual(before[name as keyof PersonaConfig]);
        }
      }),
    );
  });
});

describe('changesBetween', () => {
  it('names nothing where nothing changed', () => {
    expect(changesBetween(config, structuredClone(config))).toEqual({ changed: {}, removed: [] });
    expect(changesBetween(config, configWith({ tags: ['a'] }))).toEqual({
      changed: { tags: ['a'] },
      removed: [],
    });
  });
});
