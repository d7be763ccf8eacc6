import { describe, expect, it } from 'vitest';
import {
  openVariables,
  valuesIn,
  variableName,
  variablesText,
} from '../../../../src/domain/personas/prompts/prompt-variables.js';

function filled(text: string, values: Record<string, string> = {}, room = 1_000) {
  const variables = openVariables(values, room);
  return {
    text: variables.fill(text),
    used: variables.used(),
    unknown: variables.unknown(),
    overfull: variables.isOverfull(),
  };
}

describe('a variable', () => {
  it('is replaced wherever it stands, with blanks inside its braces or without', () => {
    expect(filled('{{a}} {{ a }}\t{{\ta  }}', { a: 'x' }).text).toBe('x x\tx');
  });

  it('without a value stays as it is and is told once, in order of first appearance', () => {
    expect(filled('{{z}} {{a}} {{ z }} {{b}}', { a: '1', b: '' })).toEqual({
      text: '{{z}} 1 {{ z }} ',
      used: ['a', 'b'],
      unknown: ['z'],
      overfull: false,
    });
  });

  it('is inserted as it is: its value is never looked into', () => {
    const values = { a: '{{b}}$&$1', b: '{{a}}' };
    expect(filled('{{a}}{{b}}', values)).toMatchObject({ text: '{{b}}$&$1{{a}}', used: ['a', 'b'] });
    expect(filled('{{{{a}}}}', { a: 'b', b: 'no' }).text).toBe('{{b}}');
  });

  it.each([
    '{{}}',
    '{{ }}',
    '{{1a}}',
    '{{a b}}',
    '{{a\n}}',
    '{ {a} }',
    '{{#if a}}',
    `{{${'a'.repeat(65)}}}`,
    '{{ä}}',
  ])('%j is none', (text) => {
    expect(filled(text, { a: 'x' })).toEqual({ text, used: [], unknown: [], overfull: false });
  });

  it('has a value of its own or none: what every object has does not count', () => {
    expect(filled('{{constructor}}{{toString}}{{__proto__}}')).toMatchObject({
      text: '{{constructor}}{{toString}}{{__proto__}}',
      unknown: ['constructor', 'toString', '__proto__'],
    });
    const values = JSON.parse('{"__proto__":"own"}') as Record<string, string>;
    expect(filled('{{__proto__}}', values).text).toBe('own');
  });

  it('of character cards may be written in any case; no other may', () => {
    const values = { char: 'Ada', user: 'Bob', name: 'x' };
    expect(filled('{{Char}} {{USER}} {{Name}}', values)).toMatchObject({
      text: 'Ada Bob {{Name}}',
      used: ['char', 'user'],
      unknown: ['Name'],
    });
  });

  it('is left alone once there is no more room', () => {
    expect(filled('{{a}}{{a}}{{a}}', { a: 'xxxx' }, 9)).toMatchObject({
      text: 'xxxxxxxx{{a}}',
      overfull: true,
    });
  });

  it('is named by letters, digits, `_`, `.` and `-`, at most 64', () => {
    const names = ['a', '_a', 'a.b-c_9', 'A'.repeat(64), '', '9', '-a', 'a b', 'A'.repeat(65)];
    expect(names.filter((name) => variableName.test(name))).toEqual(names.slice(0, 4));
  });
});

describe('values as JSON', () => {
  it('are texts by name', () => {
    expect(valuesIn(' {"user": "Ada\\n{{x}}", "a.b-c": ""} ')).toEqual({
      values: { user: 'Ada\n{{x}}', 'a.b-c': '' },
    });
    expect(valuesIn('{"User":"Ada","Name":"\\":"}')).toEqual({ values: { user: 'Ada', Name: '":' } });
    expect(variablesText.parse('{}')).toBe('{}');
  });

  it.each([
    ['', 'is no JSON'],
    ['user=Ada', 'is no JSON'],
    ['[]', 'must be a JSON object, such as {"user":"Ada"}'],
    ['null', 'must be a JSON object, such as {"user":"Ada"}'],
    ['{"a b":"x"}', 'has a name that no variable has'],
    ['{"__proto__":"x"}', 'has a name that no variable has'],
    ['{"constructor":"x"}', 'has a name that no variable has'],
    ['{"a":"x", "b":"y", "a":"z"}', 'has a name twice'],
    ['{"\\u0061":"x","a":"y"}', 'has a name twice'],
    ['{"user":"x","User":"y"}', 'has a name twice'],
    ['{"a":1}', 'has a value that is no text'],
    ['{"a":{"b":"c"}}', 'has a value that is no text'],
    ['{"a":"\\u0000"}', 'has a value that is no text'],
    ['{"a":"\\ud800"}', 'has a value that is no text'],
    [`{"a":"${'x'.repeat(16_384)}"}`, 'is larger than 16 KiB'],
    [
      JSON.stringify(Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`n${n}`, '']))),
      'has more than 100 names',
    ],
  ])('%.40j %s', (text, fault) => {
    expect(valuesIn(text)).toEqual({ fault });
    expect(variablesText.safeParse(text).error?.issues[0]?.message).toBe(fault);
  });
});
