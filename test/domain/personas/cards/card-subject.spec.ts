import { describe, expect, it } from 'vitest';
import { cardIn } from '../../../../src/domain/personas/cards/card-import.js';
import { subjectIn } from '../../../../src/domain/personas/cards/card-subject.js';
import { personaConfig } from '../../../../src/domain/personas/persona-config.js';
import { config } from '../../../support/persona-examples.js';

const extended = (dramatis: unknown) => ({ name: 'Ada', extensions: { fav: 1, dramatis } });

describe('a real person in a card', () => {
  it('is found in the extension, at any depth', () => {
    const inConfig = extended({ config: { writing: { subjectId: 'ada' } } });
    expect(subjectIn(inConfig)).toEqual(['extensions', 'dramatis', 'config', 'writing', 'subjectId']);
    const within = extended({ replaced: [{ identity: { subjectId: 'ada' } }] });
    expect(subjectIn(within)).toEqual(['extensions', 'dramatis', 'replaced', '0', 'identity', 'subjectId']);
  });

  it('is nobody in extensions of others, and where there is none', () => {
    for (const fields of [
      {},
      { extensions: 'none' },
      { extensions: { other: { writing: { subjectId: 'a' } } } },
    ])
      expect(subjectIn(fields)).toBeUndefined();
  });

  it('is refused in the facet of a configuration too: it is kept in the clear', () => {
    const data = extended({ config: { identity: { subjectId: 'ada', background: 'a secret' } } });
    const parsed = personaConfig.safeParse({ ...config, card: { spec: 'v2', data } });
    const path = ['card', 'data', 'extensions', 'dramatis', 'config', 'identity', 'subjectId'];
    expect(parsed.error?.issues.map((issue) => issue.path)).toEqual([path]);
    const outer = { ...config, card: { spec: 'v2', data: { name: 'Ada' }, outer: data } };
    expect(personaConfig.safeParse(outer).success).toBe(false);
    const json = { spec: 'chara_card_v2', spec_version: '2.0', data: { name: 'Ada' }, ...data };
    expect(cardIn(json)).toMatchObject({
      refused: [{ pointer: '/extensions/dramatis/config/identity/subjectId' }],
    });
  });
});
