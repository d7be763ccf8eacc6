import { describe, expect, it } from 'vitest';
import { recordOfJson, recordOfPrompt } from '../../src/cli/import-record.js';
import { contentHash } from '../../src/domain/content-hash.js';
import { config } from '../support/persona-examples.js';

const document = {
  format: 'dramatis-persona',
  formatVersion: 1,
  persona: { slug: 'ada', ...config },
  manifest: { capabilities: ['code'] },
  platforms: { linkedin: { tonalRange: 'dry' } },
};

describe('a record of an import', () => {
  it('is sent as a card, its source being its content', () => {
    const card = { spec: 'chara_card_v2', data: { name: 'Ada' } };
    expect(recordOfJson(card)).toEqual({
      name: 'Ada',
      input: { source: 'card', sourceId: contentHash(card), card },
    });
    expect(recordOfJson({ name: 7, description: 'x' })).toMatchObject({ name: '7' });
    expect(recordOfJson({ name: 'Ada', description: 'x', data: {} })).toMatchObject({ name: 'Ada' });
  });

  it('is sent as a persona, and what stands beside it comes after', () => {
    expect(recordOfJson(document)).toEqual({
      name: config.name,
      input: { source: 'dramatis', sourceId: contentHash(document.persona), persona: document.persona },
      after: [
        { type: 'setPersonaManifest', input: { capabilities: ['code'] } },
        { type: 'setPlatformAdaptation', input: { platformType: 'linkedin', tonalRange: 'dry' } },
      ],
    });
  });

  it.each([
    [{}, '/ is no character card: it has neither a name nor a text'],
    [[], '/ is no character card: a card is an object'],
    [{ ...document, formatVersion: 2 }, '/formatVersion is of a newer version than this one can read: 1'],
    [{ data: { name: 'Ada', x: '\0' } }, '/data/x holds NUL or half of a surrogate pair'],
  ])('is refused with the place of the fault (%#)', (json, refused) => {
    expect(recordOfJson(json)).toMatchObject({ refused });
  });

  it('of prompts is sent as it always was', () => {
    expect(recordOfPrompt({ act: 'Dev', prompt: 'Write code' })).toMatchObject({
      name: 'Dev',
      input: { source: 'csv', persona: { name: 'Dev' } },
    });
    expect(recordOfPrompt({ act: 'Dev\0', prompt: 'x' })).toMatchObject({
      refused: expect.stringContaining('NUL'),
    });
  });
});
