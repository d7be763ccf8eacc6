/** Which events a client asks for, and the one thing it cannot ask for: another tenant's. */
import { z } from 'zod';
import type { EventFilter, EventStore, Log } from '../commands/event-store/port.js';
import type { Principal } from '../commands/receipt.js';
import { refuse } from '../commands/rejections.js';
import { parseStream } from '../domain/kernel.js';
import type { Open } from './answer.js';
import type { Audit } from './audit-entry.js';
import { demand, type Allowed } from './auth.js';
import type { SignedExchange } from './exchange.js';
import type { OpenStreams } from './open-streams.js';
import { minPositionOf } from './preconditions.js';
import type { Timers } from './timers.js';

export interface EventDeps {
  store: Pick<EventStore, 'readAll' | 'readStream' | 'exportLines' | 'subscribe' | 'head'>;
  open: Open;
  allowed: Allowed;
  audit: Audit;
  streams: OpenStreams;
  timers: Timers;
}

export const readPermission = 'events:read';
const openPermission = 'events:open';

export const position = z.string().regex(/^\d{1,15}$/, 'must be a decimal position');
export const log = z.enum(['record', 'telemetry']).default('record');
/** `stored` shows sealed values as they are on disk, `open` what they say. */
export const form = z.enum(['stored', 'open']).default('stored');
export const limit = z.int().min(1).max(500).default(50);

const name = z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,99}$/, 'must be a name of letters and digits');

/** Parameters that select events. */
export const selection = {
  types: z.array(name).max(100).optional(),
  categories: z.array(name).max(100).optional(),
  stream: z.string().min(1).max(300).optional(),
  log,
};

/** An event as the API shows it: api.md §3, the members in canonical order. */
export const eventSchema = z.strictObject({
  actor: z.looseObject({ kind: z.string(), id: z.string() }),
  data: z.looseObject({}),
  id: z.uuid(),
  meta: z.looseObject({
    commandId: z.string(),
    correlationId: z.string().nullable(),
    causationId: z.string().nullable(),
    dataClass: z.string(),
    subjects: z.array(z.string()),
  }),
  occurredAt: z.iso.datetime({ precision: 3 }),
  position,
  recordedAt: z.iso.datetime({ precision: 3 }),
  schemaVersion: z.int(),
  stream: z.string(),
  tenant: z.string(),
  type: z.string(),
  version: z.int(),
});

/** The selection within the principal's own tenant. @throws Rejection `not-found` for another tenant's stream */
export function filterOf(
  { tenantId }: Principal,
  selected: { types?: string[] | undefined; categories?: string[] | undefined; stream?: string | undefined },
): EventFilter {
  const { types, categories, stream } = selected;
  if (stream !== undefined) checkOwn(tenantId, stream);
  return { tenantId, ...(types && { types }), ...(categories && { categories }), ...(stream && { stream }) };
}

/** @throws Rejection `not-found` unless the stream's name is one of the tenant's */
export function checkOwn(tenantId: string, stream: string): void {
  if (parseStream(stream)?.tenantId !== tenantId) refuse('not-found', 'there is no such stream');
}

/**
 * Admits a read of events: `open` needs a permission of its own, `X-Min-Position` must not be beyond the head.
 * Notes the access.
 */
export async function admitRead(
  { store, allowed, audit }: EventDeps,
  { req, principal }: SignedExchange,
  operationId: string,
  asked: { log: Log; form: 'stored' | 'open' },
): Promise<void> {
  if (asked.form === 'open') demand(allowed, principal, operationId, openPermission);
  const least = minPositionOf(req);
  if (least !== undefined) await checkReached(store, asked.log, least, 'X-Min-Position');
  audit({ principal, operationId, outcome: asked.form === 'open' ? 'opened' : 'read' });
}

/** Answers the head of a log. @throws Rejection `invalid-input` for a position that it has not reached */
export async function checkReached(
  store: Pick<EventStore, 'head'>,
  which: Log,
  wanted: number,
  what: string,
): Promise<number> {
  const head = await store.head(which);
  if (wanted <= head) return head;
  const detail = `${what} ${wanted} is beyond the head of the log, ${head}`;
  return refuse('invalid-input', detail, { errors: [{ pointer: what === 'after' ? '/after' : '', detail }] });
}
