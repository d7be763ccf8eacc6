/** What request headers ask for, read strictly: a condition that is misread would be a condition ignored. */
import type { IncomingMessage } from 'node:http';
import type { CommandRequest } from '../commands/receipt.js';
import { refuse } from '../commands/rejections.js';

type Conditions = Pick<CommandRequest, 'ifMatch' | 'ifNoneMatch' | 'idempotencyKey'> & {
  /** `If-Match: *`: the stream must hold something. */
  mustExist?: boolean;
};

const malformed = (header: string, detail: string): never =>
  refuse('malformed-request', `${header}: ${detail}`, { header });

/**
 * Refuses what HTTP/1.1 makes the server refuse: no Host, and an expectation that is not met.
 * @throws Rejection `malformed-request`
 */
export function checkMessage({ httpVersion, headers }: IncomingMessage): void {
  if (httpVersion !== '1.1') return;
  if (headers.host === undefined) malformed('Host', 'is required');
  // What Node counts as 100-continue, it has answered before.
  if (headers.expect !== undefined && !/(?:^|\W)100-continue(?:$|\W)/i.test(headers.expect)) {
    malformed('Expect', 'only 100-continue is known');
  }
}

/**
 * The conditions of a command: If-Match with one quoted version or `*`, If-None-Match: `*`, Idempotency-Key.
 * @throws Rejection `malformed-request`
 */
export function conditionsOf({ headers }: IncomingMessage): Conditions {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  const key = headers['idempotency-key'];
  if (ifMatch === undefined && ifNoneMatch === undefined && key === undefined) return {};
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*') {
    return malformed('If-None-Match', 'a command takes only *');
  }
  return {
    ...(ifMatch !== undefined && matchOf(ifMatch.trim())),
    ...(ifNoneMatch !== undefined && { ifNoneMatch: true }),
    ...(key !== undefined && { idempotencyKey: idempotencyKeyOf(String(key)) }),
  };
}

/**
 * Refuses conditions on a request of many commands: it would not be clear which of them is meant.
 * @throws Rejection `malformed-request`
 */
export function refuseConditions({ headers }: IncomingMessage): void {
  for (const header of ['Idempotency-Key', 'If-Match', 'If-None-Match']) {
    if (headers[header.toLowerCase()] === undefined) continue;
    malformed(header, 'not for many commands at once; each item has members idempotencyKey and ifMatch');
  }
}

function matchOf(text: string): Conditions {
  if (text === '*') return { mustExist: true };
  const version = /^"(\d{1,15})"$/.exec(text)?.[1];
  return version === undefined
    ? malformed('If-Match', 'one version in double quotes, such as "3", or *')
    : { ifMatch: Number(version) };
}

/** A key as it is compared: 1–255 visible ASCII characters, the quotes of a structured field taken off. */
export function idempotencyKeyOf(text: string): string {
  const quoted = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(text)?.[1];
  const key = quoted?.replace(/\\(["\\])/g, '$1') ?? text;
  const isVisible = /^[\x21-\x7e]{1,255}$/.test(key);
  if (!isVisible || (quoted === undefined && key.startsWith('"'))) {
    return malformed('Idempotency-Key', '1–255 visible ASCII characters, quoted or bare');
  }
  return key;
}

/** Whether `Prefer` (RFC 7240) asks for the new state besides the receipt. */
export const prefersRepresentation = ({ headers }: IncomingMessage): boolean =>
  headers['prefer'] !== undefined &&
  /(?:^|,)\s*return\s*=\s*"?representation"?\s*(?:[;,]|$)/i.test(String(headers['prefer']));

/** `X-Min-Position`, or undefined. @throws Rejection `malformed-request` */
export function minPositionOf({ headers }: IncomingMessage): number | undefined {
  const text = headers['x-min-position'];
  if (text === undefined) return undefined;
  return /^\d{1,15}$/.test(String(text)) ? Number(text) : malformed('X-Min-Position', 'a decimal position');
}

/** Whether `If-None-Match` names the entity tag: the client has this answer already (weak comparison). */
export function isKnown({ headers }: IncomingMessage, etag: string): boolean {
  const known = headers['if-none-match'];
  if (known === undefined) return false;
  if (known.trim() === '*') return true;
  const tags = known.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => tag.replace(/^W\//, '') === etag);
}
