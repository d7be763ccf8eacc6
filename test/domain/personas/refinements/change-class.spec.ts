import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configShape, type PersonaConfig } from '../../../../src/domain/personas/persona-config.js';
import {
  changeClass,
  classesOf,
  classOf,
  singleClass,
  touchedBetween,
} from '../../../../src/domain/personas/refinements/change-class.js';
import { someConfig } from '../../../support/persona-arbitrary.js';
import { config, configWith } from '../../../support/persona-examples.js';
import { seedFor } from '../../../support/seed.js';

const seed = seedFor('change classes');
const touchedBy = (change: Partial<PersonaConfig>) => touchedBetween(config, configWith(change));
const parts = { sysInfoEnabled: false, userProfileEnabled: false };

describe('the class of a change', () => {
  it.each<[change: Partial<PersonaConfig>, expected: string]>([
    [{ name: 'New' }, 'identity'],
    [{ identity: {} }, 'identity'],
    [{ traits: [] }, 'style'],
    [{ writing: {} }, 'style'],
    [
      { behaviorRules: [{ condition: 'a', action: 'b', priority: 1, isMandatory: false, exceptions: [] }] },
      'rules',
    ],
    [{ memory: { ...config.memory, maxContextTokens: 100 } }, 'memory'],
    [{ systemPromptTemplate: 'You are …' }, 'prompt'],
    [{ prompt: { ...parts, meaning: 'x' } }, 'prompt'],
    [{ temperature: 1 }, 'model'],
    [{ tags: ['a'] }, 'general'],
    [{ temperature: 1, maxTokens: 100 }, 'model'],
    [{ temperature: 1, tags: ['a'] }, 'mixed'],
  ])('%j is of the class %s', (change, expected) => {
    expect(classOf(touchedBy(change))).toBe(expected);
  });

  it('of prompt parts is told member by member: what may be used is a matter of its own', () => {
    const before = configWith({ prompt: { ...parts, allowedTools: ['search'] } });
    const after = configWith({ prompt: { ...parts, allowedTools: ['search', 'mail'] } });
    expect(touchedBetween(before, after)).toEqual([{ path: ['prompt', 'allowedTools'], class: 'tools' }]);
    const removed = touchedBetween(before, config);
    expect(new Set(classesOf(removed))).toEqual(new Set(['prompt', 'tools']));
    expect(classOf(removed)).toBe('mixed');
  });

  it('is there for every member of a configuration', () => {
    for (const name of Object.keys(configShape)) {
      const touched = touchedBetween({}, { [name]: { allowedSkills: [] } });
      expect(singleClass.options, name).toContain(touched[0]?.class);
    }
    expect(changeClass.options).toEqual([...singleClass.options, 'mixed']);
  });

  it('nothing is touched exactly where nothing differs', () => {
    fc.assert(
      fc.property(someConfig, someConfig, (one, other) => {
        expect(touchedBetween(one, one)).toEqual([]);
        expect(touchedBetween(other, other)).toEqual([]);
        const names = new Set(touchedBetween(one, other).map(({ path }) => path[0]));
        expect(new Set(touchedBetween(other, one).map(({ path }) => path[0]))).toEqual(names);
      }),
      { seed },
    );
  });
});
