import * as fc from 'fast-check';
import { applyPatch } from 'rfc6902';
import { describe, expect, it } from 'vitest';
import { personaConfig, type PersonaConfig } from '../../../src/domain/personas/persona-config.js';
import { versionDiff } from '../../../src/domain/personas/version-diff.js';
import { config, configWith } from '../../support/persona-examples.js';
import { someConfig } from '../../support/persona-arbitrary.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('version diffs');
const trait = (name: string, value: number | string = 1) => ({
  name,
  category: 'personality' as const,
  value,
  weight: 1,
});
const withTraits = (...names: string[]): PersonaConfig =>
  configWith({ traits: names.map((name) => trait(name)) });
const changes = (from: PersonaConfig, to: PersonaConfig) => versionDiff(from, to).changes;

function patched(from: PersonaConfig, to: PersonaConfig): unknown {
  const copy = structuredClone(from);
  expect(applyPatch(copy, versionDiff(from, to).patch).every((error) => error === null)).toBe(true);
  return copy;
}

describe('versionDiff', () => {
  it('names the field that changed, with both values', () => {
    expect(versionDiff(config, configWith({ temperature: 0.4 }))).toEqual({
      changes: [{ path: '/temperature', kind: 'changed', before: 0.3, after: 0.4 }],
      patch: [{ op: 'replace', path: '/temperature', value: 0.4 }],
    });
  });

  it('finds nothing between equals', () => {
    expect(versionDiff(config, structuredClone(config))).toEqual({ changes: [], patch: [] });
  });

  it('calls members of objects added and removed', () => {
    const voiced = personaConfig.parse({ ...config, voice: { pitch: 2 } });
    expect(changes(config, voiced)).toEqual([{ path: '/voice', kind: 'added', after: voiced.voice }]);
    expect(changes(voiced, config)).toEqual([{ path: '/voice', kind: 'removed', before: voiced.voice }]);
    expect(changes(config, configWith({ memory: { ...config.memory, maxContextTokens: 500 } }))).toEqual([
      { path: '/memory/maxContextTokens', kind: 'changed', before: 4000, after: 500 },
    ]);
  });

  it('matches what has a name by it', () => {
    const to = configWith({ traits: [trait('calm', 7), ...withTraits('analytical').traits] });
    expect(changes(withTraits('analytical', 'calm'), to)).toEqual([
      { path: '/traits/calm', kind: 'moved', before: 1, after: 0 },
      { path: '/traits/calm/value', kind: 'changed', before: 1, after: 7 },
    ]);
    expect(changes(withTraits('a/b'), withTraits('a/b', 'c'))).toEqual([
      { path: '/traits/c', kind: 'added', after: trait('c') },
    ]);
    expect(changes(withTraits('a/b', 'c'), withTraits('c'))).toEqual([
      { path: '/traits/a~1b', kind: 'removed', before: trait('a/b') },
    ]);
  });

  it('calls moved what left its order, not everything behind it', () => {
    const moved = changes(withTraits('a', 'b', 'c', 'd'), withTraits('b', 'c', 'd', 'a'));
    expect(moved).toEqual([{ path: '/traits/a', kind: 'moved', before: 0, after: 3 }]);
    expect(versionDiff(withTraits('a', 'b', 'c'), withTraits('c', 'a', 'b')).patch).toEqual([
      { op: 'move', from: '/traits/2', path: '/traits/0' },
    ]);
  });

  it('matches texts by themselves and rules by their condition', () => {
    expect(changes(configWith({ tags: ['a', 'b'] }), configWith({ tags: ['b', 'c'] }))).toEqual([
      { path: '/tags/a', kind: 'removed', before: 'a' },
      { path: '/tags/c', kind: 'added', after: 'c' },
    ]);
    const rule = ([condition, action]: [string, string]) => ({
      condition,
      action,
      priority: 5,
      isMandatory: false,
      exceptions: [],
    });
    const rules = (...list: [string, string][]) => configWith({ behaviorRules: list.map(rule) });
    expect(changes(rules(['x', '1'], ['y', '2']), rules(['z', '3'], ['x', '1'], ['y', '4']))).toEqual([
      { path: '/behaviorRules/0', kind: 'added', after: rule(['z', '3']) },
      { path: '/behaviorRules/2/action', kind: 'changed', before: '2', after: '4' },
    ]);
  });

  it('matches other lists by position between a common beginning and end', () => {
    const listed = (list: unknown[]) => configWith({ metadata: { list } });
    expect(changes(listed([1, 2, 3, 4]), listed([1, 9, 4]))).toEqual([
      { path: '/metadata/list/2', kind: 'removed', before: 3 },
      { path: '/metadata/list/1', kind: 'changed', before: 2, after: 9 },
    ]);
    expect(changes(listed([1, 1, 1]), listed([1, 1, 1, 1]))).toHaveLength(1);
  });

  it('tells no more of sealed values than whether they are the same', () => {
    const sealed = (eq: string, key = 'k') => ({ $sealed: { key, iv: `iv-${eq}`, ct: 'ct', eq, at: 'c/a' } });
    const known = (goals: unknown): PersonaConfig =>
      ({ ...config, identity: { subjectId: 'bob', goals } }) as PersonaConfig;
    const [before, after] = [sealed('one'), sealed('two')];
    expect(versionDiff(known(before), known(after))).toEqual({
      changes: [{ path: '/identity/goals', kind: 'changed', before, after }],
      patch: [{ op: 'replace', path: '/identity/goals', value: after }],
    });
    const again = { $sealed: { ...before.$sealed, iv: 'another', ct: 'another', at: 'd/a' } };
    expect(versionDiff(known(before), known(again))).toEqual({ changes: [], patch: [] });
    const plain = { shortTerm: ['x'] };
    for (const [from, to] of [
      [before, plain],
      [plain, before],
      [before, sealed('one', 'l')],
    ]) {
      expect(changes(known(from), known(to))).toEqual([
        { path: '/identity/goals', kind: 'changed', before: from, after: to },
      ]);
    }
  });

  it('replaces very long lists as a whole', () => {
    const long = (n: number) =>
      configWith({ metadata: { list: Array.from({ length: n }, (_, i) => `${i}`) } });
    expect(changes(long(1_200), long(1_201)).map(({ path, kind }) => [path, kind])).toEqual([
      ['/metadata/list', 'changed'],
    ]);
  });
});

describe('laws', () => {
  it('the patch turns the one into the other', () => {
    fc.assert(
      fc.property(someConfig, someConfig, (from, to) => {
        expect(patched(from, to)).toEqual(to);
        expect(versionDiff(from, to).changes.length === 0).toBe(JSON.stringify(from) === JSON.stringify(to));
      }),
      { seed, numRuns: 100 },
    );
  });

  it('also for lists that were shuffled, cut and mixed', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), { minLength: 1 });
    fc.assert(
      fc.property(names, names, (before, after) => {
        const [from, to] = [withTraits(...before), withTraits(...after)];
        expect(patched(from, to)).toEqual(to);
        const kinds = changes(from, to).map(({ kind }) => kind);
        expect(kinds.filter((kind) => kind === 'added')).toHaveLength(
          after.filter((name) => !before.includes(name)).length,
        );
      }),
      { seed, numRuns: 200 },
    );
    const values = fc.array(
      fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(1, 2), fc.constant(null)),
      {
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(values, values, (before, after) => {
        const [from, to] = [
          configWith({ metadata: { list: before } }),
          configWith({ metadata: { list: after } }),
        ];
        expect(patched(from, to)).toEqual(to);
      }),
      { seed, numRuns: 200 },
    );
  });
});
