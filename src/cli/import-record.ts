/** What `importPersona` is sent for one record of a file. */
import { isUnstorable } from '../commands/parse-input.js';
import { contentHash } from '../domain/content-hash.js';
import type { FieldError } from '../domain/kernel.js';
import { cardIn } from '../domain/personas/cards/card-import.js';
import { textOf } from '../domain/personas/cards/fitted-text.js';
import { isObject } from '../domain/json-pointer.js';
import { isPersonaJson, personaIn } from '../domain/personas/persona-json.js';
import { personaFromPrompt, type PromptRecord } from '../domain/personas/prompt-import.js';
import type { ImportItem } from './import-destination.js';

/** A record with what it is called, and what is sent for it or why nothing is. */
export type ImportRecord = { name: string } & (ImportItem | { refused: string });

const reasonOf = (faults: FieldError[]): string =>
  faults.map(({ pointer, detail }) => `${pointer || '/'} ${detail}`).join('; ');

/** A record of a collection of prompts. */
export function recordOfPrompt(record: PromptRecord): ImportRecord {
  const { act: name = '', prompt = '' } = record;
  // What the server would not even read cannot take a whole request with it.
  if ([name, prompt].some(isUnstorable)) {
    return { name, refused: 'NUL and lone surrogates cannot be stored' };
  }
  return { name, ...personaFromPrompt(record) };
}

/** A character card, or a persona in Dramatis' own JSON. */
export function recordOfJson(json: unknown): ImportRecord {
  return isPersonaJson(json) ? recordOfPersona(json) : recordOfCard(json);
}

function recordOfCard(json: unknown): ImportRecord {
  const top: Record<string, unknown> = isObject(json) ? json : {};
  const data = isObject(top['data']) ? top['data'] : {};
  const name = textOf(data['name']) || textOf(top['name']);
  const reading = cardIn(json);
  if ('refused' in reading) return { name, refused: reasonOf(reading.refused) };
  return { name, input: { source: 'card', sourceId: contentHash(json), card: json } };
}

function recordOfPersona(json: Record<string, unknown>): ImportRecord {
  const given = json['persona'];
  const name = isObject(given) ? textOf(given['name']) : '';
  const reading = personaIn(json);
  if ('refused' in reading) return { name, refused: reasonOf(reading.refused) };
  const { persona, manifest, platforms } = reading;
  const after = Object.entries(platforms).map(([platformType, adaptation]) => ({
    type: 'setPlatformAdaptation',
    input: { platformType, ...adaptation },
  }));
  return {
    name,
    input: { source: 'dramatis', sourceId: contentHash(persona), persona },
    after: [...(manifest ? [{ type: 'setPersonaManifest', input: manifest }] : []), ...after],
  };
}
