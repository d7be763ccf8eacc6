import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { engineOperations } from '../../src/api/engine-operations.js';
import { schemaWriter } from '../../src/api/json-schema.js';
import { buildOpenApi } from '../../src/api/openapi.js';
import { engineRejections } from '../../src/commands/rejections.js';
import { commands, queries, thingRejections } from './small-app.js';

// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;
const build = (changes: object = {}): Json =>
  buildOpenApi({
    version: '1.2.3',
    commands,
    queries,
    operations: engineOperations,
    rejections: { ...engineRejections, ...thingRejections },
    ...changes,
  });
let document: Json;
beforeAll(() => {
  document = build();
});
const operationsOf = (api: Json): Json[] =>
  Object.values(api.paths).flatMap((path) => Object.values(path as object));

/** Every `$ref` of a value. */
function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === '$ref' && typeof member === 'string' ? [member] : references(member),
  );
}

function resolve(api: Json, reference: string): unknown {
  expect(reference).toMatch(/^#\//);
  return reference
    .slice(2)
    .split('/')
    .reduce((node: Json, name) => node?.[name.replaceAll('~1', '/').replaceAll('~0', '~')], api);
}

describe('buildOpenApi', () => {
  it('names every operation once, and none that is internal', () => {
    const ids = operationsOf(document).map(({ operationId }) => operationId as string);
    const expected = [
      ...Object.keys(commands).filter((name) => commands[name]!.http !== 'internal'),
      ...Object.keys(queries),
    ].concat('whoami', 'readEvents', 'streamEvents', 'readStream', 'runCommands');
    expect(ids.toSorted()).toEqual(expected.toSorted());
  });

  it('has no reference that leads nowhere', () => {
    for (const reference of references(document))
      expect([reference, resolve(document, reference)]).not.toContain(undefined);
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  it('gives every operation summary, permission, and answers to bad input, no key and no permission', () => {
    for (const operation of operationsOf(document)) {
      expect(operation.summary).toBeTruthy();
      expect(operation['x-permission']).toMatch(/^[a-z]+:[a-z]+$/);
      for (const status of ['200', '400', '401', '403', '404', '503', 'default']) {
        expect([operation.operationId, Object.keys(operation.responses)]).toEqual([
          operation.operationId,
          expect.arrayContaining([status]),
        ]);
      }
    }
    expect(document.security).toEqual([{ key: [] }]);
  });

  it('declares each path parameter once, and only where it stands', () => {
    for (const [path, methods] of Object.entries(document.paths as Record<string, object>)) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
      for (const operation of Object.values<Json>(methods as Json)) {
        const inPath = (operation.parameters ?? []).filter((one: Json) => one.in === 'path');
        expect(inPath.map((one: Json) => one.name)).toEqual(wanted);
        expect(inPath.every((one: Json) => one.required)).toBe(true);
      }
    }
  });

  it('splits a command into address and body', () => {
    const { put } = document.paths['/api/v1/things/{thingId}/name'];
    expect(put.requestBody.required).toBe(true);
    expect(put.requestBody.content['application/json'].schema).toEqual({
      type: 'object',
      properties: { name: { type: 'string', minLength: 1 } },
      required: ['name'],
      additionalProperties: false,
    });
    expect(document.paths['/api/v1/things/{thingId}/touch'].post).not.toHaveProperty('requestBody');
    const { schema } = document.paths['/api/v1/things'].post.requestBody.content['application/json'];
    expect(schema.properties.note).toEqual({ type: 'string' });
    expect(schema.required).toEqual(['name']);
    expect(schema.properties.anything).toEqual({ $ref: '#/components/schemas/JsonValue' });
  });

  it('describes queries with their parameters', () => {
    const list = document.paths['/api/v1/things'].get;
    const limit = list.parameters.find((one: Json) => one.name === 'limit');
    expect(limit).toMatchObject({ in: 'query', required: false, schema: { type: 'integer', maximum: 500 } });
    const tags = list.parameters.find((one: Json) => one.name === 'tags');
    expect(tags).toMatchObject({ style: 'form', explode: false });
    const one = document.paths['/api/v1/things/{thingId}'].get;
    expect(one.parameters).toContainEqual({ $ref: '#/components/parameters/asOf' });
    expect(list.parameters).not.toContainEqual({ $ref: '#/components/parameters/asOf' });
  });

  it('names the refusals of an operation', () => {
    const { responses } = document.paths['/api/v1/things/{thingId}/name'].put;
    expect(responses['409'].description).toContain('thing-locked');
    expect(responses['404'].description).toContain('thing-not-found');
    expect(Object.keys(responses['409'].content)).toEqual(['application/problem+json']);
  });

  it('knows the media types of the log', () => {
    expect(Object.keys(document.paths['/api/v1/events'].get.responses['200'].content)).toEqual([
      'application/json',
      'application/x-ndjson',
    ]);
    expect(Object.keys(document.paths['/api/v1/events/stream'].get.responses['200'].content)).toEqual([
      'text/event-stream',
    ]);
  });

  it('declares the headers that an operation reads', () => {
    const lastEventId = { $ref: '#/components/parameters/lastEventId' };
    expect(document.paths['/api/v1/events/stream'].get.parameters).toContainEqual(lastEventId);
    expect(document.paths['/api/v1/events'].get.parameters).not.toContainEqual(lastEventId);
    expect(document.components.parameters.lastEventId).toMatchObject({ in: 'header', name: 'Last-Event-ID' });
  });

  it('fails for a refusal that is in no table, and is the same every time', () => {
    const bad = { ...commands['touchThing']!, rejects: ['nobody-knows'] };
    expect(() => build({ commands: { bad } })).toThrow('nobody-knows is in no table');
    expect(JSON.stringify(build())).toBe(JSON.stringify(document));
  });
});

describe('schemaWriter', () => {
  it('shares equal recursive parts and keeps different ones apart', () => {
    interface Tree {
      children: Tree[];
    }
    const tree: z.ZodType<Tree> = z.lazy(() => z.strictObject({ children: z.array(tree) }));
    const writer = schemaWriter();
    const api = {
      a: writer.write(z.object({ value: z.json() }), 'input', 'a'),
      b: writer.write(z.json(), 'output', 'b'),
      c: writer.write(tree, 'output', 'c'),
      d: writer.write(z.object({ t: tree, j: z.json() }), 'input', 'd'),
      components: { schemas: writer.components },
    };
    for (const reference of references(api)) expect(resolve(api, reference)).toBeDefined();
    expect(api.b).toEqual({ $ref: '#/components/schemas/JsonValue' });
    expect(Object.keys(writer.components).filter((name) => name === 'JsonValue')).toHaveLength(1);
    expect(JSON.stringify(api)).not.toContain('$defs');
  });
});
