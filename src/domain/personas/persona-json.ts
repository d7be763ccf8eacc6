/** Dramatis' own JSON of a persona: everything that is exported of it, and what importing takes. */
import { z } from 'zod';
import type { FieldError } from '../kernel.js';
import { isObject, pointerOf } from '../json-pointer.js';
import { manifest, type Manifest } from './manifest.js';
import { configRules, configShape, type PersonaConfig } from './persona-config.js';
import { chosenSlug } from './persona-slug.js';
import {
  maxPlatforms,
  platformAdaptation,
  platformType,
  type PlatformAdaptation,
} from './platform-adaptation.js';

/** What the format is called in the member `format`. */
const format = 'dramatis-persona';

const document = z.strictObject({
  format: z.literal(format),
  formatVersion: z.literal(1, { error: 'is of a newer version than this one can read: 1' }),
  persona: z.strictObject({ slug: chosenSlug.optional(), ...configShape }).superRefine(configRules),
  manifest: manifest.optional(),
  platforms: z
    .record(platformType, platformAdaptation)
    .refine((platforms) => Object.keys(platforms).length <= maxPlatforms, {
      error: `are more than a persona has: ${maxPlatforms} at most`,
    })
    .optional(),
  exportedFrom: z.unknown().optional(),
});

/** What is exported, and which persona and version it was; `versionNo` is null for a draft. */
export interface ExportedPersona {
  slug: string;
  config: PersonaConfig;
  manifest?: Manifest | undefined;
  platforms?: Record<string, PlatformAdaptation>;
  exportedFrom: { personaId: string; versionNo: number | null; versionHash?: string };
}

/** The document of a persona. */
export function personaJson(persona: ExportedPersona): Record<string, unknown> {
  const { slug, config, manifest: agent, platforms = {}, exportedFrom } = persona;
  return {
    format,
    formatVersion: 1,
    persona: { slug, ...config },
    ...(agent && { manifest: agent }),
    ...(Object.keys(platforms).length > 0 && { platforms }),
    exportedFrom,
  };
}

/** Whether a value means to be such a document. */
export const isPersonaJson = (json: unknown): json is Record<string, unknown> =>
  isObject(json) && json['format'] === format;

/** What a document holds, as it stands there: `persona` is what `importPersona` takes. */
export type PersonaReading =
  | {
      persona: Record<string, unknown>;
      manifest?: Record<string, unknown>;
      /** Adaptation by platform. */
      platforms: Record<string, Record<string, unknown>>;
    }
  | { refused: FieldError[] };

/** Reads a document; the pointers of what is wrong lead into it. */
export function personaIn(json: unknown): PersonaReading {
  const parsed = document.safeParse(json);
  if (!parsed.success) return { refused: parsed.error.issues.flatMap(faultsOf) };
  const { persona, manifest: agent, platforms = {} } = json as Record<string, Record<string, never>>;
  return { persona: persona!, ...(agent && { manifest: agent }), platforms };
}

function faultsOf(issue: z.core.$ZodIssue): FieldError[] {
  const { path, message: detail } = issue;
  if (issue.code !== 'unrecognized_keys') return [{ pointer: pointerOf(path), detail }];
  return issue.keys.map((key) => ({ pointer: pointerOf([...path, key]), detail: 'there is no such field' }));
}
