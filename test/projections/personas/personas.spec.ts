import { describe, expect, it } from 'vitest';
import { personas, searchable, type PersonaRow } from '../../../src/projections/personas/personas.js';
import { config, configWith, edited, life, personaId, registered } from '../../support/persona-examples.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';

const stream = { category: 'persona', streamId: personaId };
const rowAfter = (count: number): PersonaRow =>
  projected<PersonaRow>(personas, recorded(stream, ...life.slice(0, count))).get(personaId)!;

describe('personas', () => {
  it('has an example of every event', () => {
    expectExampleForEvery(personas, life);
  });

  it('begins as a draft', () => {
    expect(rowAfter(1)).toEqual({
      personaId,
      slug: 'technical-assistant',
      status: 'draft',
      owner: { kind: 'user', id: 'ada' },
      origin: 'new',
      draft: config,
      draftHash: registered.data['draftHash'],
      head: null,
      channels: {},
      domains: [],
      createdAt: instantAt(1),
      updatedAt: instantAt(1),
      version: 1,
      search: 'technical assistant\ntechnical-assistant\nexpert technical assistant for developers',
      sortName: 'technical assistant',
    });
  });

  it('follows versions, channels, edits and the status, each with its version and time', () => {
    const seen = life.map((_, index) => {
      const { status, head, channels, version, updatedAt, draft } = rowAfter(index + 1);
      expect([version, updatedAt]).toEqual([index + 1, instantAt(index + 1)]);
      return [status, head, channels, draft.temperature];
    });
    expect(seen).toEqual([
      ['draft', null, {}, 0.3],
      ['draft', 1, {}, 0.3],
      ['draft', 1, { production: 1 }, 0.3],
      ['active', 1, { production: 1 }, 0.3],
      ['active', 1, { production: 1 }, 0.4],
      ['active', 2, { production: 1 }, 0.4],
      ['active', 2, { production: 2 }, 0.4],
      ['inactive', 2, { production: 2 }, 0.4],
      ['archived', 2, { production: 2 }, 0.4],
      ['inactive', 2, { production: 2 }, 0.4],
    ]);
    expect(rowAfter(life.length)).toMatchObject({ createdAt: instantAt(1), slug: 'technical-assistant' });
  });

  it('is searched and filtered by the draft', () => {
    const domain = {
      ...configWith({}).knowledgeDomains[0]!,
      name: 'Types',
      topics: ['ts'],
      expertiseLevel: 5,
    };
    const change = edited({
      name: 'ＣＡＦÉ',
      knowledgeDomains: [{ ...domain, priority: 5, relatedTools: [], contextKeywords: [] }],
    });
    const row = projected<PersonaRow>(personas, recorded(stream, registered, change)).get(personaId)!;
    expect(row.domains).toEqual(['Types']);
    expect(row.sortName).toBe('café');
    expect(row.search).toContain(searchable('cafÉ'));
  });

  it('an edit that removes a member leaves the others', () => {
    const removal = [edited({ systemPromptTemplate: 'You are' }), edited({}, ['systemPromptTemplate'])];
    const row = projected<PersonaRow>(personas, recorded(stream, registered, ...removal)).get(personaId)!;
    expect(row.draft).toEqual(config);
  });

  it('knows nothing of a persona whose beginning it has not seen', () => {
    expect(projected(personas, recorded(stream, ...life.slice(1))).size).toBe(0);
  });
});
