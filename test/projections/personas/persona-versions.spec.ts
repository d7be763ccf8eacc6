import { describe, expect, it } from 'vitest';
import { contentHash } from '../../../src/domain/content-hash.js';
import type { QueryContext } from '../../../src/projections/engine/declaration.js';
import { personaVersions, version } from '../../../src/projections/personas/persona-versions.js';
import { recordedId } from '../../../src/domain/personas/refinements/recorded-refinement.js';
import {
  config,
  configWith,
  life,
  personaId,
  published,
  publishedNext,
  registered,
} from '../../support/persona-examples.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';

const rows = projected(personaVersions, recorded({ category: 'persona', streamId: personaId }, ...life));

describe('persona versions', () => {
  it('has an example of every event', () => {
    expectExampleForEvery(personaVersions, life);
  });

  it('tells which refinement it applies, or is recorded by', () => {
    const next = publishedNext(2, configWith({ temperature: 0.4 }));
    const events = recorded({ category: 'persona', streamId: personaId }, registered, published(1), next);
    const [first, second] = [...projected(personaVersions, events).values()];
    expect(first).not.toHaveProperty('refinementId');
    expect(second).toMatchObject({
      refinementId: recordedId(personaId, 2),
      source: 'user_modified',
      changeClass: 'model',
    });
  });

  it('keeps each version with its configuration, in the order of their numbers', () => {
    expect([...rows.keys()]).toEqual([`${personaId}/0000000001`, `${personaId}/0000000002`]);
    expect([...rows.values()]).toEqual([
      {
        personaId,
        versionNo: 1,
        versionHash: contentHash(config),
        config,
        publishedAt: instantAt(2),
        publishedBy: 'ada',
      },
      expect.objectContaining({ versionNo: 2, config: configWith({ temperature: 0.4 }) }),
    ]);
  });
});

describe('a version', () => {
  const behind = { model: () => ({ get: () => Promise.resolve(null) }) } as unknown as QueryContext;
  const persona = { personaId, head: 2 } as never;

  it('that was published but is not in the model yet is not said to be missing', async () => {
    await expect(version(behind, persona, 2)).rejects.toMatchObject({
      code: 'version-not-readable-yet',
      row: { status: 503, retryable: true },
    });
    await expect(version(behind, persona, 3)).rejects.toMatchObject({ code: 'version-not-found' });
  });
});
