import * as fc from 'fast-check';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxCommandBytes, parseJson } from '../../src/api/json-body.js';
import { Rejection } from '../../src/domain/kernel.js';
import { startSmallApp, type SmallApp } from './small-app.js';

const refusal = (text: string | Buffer): { code: string; pointer?: string; detail?: string } => {
  try {
    parseJson(Buffer.from(text));
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    return { code: error.code, ...error.more.errors?.[0] };
  }
  throw new Error(`accepted: ${text.slice(0, 80).toString()}`);
};

describe('what is refused', () => {
  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  it.each<[what: string, text: string | Buffer, pointer: string, detail: RegExp]>([
    ['nothing but space', ' ', '', /line 1, column 2: a value is missing/],
    ['a missing value', '{"a":}', '/a', /line 1, column 6: a value is missing/],
    ['a comma too many in an object', '{"a":1,}', '', /column 8: a member name/],
    ['a comma too many in an array', '[1,]', '/1', /column 4: a value is missing/],
    ['a missing comma', '[1 2]', '/0', /column 4: "," or "]" is missing/],
    ['a missing colon', '{"a" 1}', '/a', /":" is missing/],
    ['a name without quotes', '{a:1}', '', /a member name in double quotes/],
    ['the wrong end', '{"a":[1}', '/a/0', /"," or "]" is missing/],
    ['no end', '{"a":{"b":1', '/a/b', /"," or "}" is missing/],
    ['something after the end', '{} 1', '', /column 4: there is something after the end/],
    ['the line of a fault', '{\n  "a": 1,\n  "b": x\n}', '/b', /line 3, column 8/],
    ['half a word', '[tru]', '/0', /a value is missing/],
    ['NaN', 'NaN', '', /a value is missing/],
    ['a comment', '// no\n1', '', /a value is missing/],
    ['a byte order mark', '\ufeff{}', '', /a value is missing/],
    ['a string without end', '["abc', '/0', /the string does not end/],
    ['a raw control character', '["a\tb"]', '/0', /must be escaped/],
    ['an unknown escape', '["\\x"]', '/0', /no such escape/],
    ['a short escape', '["\\u12g4"]', '/0', /four hexadecimal digits/],
    ['a leading zero', '[01]', '/0', /not a JSON number/],
    ['no digit after the point', '[1.]', '/0', /not a JSON number/],
    ['a sign alone', '[-]', '/0', /not a JSON number/],
    ['1e400', '{"n":1e400}', '/n', /beyond/],
    ['2^53', '{"n":9007199254740992}', '/n', /beyond/],
    ['2^53 + 1', '{"n":9007199254740993}', '/n', /beyond/],
    ['1e300', '{"n":1e300}', '/n', /beyond/],
    ['lost digits', '{"n":0.1000000000000000055511151231257827}', '/n', /more digits/],
    ['1e-400', '{"n":1e-400}', '/n', /more digits/],
    ['negative zero', '{"n":-0}', '/n', /negative zero/],
    ['a million digits', `[${'1'.repeat(1e6)}]`, '/0', /too long/],
    ['a name twice', '{"a":{"b":1,"c":2,"b":3}}', '/a/b', /twice/],
    ['a name twice, once escaped', '{"b":1,"\\u0062":2}', '/b', /twice/],
    ['__proto__', '{"a":[{"__proto__":{"x":1}}]}', '/a/0/__proto__', /may be called/],
    ['__proto__, escaped', '{"__pr\\u006fto__":1}', '/__proto__', /may be called/],
    ['constructor', '{"constructor":1}', '/constructor', /may be called/],
    ['prototype', '{"prototype":1}', '/prototype', /may be called/],
    ['NUL', '{"a":"x\\u0000"}', '/a', /NUL/],
    ['NUL in a name', '{"a":{"\\u0000":1}}', '/a', /NUL/],
    ['a high surrogate alone', '{"a":["\\ud800"]}', '/a/0', /surrogate/],
    ['a low surrogate alone', '{"a":"\\udc00"}', '/a', /surrogate/],
    ['two high surrogates', '{"a":"\\ud800\\ud800\\udc00"}', '/a', /surrogate/],
    ['a surrogate in a name', '{"a":{"\\udfff":1}}', '/a', /surrogate/],
    ['33 levels', deep(33), '/0'.repeat(32), /deeper than 32/],
    ['a million levels', '['.repeat(1e6), '/0'.repeat(32), /deeper than 32/],
    ['a pointer with / and ~', '{"a/b~c":1e999}', '/a~1b~0c', /beyond/],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22]), '', /not valid UTF-8/],
    ['an encoded surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), '', /not valid UTF-8/],
    ['an overlong encoding', Buffer.from([0x22, 0xc0, 0x80, 0x22]), '', /not valid UTF-8/],
  ])('%s', (_, text, pointer, detail) => {
    expect(refusal(text)).toEqual({
      code: 'malformed-request',
      pointer,
      detail: expect.stringMatching(detail) as string,
    });
  });
});

describe('what is kept', () => {
  it.each(['[]', ' { } ', 'null', deepest(), '1.0', '1.50', '1E+2', '5e-324', '9007199254740991', '0.1'])(
    'of %s',
    (text) => expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text)),
  );
  function deepest(): string {
    return '['.repeat(32) + ']'.repeat(32);
  }

  it('a pair of surrogates, raw or escaped', () => {
    expect(parseJson(Buffer.from('["😀","\\ud83d\\ude00"]'))).toEqual(['😀', '😀']);
  });

  it('the same names in different objects', () => {
    expect(parseJson(Buffer.from('{"a":{"a":1},"b":[{"a":1},{"a":2}]}'))).toBeDefined();
  });

  const unsafe = /^(__proto__|prototype|constructor)$/;
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.oneof(
        fc.constantFrom(null, true, false),
        fc.maxSafeInteger(),
        fc.double({ noNaN: true, min: -(2 ** 53 - 1), max: 2 ** 53 - 1 }).map((n) => (n === 0 ? 0 : n)),
        fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
      ),
      fc.array(tie('value')),
      fc.dictionary(
        fc.string({ unit: 'grapheme' }).filter((name) => !unsafe.test(name)),
        tie('value'),
        { noNullPrototype: true },
      ),
    ),
  }));

  it('any value that JSON can write, however it is spaced', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t'), (given, space) => {
        const text = JSON.stringify(given, null, space);
        expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('a text is accepted only if JSON.parse accepts it', () => {
    const soup = fc.array(fc.constantFrom(...'{}[],:"\\u0d8 19.-eEtrufalsn\n'.split('')), { maxLength: 24 });
    fc.assert(
      fc.property(soup, (characters) => {
        const text = characters.join('');
        let isAccepted = true;
        try {
          parseJson(Buffer.from(text));
        } catch (error) {
          expect(error).toBeInstanceOf(Rejection);
          isAccepted = false;
        }
        if (isAccepted) expect(() => JSON.parse(text) as unknown).not.toThrow();
      }),
      { seed: 7, numRuns: 2_000 },
    );
  });
});

describe('over HTTP', () => {
  let app: SmallApp;
  beforeAll(async () => {
    app = await startSmallApp();
  });
  afterAll(() => app.server.close());
  const post = (raw: string | Buffer, type?: string, path = '/api/v1/things') =>
    app.call('POST', path, { raw, ...(type !== undefined && { headers: { 'Content-Type': type } }) });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'takes %s',
    async (type) => expect((await post('{"name":"x"}', type)).status).toBe(201),
  );

  it.each(['text/plain', 'application/json; charset=latin1', 'application/x-www-form-urlencoded', ''])(
    'refuses the media type "%s"',
    async (type) => {
      const answer = await post('{"name":"x"}', type);
      expect(answer.status).toBe(415);
      expect(answer.json.code).toBe('unsupported-media-type');
    },
  );

  it('refuses a compressed body', async () => {
    const answer = await app.call('POST', '/api/v1/things', {
      raw: '{"name":"x"}',
      headers: { 'Content-Encoding': 'gzip' },
    });
    expect(answer.status).toBe(415);
  });

  it('needs no media type where there is no body', async () => {
    const { json } = await app.call('POST', '/api/v1/things', { body: { name: 'x' } });
    const answer = await app.call('POST', `/api/v1/things/${json.id}/touch`);
    expect(answer.status).toBe(200);
  });

  it('takes a body of the full size and refuses one byte more, the client seeing the answer', async () => {
    const body = (length: number): string => {
      const frame = '{"name":"x","anything":""}';
      return `{"name":"x","anything":"${'a'.repeat(length - frame.length)}"}`;
    };
    expect((await post(body(maxCommandBytes))).status).toBe(201);
    const answer = await post(body(maxCommandBytes + 1));
    expect(answer.status).toBe(413);
    expect(answer.json).toMatchObject({ code: 'payload-too-large', maxBytes: maxCommandBytes });
    expect((await post(body(20 * maxCommandBytes))).status).toBe(413);
  });

  /** Sends chunks without a length. */
  const chunked = (headers: Record<string, string>, chunks: (Buffer | string)[]): Promise<number> =>
    new Promise((resolve, reject) => {
      const sending = request(`${app.server.url}/api/v1/things`, {
        method: 'POST',
        headers: { Authorization: 'Bearer owner-key', ...headers },
      });
      sending.on('response', (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      sending.on('error', reject);
      for (const chunk of chunks) sending.write(chunk);
      sending.end();
    });

  it('reads a body that does not say its length', async () => {
    const type = { 'Content-Type': 'application/json' };
    expect(await chunked(type, ['{"na', 'me":"', 'x"}'])).toBe(201);
    expect(await chunked({}, ['{"name":"x"}'])).toBe(415);
    const large = Array.from({ length: 40 }, () => Buffer.alloc(64 * 1024, 0x20));
    expect(await chunked(type, large)).toBe(413);
  });

  it('outlives an upload that breaks off', async () => {
    const before = await app.store.head('record');
    const socket = connect(Number(new URL(app.server.url).port), '127.0.0.1');
    socket.write(
      'POST /api/v1/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer owner-key\r\n' +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"name":',
    );
    await new Promise((resolve) => {
      socket.once('connect', () => setImmediate(() => socket.destroy()));
      socket.once('close', resolve);
    });
    expect((await app.call('GET', '/livez')).status).toBe(200);
    expect(await app.store.head('record')).toBe(before);
  });

  it('stores nothing of what it refuses, and answers a problem with a pointer', async () => {
    const before = await app.store.head('record');
    for (const raw of ['{"name":"x","name":"y"}', '{"name":"\\u0000"}', '[1]', '"x"', '{"name":1e400}']) {
      const answer = await post(raw);
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.json.errors[0].pointer).toBeTypeOf('string');
    }
    expect(await app.store.head('record')).toBe(before);
  });
});
