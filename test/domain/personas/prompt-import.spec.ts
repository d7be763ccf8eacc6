import { parse } from 'csv-parse/sync';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentHash } from '../../../src/domain/content-hash.js';
import { personaModule } from '../../../src/domain/personas/persona-module.js';
import { personaFromPrompt, type PromptRecord } from '../../../src/domain/personas/prompt-import.js';
import { given } from '../../support/given.js';

const importer = given(personaModule);
const recordsOf = (file: string): PromptRecord[] =>
  parse(readFileSync(file, 'utf8'), { columns: true, bom: true, relax_column_count: true });
const bodyOf = (record: PromptRecord): Record<string, unknown> => {
  const mapped = personaFromPrompt(record);
  if ('refused' in mapped) throw new Error(mapped.refused);
  return mapped.input['persona'] as Record<string, unknown>;
};

describe('personaFromPrompt', () => {
  it('makes the input of importPersona', () => {
    const record = { act: 'Linux Terminal', prompt: 'I want you to act as a linux terminal.' };
    const mapped = personaFromPrompt(record);
    expect(mapped).toEqual({
      input: {
        source: 'csv',
        sourceId: contentHash(['Linux Terminal', 'I want you to act as a linux terminal.']),
        persona: {
          name: 'Linux Terminal',
          description: record.prompt,
          traits: [{ name: 'role', category: 'expertise', value: 'Linux Terminal' }],
          responseStyle: { type: 'educational', tone: 'neutral', formalityLevel: 5, verbosity: 5 },
          systemPromptTemplate: record.prompt,
        },
      },
    });
    const { input } = mapped as { input: Record<string, unknown> };
    const outcome = importer.when('importPersona', input, { facts: { slug: 'linux-terminal' } });
    expect(outcome.events[0]?.data).toMatchObject({ origin: 'import', originRef: { source: 'csv' } });
  });

  it('describes by the first 1,000 characters, never by half of one', () => {
    const prompt = `${'x'.repeat(999)}😀 and more`;
    expect(bodyOf({ act: 'a', prompt })['description']).toBe('x'.repeat(999));
    expect(bodyOf({ act: 'a', prompt: `x${prompt.slice(2)}` })['description']).toBe(`${'x'.repeat(998)}😀`);
  });

  it.each([
    [{ act: 'Silent Monk', prompt: '' }, /no prompt/],
    [{ act: 'Silent Monk', prompt: ' \n' }, /no prompt/],
    [{ act: '', prompt: 'x' }, /no name/],
    [{ act: 'x'.repeat(101), prompt: 'x' }, /^name: /],
    [{ act: 'a\u202Eb', prompt: 'x' }, /bidirectional/],
    [{ act: 'a', prompt: 'x'.repeat(70_000) }, /systemPromptTemplate/],
  ])('refuses %o and says why', (record, reason) => {
    expect(personaFromPrompt(record)).toEqual({ refused: expect.stringMatching(reason) as string });
  });
});

describe('a collection', () => {
  it('maps but for the records that cannot be personas', () => {
    const records = recordsOf(join(import.meta.dirname, '../../fixtures/prompts.csv'));
    const mapped = records.map(personaFromPrompt);
    expect(mapped.filter((each) => 'input' in each)).toHaveLength(5);
    expect([mapped[4], mapped[6]]).toEqual([
      { refused: 'it has no prompt' },
      { refused: 'it has no prompt' },
    ]);
    expect(bodyOf(records[0]!)['systemPromptTemplate']).toContain('\nEnd every answer');
  });

  const datasets = process.env['DRAMATIS_DATASETS'];
  const real = datasets === undefined ? '' : join(datasets, 'personas-awesome.csv');
  it.skipIf(!existsSync(real))('of real prompts: 163 of 164 (set DRAMATIS_DATASETS to run this)', () => {
    const mapped = recordsOf(real).map(personaFromPrompt);
    expect(mapped).toHaveLength(164);
    const inputs = mapped.flatMap((each) => ('input' in each ? [each.input] : []));
    expect(inputs).toHaveLength(163);
    expect(new Set(inputs.map(({ sourceId }) => sourceId)).size).toBe(163);
    expect(mapped.filter((each) => 'refused' in each)).toEqual([{ refused: 'it has no prompt' }]);
  });
});
