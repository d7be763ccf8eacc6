/** What all operations share in the OpenAPI document. */
import type { JsonSchema } from './json-schema.js';

const header = (name: string, description: string, schema: JsonSchema): JsonSchema => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
});

export const parameterComponents = {
  idempotencyKey: header(
    'Idempotency-Key',
    'The same key with the same input gives the first answer again; quoted or bare',
    { type: 'string', minLength: 1, maxLength: 257 },
  ),
  ifMatch: header('If-Match', 'The version that was seen, quoted; another one is refused with 412', {
    type: 'string',
    pattern: '^("\\d+"|\\*)$',
  }),
  ifNoneMatch: header('If-None-Match', 'Refused with 412 when it exists already', { const: '*' }),
  ifNoneMatchRead: header('If-None-Match', 'An ETag of an earlier answer; 304 when it still holds', {
    type: 'string',
  }),
  prefer: header('Prefer', '`return=representation` adds the new state to the receipt', { type: 'string' }),
  minPosition: header('X-Min-Position', 'The answer must reflect this position of the log', {
    type: 'string',
    pattern: '^\\d{1,15}$',
  }),
  lastEventId: header('Last-Event-ID', 'The last position that was seen; wins over `after`', {
    type: 'string',
    pattern: '^\\d{1,15}$',
  }),
  asOf: {
    name: 'asOf',
    in: 'query',
    required: false,
    description: 'An instant (ISO 8601 with offset) or a position: the answer as of then',
    schema: { type: 'string' },
  },
} satisfies Record<string, JsonSchema>;

const headers: Record<string, JsonSchema> = {
  ETag: { description: 'The version, quoted', schema: { type: 'string' } },
  Location: { description: 'The address of what was made', schema: { type: 'string' } },
  'Idempotency-Replayed': { description: 'This is the first answer again', schema: { const: 'true' } },
  'Preference-Applied': { description: 'The preference that was met', schema: { type: 'string' } },
  'X-Position': {
    description: 'The position of the log that the answer reflects',
    schema: { type: 'string' },
  },
  'X-Degraded': { description: 'Models that are not exact at the moment', schema: { type: 'string' } },
  Link: { description: '`rel="next"`: the next page', schema: { type: 'string' } },
};

/** Header objects of a response. */
export const responseHeaders = (names: string[]): Record<string, JsonSchema> =>
  Object.fromEntries(names.map((name) => [name, headers[name]!]));

export const schemaComponents: Record<string, JsonSchema> = {
  Receipt: {
    type: 'object',
    description: 'What every command answers',
    properties: {
      commandId: { type: 'string', format: 'uuid' },
      id: { type: 'string' },
      stream: { type: 'string' },
      version: { type: 'integer', minimum: 0, description: 'Counts from 1' },
      position: { type: 'string', pattern: '^\\d+$', description: 'Where the log stands, a decimal string' },
      events: {
        type: 'array',
        description: 'Empty when the wanted state held already',
        items: {
          type: 'object',
          properties: {
            id: { type: 'string', format: 'uuid' },
            type: { type: 'string' },
            data: { type: 'object' },
          },
          required: ['id', 'type', 'data'],
          additionalProperties: false,
        },
      },
      reply: { description: 'What this command answers besides; a secret is shown once' },
      representation: { description: 'The new state, for `Prefer: return=representation`' },
    },
    required: ['commandId', 'id', 'stream', 'version', 'position', 'events'],
    additionalProperties: false,
  },
  Problem: {
    type: 'object',
    description: 'RFC 9457',
    properties: {
      type: { type: 'string', description: '/problems/<code>' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      instance: { type: 'string', description: 'The Request-Id' },
      code: { type: 'string' },
      retryable: { type: 'boolean' },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            pointer: { type: 'string', description: 'RFC 6901, into what was sent' },
            detail: { type: 'string' },
          },
          required: ['pointer', 'detail'],
        },
      },
      next: { type: 'string', description: 'The way out' },
      currentVersion: { type: 'integer' },
    },
    required: ['type', 'title', 'status', 'instance', 'code', 'retryable'],
  },
};
