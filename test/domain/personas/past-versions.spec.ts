import { describe, expect, it } from 'vitest';
import { contentHash } from '../../../src/domain/content-hash.js';
import { pastVersions, versionFact } from '../../../src/domain/personas/past-versions.js';
import { factReader } from '../../support/fact-reader.js';
import {
  config,
  configWith,
  edited,
  parentPersonaId,
  personaId,
  published,
  publishedNext,
  registered,
} from '../../support/persona-examples.js';
import { recorded } from '../../support/projected.js';

const other = configWith({ temperature: 0.4 });
const version = (versionNo: number, of: typeof config) => ({
  versionNo,
  versionHash: contentHash(of),
  config: of,
});
const events = [
  ...recorded({ category: 'persona', streamId: parentPersonaId }, registered, published(1, other)),
  ...recorded(
    { category: 'persona', streamId: personaId, from: 3 },
    registered,
    published(1),
    edited({ temperature: 0.4 }),
    publishedNext(2, other),
    published(3),
  ),
];
const read = factReader({ events });

describe('versions of the past', () => {
  it('are read from the events of their persona', async () => {
    const [first, second] = await pastVersions(personaId, [1, 2], read);
    expect(first).toEqual(version(1, config));
    expect(second).toEqual({ ...version(2, other), refinementId: expect.any(String) });
    await expect(pastVersions(parentPersonaId, [1], read)).resolves.toEqual([version(1, other)]);
  });

  it('that are not there are left out', async () => {
    await expect(pastVersions(personaId, [3, 4], read)).resolves.toEqual([version(3, config)]);
    await expect(pastVersions('nobody', [1], read)).resolves.toEqual([]);
  });

  it('are not looked up where the persona knows them', async () => {
    const head = version(7, other);
    await expect(versionFact(personaId, { head }, 7, factReader())).resolves.toBe(head);
    await expect(versionFact(personaId, { head }, 1, read)).resolves.toEqual(version(1, config));
    await expect(versionFact(personaId, { head: null }, 9, read)).resolves.toBeUndefined();
  });
});
