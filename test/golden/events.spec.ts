/**
 * One file for every event shape ever released, by type and schema version. Files are only ever added (this
 * spec writes those that lack, but not in CI); every one of them must be readable for ever.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText, openCodec } from '../../src/commands/codec.js';
import type { StoredEvent } from '../../src/commands/event-store/port.js';
import { modules } from '../../src/commands/registry.js';
import { contentHash } from '../../src/domain/content-hash.js';
import { storedSchema } from '../../src/domain/stored-schema.js';
import { arbitraryOf } from '../support/arbitrary.js';

const folder = join(import.meta.dirname, 'events');
const codec = openCodec(modules);

interface Golden {
  type: string;
  schemaVersion: number;
  examples: { data: Record<string, unknown>; decodedHash: string }[];
}

const storedEvent = (type: string, schemaVersion: number, data: unknown): StoredEvent => ({
  log: 'record',
  position: 1,
  tenantId: 'acme',
  stream: 'golden-acme_1',
  version: 1,
  eventId: '01890000-0000-7000-8000-000000000001',
  type,
  schemaVersion,
  data: canonicalText(data),
  actor: '{"id":"ada","kind":"user","roles":["owner"]}',
  meta: '{"commandId":"c"}',
  occurredAt: '2026-01-01T00:00:00.000Z',
  recordedAt: '2026-01-01T00:00:00.000Z',
});

/** What is read of a stored event; members that events of its type got since then are left out. */
function decodedHash(type: string, schemaVersion: number, data: unknown): string {
  const decoded = codec.decode(storedEvent(type, schemaVersion, data));
  if (decoded.kind !== 'event') throw new Error(`${type} is not known`);
  const { event } = decoded;
  return contentHash({
    type: event.type,
    data: event.type === type ? membersOf(data, event.data) : event.data,
  });
}

/** A value with those members only that another one has, at any depth. */
function membersOf(of: unknown, value: unknown): unknown {
  if (typeof of !== 'object' || of === null || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return value.map((item, index) => membersOf((of as unknown[])[index], item));
  const known = Object.entries(value).filter(([name]) => Object.hasOwn(of, name));
  return Object.fromEntries(
    known.map(([name, member]) => [name, membersOf((of as Record<string, unknown>)[name], member)]),
  );
}

const current = modules.flatMap(({ decider }) =>
  Object.entries(decider.events).map(([type, schema]) => ({
    type,
    schema,
    version: decider.schemaVersions[type] ?? 1,
  })),
);
const nameOf = (type: string, version: number): string => `${type}.v${version}.json`;

/** Examples of a shape that has no file yet. The seed is fixed: the file is an example, not a random test. */
function goldenText({ type, schema, version }: (typeof current)[number]): string {
  const examples = fc
    .sample(arbitraryOf(storedSchema(schema), { stored: true }), { seed: 1, numRuns: 5 })
    .map((data) => storedSchema(schema).parse(data))
    .map((data) => ({ data, decodedHash: decodedHash(type, version, data) }));
  return `${JSON.stringify({ type, schemaVersion: version, examples }, null, 2)}\n`;
}

describe('every event of today', () => {
  it.each(current.map((one) => ({ ...one, name: nameOf(one.type, one.version) })))(
    'has its golden file $name',
    async (one) => {
      const file = join(folder, one.name);
      if (!existsSync(file)) await expect(goldenText(one)).toMatchFileSnapshot(file);
    },
  );
});

describe('every shape ever released', () => {
  it.each(readdirSync(folder))('%s is read as it was', (name) => {
    const { type, schemaVersion, examples } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Golden;
    expect(examples.length).toBeGreaterThan(0);
    for (const { data, decodedHash: expected } of examples) {
      expect(decodedHash(type, schemaVersion, data)).toBe(expected);
    }
  });

  it('is written again without a change while it is current', () => {
    for (const { type, schema, version } of current) {
      const file = join(folder, nameOf(type, version));
      const { examples } = JSON.parse(readFileSync(file, 'utf8')) as Golden;
      for (const { data } of examples) expect(storedSchema(schema).parse(data)).toEqual(data);
    }
  });
});
