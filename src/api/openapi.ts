/** The OpenAPI 3.1 document, derived from the declarations: what is declared is documented, and nothing else. */
import { z } from 'zod';
import type { Command, RejectionTable } from '../domain/kernel.js';
import type { Query } from '../projections/engine/declaration.js';
import { addressOf, basePath } from './address.js';
import type { EngineOperation } from './engine-routes.js';
import { schemaWriter, type JsonSchema, type SchemaWriter } from './json-schema.js';
import { parameterComponents, responseHeaders, schemaComponents } from './openapi-components.js';
import { shareSchemas, type Paths } from './shared-schemas.js';

export interface OpenApiInput {
  version: string;
  commands: Record<string, Command>;
  queries: Record<string, Query>;
  operations: Record<string, EngineOperation>;
  /** Every refusal there is: the engines' and all areas'. */
  rejections: RejectionTable;
}

const everyCall = ['malformed-request', 'invalid-input', 'unauthenticated', 'forbidden', 'unavailable'];
const everyRead = [...everyCall, 'not-found', 'too-many-requests', 'outdated'];
const everyCommand = everyRead.concat(
  ['version-conflict', 'subject-erased', 'precondition-failed', 'payload-too-large'],
  ['unsupported-media-type', 'idempotency-key-reused', 'outcome-unknown'],
);

interface Context {
  schemas: SchemaWriter;
  rejections: RejectionTable;
}

/** Builds the document. Pure: the same declarations give the same bytes. @throws for an undeclared refusal */
export function buildOpenApi(input: OpenApiInput): Record<string, unknown> {
  const { version, commands, queries, operations, rejections } = input;
  const context: Context = { schemas: schemaWriter(), rejections };
  const described: [string, string, JsonSchema][] = [];
  const add = (http: string, operation: JsonSchema): void => {
    const { method, path } = addressOf(http);
    described.push([basePath + path.replaceAll(/:(\w+)/g, '{$1}'), method.toLowerCase(), operation]);
  };
  for (const [operationId, command] of Object.entries(commands)) {
    if (command.http !== 'internal') add(command.http, describeCommand(context, operationId, command));
  }
  for (const [operationId, query] of Object.entries(queries)) {
    add(query.http, describeQuery(context, operationId, query));
  }
  for (const [operationId, operation] of Object.entries(operations)) {
    add(operation.http, describeOperation(context, operationId, operation));
  }
  described.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const paths: Paths = {};
  for (const [path, method, operation] of described) (paths[path] ??= {})[method] = operation;
  const shared = shareSchemas(paths, { ...schemaComponents, ...context.schemas.components });
  return {
    openapi: '3.1.0',
    info: {
      title: 'Dramatis',
      version,
      description: 'An event-sourced system of record: commands in, events for ever, read models out.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    paths: shared.paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key, dk_<keyId>_<secret>' },
      },
      parameters: parameterComponents,
      schemas: shared.components,
    },
  };
}

function describeCommand(context: Context, operationId: string, command: Command): JsonSchema {
  const receipt = {
    headers: responseHeaders(['ETag', 'Location', 'Idempotency-Replayed', 'Preference-Applied']),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Receipt' } } },
  };
  const { parameters, requestBody } = commandInput(context, operationId, command);
  return {
    ...headOf(operationId, command),
    parameters: [...parameters, ...references(['idempotencyKey', 'ifMatch', 'ifNoneMatch', 'prefer'])],
    ...(requestBody && { requestBody }),
    responses: {
      200: { description: 'Done, or nothing was left to do', ...receipt },
      201: { description: 'Something new was made', ...receipt },
      ...problems(context, [...everyCommand, ...command.rejects]),
    },
  };
}

function describeQuery(context: Context, operationId: string, query: Query): JsonSchema {
  return {
    ...headOf(operationId, query),
    parameters: [
      ...addressParameters(context, operationId, query.http, query.input),
      ...references([...(query.asOf ? ['asOf' as const] : []), 'minPosition', 'ifNoneMatchRead']),
    ],
    responses: {
      200: answer(context, operationId, query.output, {}),
      304: { description: 'The answer is the one that If-None-Match names' },
      ...problems(context, [...everyRead, ...query.rejects]),
    },
  };
}

function describeOperation(context: Context, operationId: string, operation: EngineOperation): JsonSchema {
  const { http, input, output, headers = [], media = {} } = operation;
  const body = http.startsWith('POST ') && {
    required: true,
    content: { 'application/json': { schema: context.schemas.write(input, 'input', operationId) } },
  };
  const codes = body ? [...everyRead, 'payload-too-large', 'unsupported-media-type'] : everyRead;
  return {
    ...headOf(operationId, operation),
    ...(body
      ? { requestBody: body }
      : {
          parameters: [
            ...addressParameters(context, operationId, http, input),
            // What reads a log can wait for it.
            ...references([...headers, ...('log' in input.shape ? ['minPosition' as const] : [])]),
          ],
        }),
    responses: { 200: answer(context, operationId, output, media), ...problems(context, codes) },
  };
}

const headOf = (
  operationId: string,
  { http, summary, permission }: { http: string; summary: string; permission: string },
): JsonSchema => ({
  operationId,
  summary,
  description: `Needs the permission \`${permission}\`.`,
  tags: [addressOf(http).segments[0] ?? 'root'],
  'x-permission': permission,
});

const references = (names: readonly (keyof typeof parameterComponents)[]): JsonSchema[] =>
  names.map((name) => ({ $ref: `#/components/parameters/${name}` }));

function answer(
  { schemas }: Context,
  operationId: string,
  output: z.ZodType,
  media: Record<string, string>,
): JsonSchema {
  const other = Object.entries(media).map(([type, description]) => [
    type,
    { schema: { type: 'string', description } },
  ]);
  const isLive = 'text/event-stream' in media;
  return {
    description: 'The answer',
    headers: responseHeaders(['X-Position', 'X-Degraded', 'ETag', 'Link']),
    content: {
      ...(isLive
        ? {}
        : { 'application/json': { schema: schemas.write(output, 'output', `${operationId}Answer`) } }),
      ...Object.fromEntries(other),
    },
  };
}

/** Path and query parameters, as the input schema has them. */
function addressParameters(
  { schemas }: Context,
  operationId: string,
  http: string,
  input: z.ZodObject,
): JsonSchema[] {
  const inPath = new Set(addressOf(http).parameters);
  const { properties = {}, required = [] } = schemas.write(input, 'input', operationId) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => {
    const place = inPath.has(name) ? 'path' : 'query';
    const parameter = { name, in: place, required: place === 'path' || required.includes(name), schema };
    return schema['type'] === 'array'
      ? Object.assign(parameter, { style: 'form', explode: false })
      : parameter;
  });
}

/** A command's path parameters, and the rest of its input as the body. */
function commandInput(
  { schemas }: Context,
  operationId: string,
  command: Command,
): { parameters: JsonSchema[]; requestBody?: JsonSchema } {
  const inPath = addressOf(command.http).parameters;
  const schema = schemas.write(command.input, 'input', operationId) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  const properties = { ...schema.properties };
  const parameters = inPath.map((name) => {
    const own = properties[name] ?? { type: 'string' };
    delete properties[name];
    return { name, in: 'path', required: true, schema: own };
  });
  if (Object.keys(properties).length === 0) return { parameters };
  const required = (schema.required ?? []).filter((name) => !inPath.includes(name));
  const { required: _, ...rest } = schema;
  const body = { ...rest, properties, ...(required.length > 0 && { required }) };
  return {
    parameters,
    requestBody: { required: required.length > 0, content: { 'application/json': { schema: body } } },
  };
}

/** The refusals by status, each named with its code. */
function problems({ rejections }: Context, codes: readonly string[]): Record<string, JsonSchema> {
  const byStatus: Record<string, string[]> = {};
  for (const code of [...new Set(codes)].sort()) {
    const row = rejections[code];
    if (!row) throw new Error(`${code} is in no table of rejections`);
    (byStatus[row.status] ??= []).push(`\`${code}\`: ${row.title}`);
  }
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const described = Object.entries(byStatus).map(([status, lines]) => [
    status,
    { description: lines.join('; '), content },
  ]);
  return { ...Object.fromEntries(described), default: { description: 'Any other error', content } };
}
