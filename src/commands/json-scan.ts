/**
 * One linear pass over a JSON text (RFC 8259) that finds everything `JSON.parse` lets through or keeps to itself:
 * where a syntax error stands, nesting, duplicate and unsafe member names, NUL, lone surrogates, numbers that
 * would change. A text that passes is safe to parse, and parsing it loses nothing.
 */
import { isUnsafeName, maxDepth, pointerTo } from './parse-input.js';
import { refuse } from './rejections.js';
import { numberFault } from './json-number.js';

/** An open container; `names` is absent for an array. */
interface Frame {
  names?: Set<string>;
  name: string;
  index: number;
}
/** The frames are a list, not a call stack: no text is deep enough to overflow it. */
interface Cursor {
  text: string;
  at: number;
  frames: Frame[];
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;

/** @throws Rejection `malformed-request` with a pointer and, for syntax, line and column */
export function scanJson(text: string): void {
  const cursor: Cursor = { text, at: 0, frames: [] };
  for (;;) {
    const isOpen = beginValue(cursor);
    if (isOpen) continue;
    if (!nextValue(cursor)) return;
  }
}

/** Reads a scalar or an empty container, or enters a container and stops before its first value. */
function beginValue(c: Cursor): boolean {
  skipSpace(c);
  const code = c.text.charCodeAt(c.at);
  if (code === quote) readString(c, false);
  else if (code === openBrace || code === openBracket) return enter(c, code === openBrace);
  else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) readNumber(c);
  else readWord(c);
  return false;
}

function enter(c: Cursor, isObject: boolean): boolean {
  if (c.frames.length >= maxDepth) fail(c, `nested deeper than ${maxDepth} levels`);
  c.at++;
  skipSpace(c);
  if (c.text.charCodeAt(c.at) === (isObject ? closeBrace : closeBracket)) {
    c.at++;
    return false;
  }
  c.frames.push(isObject ? { names: new Set(), name: '', index: 0 } : { name: '', index: 0 });
  if (isObject) readName(c);
  return true;
}

/** Leaves the containers that end here and stops before the next value; false at the end of the text. */
function nextValue(c: Cursor): boolean {
  for (;;) {
    skipSpace(c);
    const frame = c.frames.at(-1);
    const code = c.text.charCodeAt(c.at);
    if (!frame) {
      if (c.at < c.text.length) syntax(c, 'there is something after the end of the value');
      return false;
    }
    c.at++;
    if (code === comma) {
      if (frame.names) readName(c);
      else frame.index++;
      return true;
    }
    if (code !== (frame.names ? closeBrace : closeBracket)) {
      c.at--;
      syntax(c, `"," or "${frame.names ? '}' : ']'}" is missing`);
    }
    c.frames.pop();
  }
}

function readName(c: Cursor): void {
  skipSpace(c);
  if (c.text.charCodeAt(c.at) !== quote) {
    syntax(c, 'a member name in double quotes is missing', c.frames.length - 1);
  }
  const from = c.at;
  const hasEscapes = readString(c, true);
  const raw = c.text.slice(from, c.at);
  const name = hasEscapes ? (JSON.parse(raw) as string) : raw.slice(1, -1);
  const frame = c.frames.at(-1)!;
  frame.name = name;
  if (isUnsafeName(name)) fail(c, `no member may be called ${name}`);
  if (frame.names!.size === frame.names!.add(name).size) fail(c, 'the member appears twice');
  skipSpace(c);
  if (c.text.charCodeAt(c.at) !== colon) syntax(c, '":" is missing');
  c.at++;
}

/** Moves behind a string; answers whether it holds escapes. */
function readString(c: Cursor, isName: boolean): boolean {
  const { text } = c;
  let hasEscapes = false;
  // A local index: this loop sees most of the bytes of every request.
  let at = c.at + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === quote) break;
    if (code >= 0x20 && code !== backslash) {
      at++;
      continue;
    }
    c.at = at;
    if (at >= text.length) syntax(c, 'the string does not end');
    if (code !== backslash) syntax(c, 'a control character in a string must be escaped');
    hasEscapes = true;
    at = readEscape(c, isName);
  }
  c.at = at + 1;
  return hasEscapes;
}

/** Checks the escape at the cursor; answers where it ends. */
function readEscape(c: Cursor, isName: boolean): number {
  if (c.text[c.at + 1] !== 'u') {
    if (!'"\\/bfnrt'.includes(c.text[c.at + 1] ?? ' ')) syntax(c, 'there is no such escape');
    return c.at + 2;
  }
  const unit = unitAt(c, c.at);
  if (unit === undefined) syntax(c, '\\u needs four hexadecimal digits');
  if (unit === 0) unstorable(c, isName, 'NUL (\\u0000) cannot be stored');
  const isHigh = unit >= 0xd800 && unit <= 0xdbff;
  const follower = isHigh ? unitAt(c, c.at + 6) : undefined;
  const isPair = follower !== undefined && follower >= 0xdc00 && follower <= 0xdfff;
  if (unit >= 0xd800 && unit <= 0xdfff && !isPair) {
    unstorable(c, isName, 'half of a surrogate pair cannot be stored');
  }
  return c.at + (isPair ? 12 : 6);
}

/** The code unit of a `\uXXXX` at an offset, or undefined. */
function unitAt(c: Cursor, at: number): number | undefined {
  const match = /^\\u([0-9a-fA-F]{4})$/.exec(c.text.slice(at, at + 6));
  return match ? parseInt(match[1]!, 16) : undefined;
}

function readNumber(c: Cursor): void {
  const from = c.at;
  while (isNumberPart(c.text.charCodeAt(c.at))) c.at++;
  const fault = numberFault(c.text.slice(from, c.at));
  if (fault === undefined) return;
  if (fault !== 'is not a JSON number') fail(c, `the number ${fault}`);
  c.at = from;
  syntax(c, 'this is not a JSON number');
}

const isNumberPart = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2b || code === 0x2e || (code | 0x20) === 0x65;

function readWord(c: Cursor): void {
  const word = ['true', 'false', 'null'].find((known) => c.text.startsWith(known, c.at));
  if (word === undefined) syntax(c, 'a value is missing');
  c.at += word.length;
}

function skipSpace(c: Cursor): void {
  for (;;) {
    const code = c.text.charCodeAt(c.at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    c.at++;
  }
}

function fail(c: Cursor, detail: string, depth = c.frames.length): never {
  const path = c.frames.slice(0, depth).map((frame) => (frame.names ? frame.name : frame.index));
  return refuse('malformed-request', `The body: ${detail}`, {
    errors: [{ pointer: pointerTo(path), detail }],
  });
}

/** A name that cannot be stored cannot be pointed to either: the pointer leads to its object. */
const unstorable = (c: Cursor, isName: boolean, detail: string): never =>
  isName ? fail(c, `in a member name: ${detail}`, c.frames.length - 1) : fail(c, detail);

function syntax(c: Cursor, detail: string, depth?: number): never {
  const before = c.text.slice(0, c.at).split('\n');
  return fail(c, `line ${before.length}, column ${before.at(-1)!.length + 1}: ${detail}`, depth);
}
