import { describe, expect, it } from 'vitest';
import { tolerantSchema, storedSchema } from '../../../src/domain/stored-schema.js';
import { personaEvents } from '../../../src/domain/personas/events.js';
import { edited, life, moved } from '../../support/persona-examples.js';

type Type = keyof typeof personaEvents;
const schemaOf = (type: string) => personaEvents[type as Type];

describe('persona events', () => {
  it('each has an example that is stored as it is and read as it is', () => {
    expect(new Set(life.map(({ type }) => type))).toEqual(new Set(Object.keys(personaEvents)));
    for (const { type, data } of life) {
      expect(storedSchema(schemaOf(type)).parse(data)).toEqual(data);
      expect(tolerantSchema(schemaOf(type)).parse(data)).toEqual(data);
    }
  });

  it('an edit of one member is read as an edit of one member: no default is filled in', () => {
    const { type, data } = edited({ temperature: 0.4 });
    const read = tolerantSchema(schemaOf(type)).parse(data);
    expect(read).toMatchObject({ changed: { temperature: 0.4 }, removed: [] });
    expect(Object.keys((read as { changed: object }).changed)).toEqual(['temperature']);
  });

  it('a member of a newer process is left out when it is read, refused when it is written', () => {
    const { type, data } = moved('staging', null, 1);
    const newer = { ...data, gateResultId: 'x' };
    expect(tolerantSchema(schemaOf(type)).parse(newer)).toEqual(data);
    expect(storedSchema(schemaOf(type)).safeParse(newer).success).toBe(false);
  });

  it('a reason in the clear is refused', () => {
    const { type, data } = moved('staging', null, 1);
    expect(storedSchema(schemaOf(type)).safeParse({ ...data, reason: 'plain' }).success).toBe(false);
  });
});
