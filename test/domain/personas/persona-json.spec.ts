import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPersonaJson, personaIn, personaJson } from '../../../src/domain/personas/persona-json.js';
import { maxPlatforms } from '../../../src/domain/personas/platform-adaptation.js';
import { facetedConfig } from '../../support/card-arbitrary.js';
import { config, personaId } from '../../support/persona-examples.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('persona documents');
const exportedFrom = { personaId, versionNo: 3, versionHash: 'a'.repeat(64) };
const manifest = { capabilities: ['code'] };
const platforms = { linkedin: { tonalRange: ['dry'] } };
const document = { format: 'dramatis-persona', formatVersion: 1, persona: { slug: 'ada', ...config } };
const adaptations = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`platform-${n}`, {}]));
const pointers = (json: unknown) => {
  const found = personaIn(json);
  return 'refused' in found ? found.refused.map(({ pointer }) => pointer) : null;
};

describe('a persona as a document', () => {
  it('has everything in it', () => {
    const agent = { ...manifest, specializations: [], maxParallelTasks: 1 } as never;
    expect(
      personaJson({ slug: 'ada', config, manifest: agent, platforms: platforms as never, exportedFrom }),
    ).toEqual({ ...document, manifest: agent, platforms, exportedFrom });
    expect(personaJson({ slug: 'ada', config, platforms: {}, exportedFrom })).toEqual({
      ...document,
      exportedFrom,
    });
  });

  it('is read as it was written, whatever the configuration', () => {
    fc.assert(
      fc.property(facetedConfig, (given) => {
        const json = JSON.parse(
          JSON.stringify(personaJson({ slug: 'ada', config: given, exportedFrom })),
        ) as unknown;
        expect(isPersonaJson(json)).toBe(true);
        expect(personaIn(json)).toEqual({ persona: { slug: 'ada', ...given }, platforms: {} });
      }),
      { seed, numRuns: 50 },
    );
  });

  it('is read without what may be missing', () => {
    const { slug: _, ...persona } = document.persona;
    expect(personaIn({ ...document, persona, manifest, platforms })).toEqual({
      persona,
      manifest,
      platforms,
    });
  });

  it.each([
    [null, ''],
    [{ ...document, format: 'other' }, '/format'],
    [{ ...document, formatVersion: 2 }, '/formatVersion'],
    [{ ...document, other: 1 }, '/other'],
    [{ ...document, persona: { ...config, temperature: 9 } }, '/persona/temperature'],
    [{ ...document, persona: { ...config, slug: 'No Slug' } }, '/persona/slug'],
    [{ ...document, manifest: { role: 'boss' } }, '/manifest/role'],
    [{ ...document, platforms: { linkedin: { x: 1 } } }, '/platforms/linkedin/x'],
    [{ ...document, platforms: adaptations(maxPlatforms + 1) }, '/platforms'],
  ])('is refused where something is wrong (%#)', (json, pointer) => {
    expect(pointers(json)).toEqual([pointer]);
  });

  it('has as many platforms as a persona may have', () => {
    const many = adaptations(maxPlatforms);
    expect(personaIn({ ...document, platforms: many })).toMatchObject({ platforms: many });
  });

  it('is no card, and a card is no document', () => {
    expect(isPersonaJson({ name: 'Ada', data: {} })).toBe(false);
    expect(isPersonaJson([document])).toBe(false);
  });
});
