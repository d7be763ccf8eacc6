import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { same } from '../../../../src/domain/content-hash.js';
import { follow, tokensOf } from '../../../../src/domain/json-pointer.js';
import { touchedLocks } from '../../../../src/domain/personas/locked-parts.js';
import { storedConfig, type PersonaConfig } from '../../../../src/domain/personas/persona-config.js';
import { draftFollowing } from '../../../../src/domain/personas/refinements/draft-following.js';
import { fieldsBetween } from '../../../../src/domain/personas/refinements/field-changes.js';
import { meet } from '../../../../src/domain/personas/refinements/rebase.js';
import { someConfig } from '../../../support/persona-arbitrary.js';
import { config, configWith } from '../../../support/persona-examples.js';
import { seedFor } from '../../../support/seed.js';

const seed = seedFor('drafts that follow');
const parts = { sysInfoEnabled: false, userProfileEnabled: false };
const withPrompt = (content: object, more: object = {}): PersonaConfig =>
  configWith({ prompt: { ...parts, content, ...more } });
const big = (count: number) => ({ big: Array.from({ length: count }, () => 'x'.repeat(60_000)) });

describe('a draft after a version that was not published from it', () => {
  it('follows where nobody has worked on it', () => {
    const now = configWith({ temperature: 1, systemPromptTemplate: 'new' });
    expect(draftFollowing(config, config, now)).toEqual(now);
    expect(draftFollowing(now, now, config)).toEqual(config);
  });

  it('keeps what somebody works on', () => {
    const draft = configWith({ temperature: 0.9 });
    const now = configWith({ temperature: 1, tags: ['new'] });
    expect(draftFollowing(draft, config, now)).toEqual(configWith({ temperature: 0.9, tags: ['new'] }));
  });

  it('keeps and follows field by field, also in one member', () => {
    const style = (more: object) => ({ responseStyle: { ...config.responseStyle, ...more } });
    const draft = configWith(style({ tone: 'warm' }));
    const now = configWith(style({ tone: 'cold', verbosity: 3 }));
    expect(draftFollowing(draft, config, now)).toEqual(configWith(style({ tone: 'warm', verbosity: 3 })));
  });

  it('stays as it is where it would be too large', () => {
    const draft = configWith({ card: { spec: 'v2', data: big(3) } });
    expect(draftFollowing(draft, config, configWith({ metadata: big(2) }))).toBe(draft);
  });
});

describe('locked prompt parts that a version has changed', () => {
  it('are in the draft, beside what somebody works on', () => {
    const former = withPrompt({ startLocked: 'old', editableContent: 'body' });
    const draft = withPrompt({ startLocked: 'old', editableContent: 'mine' }, { meaning: 'x' });
    const now = withPrompt({ startLocked: 'new', endLocked: 'tail', editableContent: 'body' });
    expect(draftFollowing(draft, former, now)).toEqual(
      withPrompt({ startLocked: 'new', endLocked: 'tail', editableContent: 'mine' }, { meaning: 'x' }),
    );
  });

  it('also where the draft has others, has removed all of it, or has another prompt', () => {
    const former = withPrompt({ startLocked: 'old' });
    const now = withPrompt({ startLocked: 'new' });
    expect(draftFollowing(withPrompt({ startLocked: 'mine' }), former, now)).toEqual(now);
    expect(draftFollowing(config, former, now)).toEqual(now);
    const mine = withPrompt({ editableContent: 'mine' });
    expect(draftFollowing(mine, config, now)).toEqual(
      withPrompt({ editableContent: 'mine', startLocked: 'new' }),
    );
  });

  it('are gone from it where they are gone', () => {
    const former = withPrompt({ startLocked: 'old' });
    const draft = withPrompt({ startLocked: 'old', editableContent: 'mine' });
    expect(draftFollowing(draft, former, config)).toEqual(withPrompt({ editableContent: 'mine' }));
  });

  it('and no others: what an owner prepares stays', () => {
    const former = withPrompt({ startLocked: 'old' });
    const draft = withPrompt({ startLocked: 'old', endLocked: 'prepared' });
    expect(draftFollowing(draft, former, withPrompt({ startLocked: 'new' }))).toEqual(
      withPrompt({ startLocked: 'new', endLocked: 'prepared' }),
    );
  });

  it('are taken over alone where the rest does not fit in', () => {
    const draft = configWith({ card: { spec: 'v2', data: big(3) } });
    const prompt = { ...parts, content: { startLocked: 'new' } };
    expect(draftFollowing(draft, config, configWith({ prompt, metadata: big(2) }))).toEqual({
      ...draft,
      prompt,
    });
  });

  it('are worth more than a draft in which they have no room', () => {
    const draft = configWith({ card: { spec: 'v2', data: big(4) } });
    const now = withPrompt({ startLocked: 'x'.repeat(30_000) });
    expect(draftFollowing(draft, config, now)).toEqual(now);
  });
});

describe('whatever is in the draft and in the versions', () => {
  const holds = (one: PersonaConfig, other: PersonaConfig, pointer: string): boolean => {
    const [here, there] = [one, other].map((side) => follow(side, tokensOf(pointer)));
    return here!.found === there!.found && same(here!.value, there!.value);
  };

  it('the draft is a configuration, with the locks of the version, the work on it, and all else of the version', () => {
    fc.assert(
      fc.property(someConfig, someConfig, someConfig, (draft, former, now) => {
        const after = draftFollowing(draft, former, now);
        expect(storedConfig.safeParse(after).success).toBe(true);
        const locks = touchedLocks(former, now, '').map(({ pointer }) => pointer);
        for (const lock of locks) expect(holds(after, now, lock), lock).toBe(true);
        const [theirs, own] = [fieldsBetween(former, now), fieldsBetween(former, draft)];
        for (const field of own)
          if (!locks.some((lock) => meet(lock, field))) expect(holds(after, draft, field), field).toBe(true);
        for (const field of theirs)
          if (!own.some((other) => meet(other, field))) expect(holds(after, now, field), field).toBe(true);
        for (const field of fieldsBetween(draft, after))
          expect(
            [...theirs, ...locks].some((other) => meet(other, field)),
            field,
          ).toBe(true);
      }),
      { seed, numRuns: 200 },
    );
  });
});
