import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { canonicalText, openCodec, type Envelope } from '../../src/commands/codec.js';
import type { StoredEvent } from '../../src/commands/event-store/port.js';
import { deciderFor, defineModule, type AnyDecider } from '../../src/domain/kernel.js';
import { clear } from '../../src/domain/sealed.js';
import { noteModule } from '../support/notes.js';

const text = clear(z.string());
const card = deciderFor<{ status: 'none' }>()({
  name: 'card',
  id: 'cardId',
  events: {
    CardWritten: z.strictObject({
      body: z.strictObject({ title: text, colour: text.default('white') }),
      lines: z.array(z.strictObject({ text })).default([]),
    }),
  },
  schemaVersions: { CardWritten: 2 },
  // Cards had a flat title once.
  upcasters: {
    CardTitled: ({ title }) => ({ type: 'CardWritten', data: { body: { title } } }),
  },
  rejections: {},
  initialState: () => ({ status: 'none' }),
  evolve: { CardWritten: (state) => state },
});
const codec = openCodec([defineModule(card, {}), noteModule]);
const decider = card as unknown as AnyDecider;

const envelope: Envelope = {
  actor: { kind: 'user', id: 'ada', roles: ['editor'] },
  commandId: '01890000-0000-7000-8000-00000000000c',
  correlationId: 'c',
  causationId: null,
  subjects: ['s'],
  occurredAt: '2026-01-01T00:00:00.000Z',
};
const stored = (type: string, data: unknown, schemaVersion = 1): StoredEvent => ({
  log: 'record',
  position: 7,
  tenantId: 'acme',
  stream: 'card-acme_x_1',
  version: 3,
  eventId: 'e',
  type,
  schemaVersion,
  data: JSON.stringify(data),
  actor: JSON.stringify(envelope.actor),
  meta: JSON.stringify({ commandId: 'c' }),
  occurredAt: envelope.occurredAt,
  recordedAt: envelope.occurredAt,
});
const data = { body: { title: 'a', colour: 'red' }, lines: [] };

describe('what is written', () => {
  it('is canonical JSON with the envelope around it', () => {
    const { stored: written } = codec.encode(decider, { type: 'CardWritten', data }, 0, envelope);
    expect(written).toMatchObject({
      type: 'CardWritten',
      schemaVersion: 2,
      data: '{"body":{"colour":"red","title":"a"},"lines":[]}',
      actor: '{"id":"ada","kind":"user","roles":["editor"]}',
      meta: '{"causationId":null,"commandId":"01890000-0000-7000-8000-00000000000c","correlationId":"c","dataClass":"record","subjects":["s"]}',
    });
  });
  it('has ids that follow from the command, one for each event', () => {
    const ids = [0, 1, 0].map(
      (n) => codec.encode(decider, { type: 'CardWritten', data }, n, envelope).stored.eventId,
    );
    expect(ids[0]).toBe(ids[2]);
    expect(ids[0]).not.toBe(ids[1]);
  });
  it.each([
    ['an unknown member', { ...data, more: 1 }],
    ['a missing member', { lines: [] }],
    ['a wrong kind', { ...data, lines: 'none' }],
  ])('matches its schema exactly: not %s', (_, wrong) =>
    expect(() => codec.encode(decider, { type: 'CardWritten', data: wrong }, 0, envelope)).toThrow(),
  );
  it('is of the decider that decided it', () =>
    expect(() => codec.encode(decider, { type: 'NoteOpened', data: {} }, 0, envelope)).toThrow(
      'does not declare',
    ));
  it('has canonical JSON at all', () => {
    expect(() => canonicalText(undefined)).toThrow();
    expect(() => canonicalText({ a: Number.NaN })).toThrow();
    expect(() => canonicalText('\ud800')).toThrow();
  });
});

describe('what is read', () => {
  const read = (type: string, of: unknown, version?: number) => codec.decode(stored(type, of, version));
  it('leaves out members of a newer process, at any depth, and fills defaults', () =>
    expect(
      read('CardWritten', { body: { title: 'a', size: 9 }, lines: [{ text: 'x', font: 'y' }], more: {} }, 2),
    ).toEqual({
      kind: 'event',
      event: expect.objectContaining({
        type: 'CardWritten',
        data: { body: { title: 'a', colour: 'white' }, lines: [{ text: 'x' }] },
      }),
    }));
  it('knows where it stands', () =>
    expect(read('CardWritten', data, 2)).toMatchObject({
      event: {
        position: 7,
        eventId: 'e',
        meta: { tenantId: 'acme', streamId: 'x_1', version: 3, commandId: 'c', actor: { id: 'ada' } },
      },
    }));
  it('is upcast when its name is retired', () =>
    expect(read('CardTitled', { title: 'old' })).toMatchObject({
      event: { type: 'CardWritten', data: { body: { title: 'old', colour: 'white' }, lines: [] } },
    }));
  it('is outdated — the process, not the event — for an unknown name and a newer version', () => {
    expect(read('CardFolded', {})).toEqual({ kind: 'outdated', type: 'CardFolded' });
    expect(read('CardWritten', data, 3)).toEqual({ kind: 'outdated', type: 'CardWritten' });
  });
  it('throws when known data cannot be read: a poison event', () =>
    expect(() => read('CardWritten', { body: 1 }, 2)).toThrow());
});

it('is opened only when every event has one owner', () =>
  expect(() => openCodec([noteModule, noteModule])).toThrow('two areas'));
