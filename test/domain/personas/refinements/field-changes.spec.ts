import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { same } from '../../../../src/domain/content-hash.js';
import { draftAfter } from '../../../../src/domain/personas/draft-change.js';
import { tokensOf } from '../../../../src/domain/json-pointer.js';
import type { PersonaConfig } from '../../../../src/domain/personas/persona-config.js';
import {
  changeBetween,
  contentBetween,
  diffHashOf,
  fieldsBetween,
  fieldsOf,
  isEmpty,
  maxPointer,
  withoutFields,
  withPlaceOf,
} from '../../../../src/domain/personas/refinements/field-changes.js';
import { sealed } from '../../../support/given.js';
import { deepMetadata, someConfig } from '../../../support/persona-arbitrary.js';
import { config, configWith, personaId } from '../../../support/persona-examples.js';
import { seedFor } from '../../../support/seed.js';

const seed = seedFor('field changes');
const parts = { sysInfoEnabled: false, userProfileEnabled: false };
const fieldsTo = (change: Partial<PersonaConfig>, before = config) =>
  fieldsBetween(before, { ...before, ...change });

describe('the fields of a change', () => {
  it('are as small as they can be in objects, and whole in lists', () => {
    const responseStyle = { ...config.responseStyle, tone: 'warm', verbosity: 3 };
    expect(fieldsTo({ temperature: 1, responseStyle, tags: ['a'] }).sort()).toEqual([
      '/responseStyle/tone',
      '/responseStyle/verbosity',
      '/tags',
      '/temperature',
    ]);
  });

  it('are one for what is only on one side', () => {
    const prompt = { ...parts, content: { editableContent: 'Hi' } };
    expect(fieldsTo({ prompt })).toEqual(['/prompt']);
    expect(fieldsBetween(configWith({ prompt }), config)).toEqual(['/prompt']);
    const other = { ...parts, content: { editableContent: 'Hi', endLocked: 'x' } };
    expect(fieldsTo({ prompt: other }, configWith({ prompt }))).toEqual(['/prompt/content/endLocked']);
  });

  it('are one for a facet that is about a real person, on whichever side', () => {
    const invented = { goals: { shortTerm: ['rest'] }, background: 'unknown' };
    const graces = { subjectId: 'grace', goals: sealed({ shortTerm: ['rest'] }) };
    expect(
      fieldsTo({ identity: { ...invented, background: 'x' } }, configWith({ identity: invented })),
    ).toEqual(['/identity/background']);
    expect(fieldsTo({ identity: graces }, configWith({ identity: invented }))).toEqual(['/identity']);
    const other = { ...graces, background: sealed('navy') };
    expect(fieldsTo({ identity: other }, configWith({ identity: graces }))).toEqual(['/identity']);
  });

  it('tell a null from nothing', () => {
    const before = configWith({ metadata: { a: 1, b: null } });
    expect(fieldsTo({ metadata: { a: 1 } }, before)).toEqual(['/metadata/b']);
  });

  it('escape what stands in keys', () => {
    expect(
      fieldsTo({ metadata: { 'a/b': { 'm~n': 2 } } }, configWith({ metadata: { 'a/b': { 'm~n': 1 } } })),
    ).toEqual(['/metadata/a~1b/m~0n']);
  });

  it('are one where more differs in a member than anybody decides on', () => {
    const many = (value: number) => ({
      metadata: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`key${index}`, value])),
    });
    expect(fieldsTo(many(2), configWith(many(1)))).toEqual(['/metadata']);
  });

  it('are what the deepest place is in to which a pointer can lead', () => {
    const key = 'k'.repeat(1_500);
    const at = (value: number) => ({ metadata: { a: { [key]: { [key]: { [key]: value, b: value } } } } });
    expect(fieldsTo(at(2), configWith(at(1)))).toEqual([`/metadata/a/${key}/${key}`]);
    const tildes = '~'.repeat(1_500);
    const deep = (value: number) => ({ metadata: { a: { [tildes]: { [tildes]: value } }, b: value } });
    expect(fieldsTo(deep(2), configWith(deep(1)))).toEqual([
      `/metadata/a/${tildes.replaceAll('~', '~0')}`,
      '/metadata/b',
    ]);
  });

  it('never are more, or longer, than an event takes', () => {
    fc.assert(
      fc.property(deepMetadata, deepMetadata, (one, other) => {
        const fields = fieldsBetween(configWith({ metadata: one }), configWith({ metadata: other }));
        expect(fields.length).toBeLessThanOrEqual(200);
        for (const field of fields) expect(field.length).toBeLessThanOrEqual(maxPointer);
      }),
      { seed },
    );
  });
});

describe('a change', () => {
  it('holds new values, what goes, and what both were', () => {
    const before = configWith({ systemPromptTemplate: 'old', temperature: 0.5 });
    expect(changeBetween(before, configWith({ temperature: 1, tags: ['a'] }))).toEqual({
      changed: { temperature: 1, tags: ['a'] },
      removed: ['systemPromptTemplate'],
      was: { systemPromptTemplate: 'old', temperature: 0.5, tags: [] },
    });
  });

  it('without rejected fields leaves them as they were', () => {
    const before = configWith({ systemPromptTemplate: 'old' });
    const responseStyle = { ...config.responseStyle, tone: 'warm', verbosity: 3 };
    const change = changeBetween(before, configWith({ responseStyle, temperature: 1 }));
    const rejected = ['/responseStyle/tone', '/systemPromptTemplate', '/temperature'];
    expect(withoutFields(change, rejected)).toEqual({
      changed: { responseStyle: { ...config.responseStyle, verbosity: 3 } },
      removed: [],
      was: { responseStyle: config.responseStyle },
    });
    expect(withoutFields(change, [])).toBe(change);
  });

  it('of which every field is rejected changes nothing; of which none is, all', () => {
    fc.assert(
      fc.property(someConfig, someConfig, (before, after) => {
        const change = changeBetween(before, after);
        expect(isEmpty(withoutFields(change, fieldsOf(change)))).toBe(true);
        expect(same(draftAfter(before, withoutFields(change, [])), after)).toBe(true);
        expect(fieldsOf(change)).toEqual(fieldsBetween(before, after));
      }),
      { seed },
    );
  });

  it('has in a place that is rejected what was there, and elsewhere what was proposed', () => {
    fc.assert(
      fc.property(someConfig, someConfig, fc.nat(), (before, after, pick) => {
        const change = changeBetween(before, after);
        const fields = fieldsOf(change);
        const rejected = fields.filter((_, index) => (pick >> (index % 30)) % 2 === 1);
        const left = withoutFields(change, rejected);
        expect(new Set(fieldsOf(left))).toEqual(new Set(fields.filter((field) => !rejected.includes(field))));
      }),
      { seed },
    );
  });

  it('is called by a hash of what would be applied, to what', () => {
    const to = { personaId, baseHash: 'a'.repeat(64) };
    const change = changeBetween(config, configWith({ temperature: 1 }));
    const hash = diffHashOf(to, change);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(contentBetween(to, config, configWith({ temperature: 1 }))).toEqual({
      ...change,
      fields: ['/temperature'],
      diffHash: hash,
    });
    const others = [
      diffHashOf({ ...to, baseHash: 'b'.repeat(64) }, change),
      diffHashOf({ ...to, personaId: 'another' }, change),
      diffHashOf(to, { ...change, changed: { temperature: 0.9 } }),
      diffHashOf(to, { ...change, removed: ['voice'] }),
    ];
    expect(new Set([hash, ...others]).size).toBe(5);
  });
});

describe('withPlaceOf', () => {
  it('takes over a place, or that there is nothing, and leaves what it is given', () => {
    const into = { a: { b: 1, c: 2 } };
    expect(withPlaceOf(into, { a: { b: 9 } }, tokensOf('/a/b'))).toEqual({ a: { b: 9, c: 2 } });
    expect(withPlaceOf(into, { a: {} }, tokensOf('/a/b'))).toEqual({ a: { c: 2 } });
    expect(withPlaceOf(into, {}, tokensOf('/a'))).toEqual({});
    expect(into).toEqual({ a: { b: 1, c: 2 } });
  });
});
