import { describe, expect, it } from 'vitest';
import {
  evolve,
  parseStream,
  Rejection,
  rejecter,
  release,
  streamName,
  take,
  type AnyDecider,
} from '../../src/domain/kernel.js';
import { note } from '../support/notes.js';

describe('a stream’s name', () => {
  it('is its category, tenant and id, and can be taken apart again', () => {
    expect(streamName('persona', 'acme-corp', 'a_b-c')).toBe('persona-acme-corp_a_b-c');
    expect(parseStream('persona-acme-corp_a_b-c')).toEqual({
      category: 'persona',
      tenantId: 'acme-corp',
      streamId: 'a_b-c',
    });
  });
  it.each(['', 'persona', 'persona-acme', 'persona-acme_', 'per_sona-acme_1', '-acme_1'])(
    'is not %j',
    (text) => expect(parseStream(text)).toBeUndefined(),
  );
});

describe('a rejection', () => {
  const reject = rejecter({ 'no-way': { status: 409, title: 'No way' } });
  it('carries its row, its detail and what else is to be said', () => {
    try {
      reject('no-way', 'because', { currentVersion: 2 });
    } catch (error) {
      expect(error).toBeInstanceOf(Rejection);
      expect(error).toMatchObject({
        code: 'no-way',
        row: { status: 409, title: 'No way' },
        detail: 'because',
        message: 'because',
        more: { currentVersion: 2 },
      });
      return;
    }
    expect.unreachable();
  });
  it('of no table is a defect', () => expect(() => reject('no-such' as never)).toThrow('no rejection'));
});

describe('a decider', () => {
  it('finds the stream by its id, or draws a new one', () => {
    const at = { tenantId: 'acme', newId: 'new', now: '' };
    expect(note.locate({ noteId: 'given' }, at)).toEqual({ id: 'given' });
    expect(note.locate({}, at)).toEqual({ id: 'new' });
  });
  it('does not fold an event that it does not declare', () =>
    expect(() =>
      evolve(
        note as unknown as AnyDecider,
        note.initialState(),
        { type: 'NoteEaten', data: {} },
        {} as never,
      ),
    ).toThrow('no evolve'));
});

it('claims are taken and released', () => {
  expect(take('slug', 'a')).toEqual({ op: 'take', kind: 'slug', key: 'a' });
  expect(release('slug', 'a')).toEqual({ op: 'release', kind: 'slug', key: 'a' });
});
