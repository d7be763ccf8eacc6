import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentHash } from '../../../src/domain/content-hash.js';
import { cardIn } from '../../../src/domain/personas/cards/card-import.js';
import { personaIn } from '../../../src/domain/personas/persona-json.js';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { registration } from '../../support/persona-examples.js';

let world: AreaWorld;
let id: string;
let between: string;
const slug = registration.slug;
const card = {
  spec: 'v2' as const,
  specVersion: '2.0',
  data: { name: 'Technical Assistant', first_mes: 'Hello', x: [1] },
};

const edit = (set: Record<string, unknown>) => world.send('editPersonaDraft', { personaId: slug, set });
const publish = () => world.send('publishPersonaVersion', { personaId: slug });
const exported = (input: Record<string, unknown> = {}, asOf?: string) =>
  world.ask('exportPersona', { personaId: slug, ...input }, asOf === undefined ? {} : { asOf });

beforeAll(async () => {
  world = await areaWorld(personaReadModule);
  id = (await world.send('registerPersona', registration)).id;
  await publish();
  const production = { personaId: slug, channel: 'production', versionNo: 1, reason: 'because' };
  await world.send('movePersonaChannel', production);
  await world.send('setPersonaManifest', { personaId: slug, capabilities: ['code'] });
  await world.send('setPlatformAdaptation', { personaId: slug, platformType: 'linkedin', tonalRange: 'dry' });
  between = world.now();
  await edit({ temperature: 0.5, card, identity: { subjectId: 'ada', background: 'a secret' } });
  await publish();
  await edit({ temperature: 0.9 });
});
afterAll(() => world.stop());

describe('exportPersona', () => {
  it('gives the configuration in force as a document that can be imported', async () => {
    const document = await exported();
    expect(document).toMatchObject({
      format: 'dramatis-persona',
      formatVersion: 1,
      persona: { slug, temperature: 0.3 },
      manifest: { capabilities: ['code'] },
      platforms: { linkedin: { tonalRange: 'dry' } },
      exportedFrom: { personaId: id, versionNo: 1 },
    });
    const { slug: _, ...config } = document['persona'] as { slug: string };
    expect(document['exportedFrom']).toMatchObject({ versionHash: contentHash(config) });
    expect(personaIn(document)).toMatchObject({ persona: document['persona'] });
  });

  it('of a version, a channel or the draft', async () => {
    expect(await exported({ versionNo: 2 })).toMatchObject({
      persona: { temperature: 0.5 },
      exportedFrom: { versionNo: 2 },
    });
    expect(await exported({ channel: 'production' })).toMatchObject({ persona: { temperature: 0.3 } });
    const { draftHash } = await world.ask<{ draftHash: string }>('getPersona', { personaId: slug });
    expect(await exported({ draft: true })).toMatchObject({
      persona: { temperature: 0.9 },
      exportedFrom: { versionNo: null, versionHash: draftHash },
    });
  });

  it('as it was at another moment', async () => {
    expect(await exported({ draft: true }, between)).toMatchObject({ persona: { temperature: 0.3 } });
    expect(await world.refused(exported({ versionNo: 2 }, between))).toBe('version-not-found');
  });

  it.each(['v2', 'v3'])('as a card: %s', async (format) => {
    const document = await exported({ format, versionNo: 2 });
    expect(document).toMatchObject({
      spec: `chara_card_${format}`,
      data: { ...card.data, extensions: { dramatis: { config: { temperature: 0.5 } } } },
    });
    expect(cardIn(document)).toMatchObject({ config: { temperature: 0.5 } });
  });

  it('never tells of a real person in a card, and does in its own document', async () => {
    const text = JSON.stringify(await exported({ format: 'v2', versionNo: 2 }));
    for (const part of ['subjectId', '$sealed', 'a secret']) expect(text).not.toContain(part);
    expect(await exported({ versionNo: 2 })).toMatchObject({
      persona: { identity: { subjectId: 'ada', background: { $sealed: {} } } },
    });
  });

  it('refuses what is not there', async () => {
    expect(await world.refused(world.ask('exportPersona', { personaId: 'nobody' }))).toBe(
      'persona-not-found',
    );
    expect(await world.refused(exported({ versionNo: 3 }))).toBe('version-not-found');
    expect(await world.refused(exported({ channel: 'canary' }))).toBe('channel-not-found');
    for (const asked of [{ versionNo: 1, draft: true }, { channel: 'x', versionNo: 1 }, { format: 'v1' }]) {
      expect(await world.refused(exported(asked))).toBe('invalid-input');
    }
  });
});
