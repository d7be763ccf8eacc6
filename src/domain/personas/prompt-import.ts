/** Records of a prompt collection (`act,prompt`) as personas. */
import type { z } from 'zod';
import { contentHash } from '../content-hash.js';
import { beginning } from './cards/fitted-text.js';
import { personaModule } from './persona-module.js';

/** A record as it is read: a column that a line lacks is absent. */
export interface PromptRecord {
  act?: string;
  prompt?: string;
}
export type PromptImport =
  { input: Record<string, unknown> & { source: 'csv'; sourceId: string } } | { refused: string };

const descriptionLength = 1_000;

/**
 * The input of `importPersona` for one record, or why it cannot be a persona. Its source id is the SHA-256
 * of JCS([act, prompt]): a record that comes again is the same persona, a changed one another.
 */
export function personaFromPrompt({ act = '', prompt = '' }: PromptRecord): PromptImport {
  if (!/\S/.test(prompt)) return { refused: 'it has no prompt' };
  if (!/\S/.test(act)) return { refused: 'it has no name (act)' };
  const input = {
    source: 'csv' as const,
    sourceId: contentHash([act, prompt]),
    persona: {
      name: act,
      description: beginning(prompt, descriptionLength),
      traits: [{ name: 'role', category: 'expertise', value: act }],
      responseStyle: { type: 'educational', tone: 'neutral', formalityLevel: 5, verbosity: 5 },
      systemPromptTemplate: prompt,
    },
  };
  const parsed = personaModule.commands['importPersona']!.input.safeParse(input);
  return parsed.success ? { input } : { refused: parsed.error.issues.map(explained).join('; ') };
}

const explained = ({ path, message }: z.core.$ZodIssue): string => `${path.slice(1).join('.')}: ${message}`;
