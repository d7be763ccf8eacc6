import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { refuse } from '../../commands/rejections.js';
import { contentHash } from '../../domain/content-hash.js';
import { ownMember } from '../../domain/own-member.js';
import { channelName, personaRef, versionNo } from '../../domain/personas/events.js';
import { interactionMode } from '../../domain/personas/persona-config.js';
import { platformType } from '../../domain/personas/platform-adaptation.js';
import { renderPrompt, type PromptRequest } from '../../domain/personas/prompts/prompt-rendering.js';
import { countTokens, tokenizer } from '../../domain/personas/prompts/prompt-tokens.js';
import { valuesIn, variablesText } from '../../domain/personas/prompts/prompt-variables.js';
import { clear } from '../../domain/sealed.js';
import { query } from '../engine/declaration.js';
import { existing, personaVersions, reject } from './persona-versions.js';
import { shownOf } from './persona-view.js';
import { personas, type PersonaRow } from './personas.js';

/** How long a client may go on using a prompt (seed S4: persona caches hold for five minutes). */
const maxAgeSeconds = 300;

const promptInput = z
  .strictObject({
    personaId: personaRef,
    channel: channelName.optional().describe('`production` where nothing else is asked for'),
    versionNo: versionNo.optional(),
    draft: z.boolean().optional().describe('The draft, which no call at run time gets otherwise'),
    platform: platformType.optional().describe('Adds how the persona appears on this platform'),
    context: clear(z.string().max(4_000))
      .optional()
      .describe('What is being talked about: it decides which knowledge domains and lore are in the prompt'),
    vars: variablesText.optional(),
  })
  .superRefine(({ channel, versionNo, draft }, ctx) => {
    const named = Object.entries({ channel, versionNo, draft: draft || undefined });
    const [, ...others] = named.filter(([, value]) => value !== undefined);
    for (const [name] of others) {
      ctx.addIssue({ code: 'custom', path: [name], message: 'ask for a channel, a version or the draft' });
    }
  });

/** What is asked for of a persona, named: a call at run time never gets a draft or a version by accident. */
function askedOf({ channel, versionNo, draft }: z.output<typeof promptInput>): {
  channel?: string;
  versionNo?: number;
} {
  if (draft) return {};
  return versionNo === undefined ? { channel: channel ?? 'production' } : { versionNo };
}

function platformOf({ platforms }: PersonaRow, type: string | undefined): PromptRequest['platform'] {
  if (type === undefined) return undefined;
  const adaptation = ownMember(platforms, type);
  return adaptation ? { type, adaptation } : reject('platform-not-found', `there is none to ${type}`);
}

function tooLarge(pointer: string): never {
  const detail = 'makes a prompt of more than 1,048,576 characters';
  return refuse('invalid-input', detail, { errors: [{ pointer, detail }] });
}

/** Counts by the prompt's hash. Counting takes longer than everything else, and prompts come again. */
const counted = new LRUCache<string, number>({ max: 10_000 });

async function tokensOf(hash: string, content: string): Promise<number> {
  const tokens = counted.get(hash) ?? (await countTokens(content));
  counted.set(hash, tokens);
  return tokens;
}

const parameters = z.strictObject({
  temperature: z.number(),
  maxTokens: z.int(),
  modelPreferences: z.array(z.string()),
  interactionMode,
  provider: z.string().optional(),
  model: z.string().optional(),
  allowedTools: z.array(z.string()).optional().describe('Absent: not restricted; empty: none'),
  allowedSkills: z.array(z.string()).optional().describe('Absent: not restricted; empty: none'),
});

export const renderPersonaPrompt = query({
  http: 'GET /personas/:personaId/prompt',
  summary: 'The system prompt of a persona, ready to use, with its hash and its tokens',
  permission: 'personas:read',
  input: promptInput,
  output: z.strictObject({
    personaId: z.string(),
    versionNo: z.int().nullable().describe('The version that was rendered; null for the draft'),
    channel: z.string().optional().describe('The channel that pointed to it, where one was asked'),
    messages: z.array(z.strictObject({ role: z.literal('system'), content: z.string() })),
    hash: z.string().describe('SHA-256 of the canonical JSON (RFC 8785) of `{ rendererVersion, messages }`'),
    tokens: z.int(),
    tokenizer: z.literal(tokenizer).describe('The encoding in which `tokens` was counted'),
    rendererVersion: z.int(),
    parameters: parameters.describe('What a caller needs beside the text'),
    variables: z.strictObject({
      used: z.array(z.string()),
      unknown: z.array(z.string()).describe('Had no value and stayed as they were'),
    }),
    activeDomains: z.array(z.string()).describe('Names of the knowledge domains in the prompt, in its order'),
  }),
  asOf: true,
  reads: [personas, personaVersions],
  rejects: [
    'persona-not-found',
    'channel-not-found',
    'version-not-found',
    'version-not-readable-yet',
    'platform-not-found',
  ],
  run: async (input, ctx) => {
    const persona = await existing(ctx, input.personaId);
    const asked = askedOf(input);
    const platform = platformOf(persona, input.platform);
    const shown = input.draft
      ? { versionNo: null, config: persona.draft }
      : await shownOf(ctx, persona, asked);
    const given = input.vars === undefined ? { values: {} } : valuesIn(input.vars);
    const variables = 'values' in given ? given.values : {};
    const config = await ctx.open(shown.config);
    const { isTooLarge, ...rendered } = renderPrompt(config, { variables, context: input.context, platform });
    if (isTooLarge) return tooLarge(input.vars === undefined ? '' : '/vars');
    const body = {
      personaId: persona.personaId,
      versionNo: shown.versionNo,
      ...(asked.channel !== undefined && { channel: asked.channel }),
      ...rendered,
      tokens: await tokensOf(rendered.hash, rendered.messages[0].content),
      tokenizer,
    } as const;
    // A draft changes while somebody looks at what becomes of it: it is asked for again every time.
    const maxAge = input.draft ? {} : { maxAge: maxAgeSeconds };
    return { body, version: contentHash(body).slice(0, 32), ...maxAge };
  },
});
