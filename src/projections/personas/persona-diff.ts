import { z } from 'zod';
import { channelName, personaRef } from '../../domain/personas/events.js';
import { versionDiff } from '../../domain/personas/version-diff.js';
import { clear } from '../../domain/sealed.js';
import { query, type QueryContext } from '../engine/declaration.js';
import { existing, personaVersions } from './persona-versions.js';
import { shownOf, type Shown } from './persona-view.js';
import { personas } from './personas.js';

const isVersion = (text: string): boolean => /^[1-9]\d{0,8}$/.test(text);
const isInstant = (text: string): boolean => z.iso.datetime({ offset: true }).safeParse(text).success;

const side = clear(
  z
    .string()
    .max(64)
    .refine(
      (text) => isVersion(text) || isInstant(text) || text === 'draft' || channelName.safeParse(text).success,
      {
        error: 'must be a version number, a channel, `draft` or an instant such as 2026-03-01T12:00:00.000Z',
      },
    )
    .describe('A version number, a channel, `draft`, or an instant: the configuration in force then'),
);

/** The configuration that one side of a comparison means. */
async function shownAt(ctx: QueryContext, personaId: string, text: string): Promise<Shown> {
  if (isInstant(text)) {
    const then = ctx.asOfPosition(await ctx.at(text));
    return shownOf(then, await existing(then, personaId));
  }
  const persona = await existing(ctx, personaId);
  if (text === 'draft') return { versionNo: null, config: persona.draft };
  return shownOf(ctx, persona, isVersion(text) ? { versionNo: Number(text) } : { channel: text });
}

const shown = z.strictObject({
  ref: z.string().describe('As it was asked for'),
  versionNo: z.int().nullable().describe('The version that it means; null for a draft'),
});
const change = z.strictObject({
  path: z.string().describe('Like a JSON Pointer, with the name in the place of an index where there is one'),
  kind: z.enum(['added', 'changed', 'removed', 'moved']),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});
const operation = z.strictObject({
  op: z.enum(['add', 'remove', 'replace', 'move']),
  path: z.string(),
  from: z.string().optional(),
  value: z.unknown().optional(),
});

export const diffPersona = query({
  http: 'GET /personas/:personaId/diff',
  summary: 'What differs between two versions, channels, moments or the draft of a persona',
  permission: 'personas:read',
  input: z.strictObject({ personaId: personaRef, from: side, to: side }),
  output: z.strictObject({
    from: shown,
    to: shown,
    changes: z.array(change),
    patch: z.array(operation).describe('RFC 6902: turns `from` into `to`'),
  }),
  reads: [personas, personaVersions],
  rejects: ['persona-not-found', 'channel-not-found', 'version-not-found', 'version-not-readable-yet'],
  run: async ({ personaId, from, to }, ctx) => {
    const before = await shownAt(ctx, personaId, from);
    const after = await shownAt(ctx, personaId, to);
    const { changes, patch } = versionDiff(before.config, after.config);
    return {
      body: {
        from: { ref: from, versionNo: before.versionNo },
        to: { ref: to, versionNo: after.versionNo },
        changes,
        patch: patch as z.output<typeof operation>[],
      },
    };
  },
});
