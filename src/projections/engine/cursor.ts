import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { refuse } from '../../commands/rejections.js';

/** Makes and opens cursors: opaque to clients, and of no use anywhere but where they were given out. */
export interface Cursors {
  /** `scope` is whatever must be the same when the cursor comes back: the tenant, the query, its filters. */
  seal(value: unknown, scope: unknown): string;
  /** @throws Rejection `invalid-input` for a cursor that is not ours, was changed, or has another scope */
  open(text: string, scope: unknown): unknown;
}

/** `key` signs: the same for every process of the installation. */
export function openCursors({ key }: { key: Uint8Array }): Cursors {
  const sign = (payload: string): Buffer => createHmac('sha256', key).update(`cursor ${payload}`).digest();
  return {
    seal(value, scope) {
      const payload = Buffer.from(JSON.stringify([value, digestOf(scope)])).toString('base64url');
      return `${payload}.${sign(payload).toString('base64url')}`;
    },
    open(text, scope) {
      const [payload = '', signature = '', ...rest] = text.split('.');
      const given = Buffer.from(signature, 'base64url');
      const expected = sign(payload);
      // base64url has several spellings for the same bytes; only the one that was given out is accepted.
      const isOurs =
        rest.length === 0 &&
        given.length === expected.length &&
        timingSafeEqual(given, expected) &&
        expected.toString('base64url') === signature;
      if (!isOurs) return refuseCursor('the cursor is not one of this service');
      const [value, digest] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [unknown, string];
      if (digest !== digestOf(scope)) return refuseCursor('the cursor belongs to a query with other filters');
      return value;
    },
  };
}

const digestOf = (scope: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(scope) ?? '')
    .digest('base64url')
    .slice(0, 22);

const refuseCursor = (detail: string): never =>
  refuse('invalid-input', detail, { errors: [{ pointer: '/cursor', detail }] });
