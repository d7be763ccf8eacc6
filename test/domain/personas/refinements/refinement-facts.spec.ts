import { describe, expect, it } from 'vitest';
import {
  aroundFact,
  aroundWithBaseFact,
  aroundWithOwnFact,
  baseOf,
} from '../../../../src/domain/personas/refinements/refinement-facts.js';
import { factReader } from '../../../support/fact-reader.js';
import { configWith, edited, personaId, published, registered } from '../../../support/persona-examples.js';
import { recorded } from '../../../support/projected.js';
import { cool, persona, refinementId, version } from '../../../support/refinement-examples.js';

const own = { status: 'proposed', personaId, baseVersionNo: 1 };
const reader = (whose: object, refinement: object = own) =>
  factReader({
    streamId: refinementId,
    caller: { id: 'bob', roles: ['editor'] },
    states: { [`refinement ${refinementId}`]: refinement, [`persona ${personaId}`]: whose },
    events: recorded(
      { category: 'persona', streamId: personaId },
      registered,
      published(1),
      edited(cool),
      published(2, configWith(cool)),
    ),
  });

describe('what is around a refinement', () => {
  it('is its persona, as far as the caller sees it', async () => {
    await expect(aroundFact({}, reader(persona()))).resolves.toEqual({ persona: persona() });
    await expect(aroundFact({}, reader(persona({ isPublic: false })))).resolves.toEqual({ persona: null });
    await expect(aroundFact({}, reader(persona(), { status: 'none' }))).resolves.toEqual({ persona: null });
  });

  it('is the version that it is made against, also when there is a newer one', async () => {
    await expect(aroundWithBaseFact({}, reader(persona()))).resolves.toEqual({
      persona: persona(),
      base: version(1),
    });
    const moved = persona({ head: version(2, configWith(cool)) });
    await expect(aroundWithBaseFact({}, reader(moved))).resolves.toEqual({
      persona: moved,
      base: version(1),
    });
    await expect(aroundWithBaseFact({}, reader(persona({ isPublic: false })))).resolves.toEqual({
      persona: null,
      base: undefined,
    });
  });

  it('is the version that it became, as long as it became one', async () => {
    const applied = { ...own, status: 'applied', versionNo: 2 };
    const moved = persona({ head: version(3, configWith({ tags: ['b'] })) });
    await expect(aroundWithOwnFact({}, reader(moved, applied))).resolves.toEqual({
      persona: moved,
      base: version(1),
      own: version(2, configWith(cool)),
    });
    const waiting = { ...own, versionNo: null };
    for (const state of [waiting, { status: 'none' }])
      await expect(aroundWithOwnFact({}, reader(persona(), state))).resolves.toMatchObject({
        own: undefined,
      });
    await expect(aroundWithOwnFact({}, reader(persona({ isPublic: false }), applied))).resolves.toEqual({
      persona: null,
      base: undefined,
      own: undefined,
    });
  });

  it('a base that is not there is a defect', () => {
    expect(() => baseOf({ persona: null, base: undefined })).toThrow('not there');
    expect(baseOf({ persona: null, base: version(1) })).toEqual(version(1));
  });
});
