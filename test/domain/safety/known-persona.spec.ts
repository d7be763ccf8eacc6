import { expect, it } from 'vitest';
import { Rejection } from '../../../src/domain/kernel.js';
import { knownPersona, livingPersona } from '../../../src/domain/safety/known-persona.js';

const refusal = (work: () => unknown): [string, string, unknown] => {
  try {
    work();
  } catch (error) {
    if (error instanceof Rejection) return [error.code, error.message, error.more.errors];
    throw error;
  }
  throw new Error('it was not refused');
};

it('a persona that is not there is refused with a pointer to where it is named', () => {
  const detail = 'there is no such persona';
  for (const persona of [null, undefined])
    expect(refusal(() => knownPersona(persona))).toEqual([
      'persona-not-found',
      detail,
      [{ pointer: '/personaId', detail }],
    ]);
  expect(refusal(() => knownPersona(null, '/to'))[2]).toEqual([{ pointer: '/to', detail }]);
});

it('one that is archived is known, and not living', () => {
  const archived = { status: 'archived' };
  const active = { status: 'active' };
  expect(knownPersona(archived)).toBe(archived);
  expect(livingPersona(active)).toBe(active);
  expect(refusal(() => livingPersona(archived))[0]).toBe('persona-archived');
  expect(refusal(() => livingPersona(null))[0]).toBe('persona-not-found');
});
