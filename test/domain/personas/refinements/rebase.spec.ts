import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { same } from '../../../../src/domain/content-hash.js';
import { draftAfter } from '../../../../src/domain/personas/draft-change.js';
import type { PersonaConfig } from '../../../../src/domain/personas/persona-config.js';
import { changeBetween, isEmpty } from '../../../../src/domain/personas/refinements/field-changes.js';
import { carriedOver, meet, rebased } from '../../../../src/domain/personas/refinements/rebase.js';
import { sealed } from '../../../support/given.js';
import { someConfig } from '../../../support/persona-arbitrary.js';
import { config, configWith } from '../../../support/persona-examples.js';
import { seedFor } from '../../../support/seed.js';

const seed = seedFor('rebasing');
/** The configuration that a change of a base leads to on a newer version, or the fields in conflict. */
function outcome(base: PersonaConfig, ours: PersonaConfig, theirs: PersonaConfig): PersonaConfig | string[] {
  const result = rebased(changeBetween(base, ours), theirs);
  return 'conflicts' in result ? result.conflicts : draftAfter(theirs, result.change);
}
const style = (more: object) => ({ responseStyle: { ...config.responseStyle, ...more } });
const parts = { sysInfoEnabled: false, userProfileEnabled: false };

describe('what of a change can be made', () => {
  it('is all but the fields that both changed; they are named', () => {
    const change = changeBetween(config, configWith({ temperature: 1, tags: ['a'] }));
    const { change: carried, conflicts } = carriedOver(change, configWith({ tags: ['b'] }));
    expect(conflicts).toEqual(['/tags']);
    expect(carried).toEqual(changeBetween(config, configWith({ temperature: 1 })));
  });

  it('two pointers meet where one leads into what the other leads to', () => {
    expect(meet('/prompt', '/prompt/content')).toBe(true);
    expect(meet('/prompt/content', '/prompt')).toBe(true);
    expect(meet('/prompt', '/prompt')).toBe(true);
    expect(meet('/prompt', '/prompter')).toBe(false);
  });
});

describe('a change that is carried over', () => {
  it('is merged with what the newer version changed elsewhere, also in the same member', () => {
    const ours = configWith(style({ tone: 'warm' }));
    const theirs = configWith({ ...style({ verbosity: 3 }), tags: ['new'] });
    expect(outcome(config, ours, theirs)).toEqual(
      configWith({ ...style({ tone: 'warm', verbosity: 3 }), tags: ['new'] }),
    );
  });

  it('is in conflict where both changed the same field to something else', () => {
    const ours = configWith({ temperature: 1, ...style({ tone: 'warm' }) });
    expect(outcome(config, ours, configWith({ temperature: 2, ...style({ tone: 'warm' }) }))).toEqual([
      '/temperature',
    ]);
    expect(outcome(config, configWith({ tags: ['a'] }), configWith({ tags: ['b'] }))).toEqual(['/tags']);
  });

  it('is in conflict where one changed something in what the other removed', () => {
    const base = configWith({ prompt: { ...parts, meaning: 'x' } });
    const edited = configWith({ prompt: { ...parts, meaning: 'y' } });
    expect(outcome(base, edited, config)).toEqual(['/prompt/meaning']);
    expect(outcome(base, config, edited)).toEqual(['/prompt']);
  });

  it('that the newer version made already is gone', () => {
    const both = configWith({ temperature: 1 });
    const result = rebased(changeBetween(config, both), both);
    expect('change' in result && isEmpty(result.change)).toBe(true);
    const base = configWith({ prompt: { ...parts, meaning: 'x' } });
    expect(outcome(base, configWith({ prompt: parts }), config)).toEqual(config);
  });

  it('of what is about a real person is one field', () => {
    const graces = (more: object) => configWith({ identity: { subjectId: 'grace', ...more } });
    const goals = { goals: sealed({ shortTerm: ['rest'] }) };
    const background = { background: sealed('navy') };
    expect(outcome(graces({}), graces(goals), graces(background))).toEqual(['/identity']);
    expect(outcome(graces({}), graces(goals), graces({}))).toEqual(graces(goals));
  });

  it('to its own base is what it was', () => {
    fc.assert(
      fc.property(someConfig, someConfig, (base, ours) => {
        expect(same(outcome(base, ours, base), ours)).toBe(true);
      }),
      { seed },
    );
  });

  it('leads to the same, whichever of two changes came first', () => {
    fc.assert(
      fc.property(someConfig, someConfig, someConfig, (base, one, other) => {
        const [there, back] = [outcome(base, one, other), outcome(base, other, one)];
        expect(Array.isArray(there)).toBe(Array.isArray(back));
        if (!Array.isArray(there)) expect(same(there, back)).toBe(true);
      }),
      { seed },
    );
  });
});
