/** Moments of the log: a position, or an instant, which means the last position recorded at or before it. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { EventStore } from './event-store/port.js';
import { refuse } from './rejections.js';

type Clock = Pick<EventStore, 'head' | 'positionAt' | 'now'>;

const anInstant = z.iso.datetime({ offset: true });

/** How far ahead of this process's clock an instant may be, which another clock gave: it is waited for. */
const clockSkewMs = 1_000;

/**
 * The position in the record log that a position or an instant means.
 * @param pointer where it stands in the input, for the refusal
 * @throws Rejection `invalid-input` when it is neither, or in the future
 */
export async function positionOf(store: Clock, text: string, pointer: string): Promise<number> {
  if (/^\d{1,15}$/.test(text)) {
    const position = Number(text);
    if (position <= (await store.head('record'))) return position;
    return refused(pointer, 'the log has not come to this position yet');
  }
  if (!anInstant.safeParse(text).success) {
    return refused(pointer, 'must be a position or an instant such as 2026-03-01T12:00:00.000Z');
  }
  const instant = instantOf(text);
  if (instant === null) return refused(pointer, 'is no instant that can be');
  const aheadMs = Date.parse(instant) - Date.parse(store.now());
  if (aheadMs > clockSkewMs) return refused(pointer, 'lies in the future');
  // What is recorded within the instant's own millisecond belongs to it: it has to be over.
  if (aheadMs >= 0) await delay(aheadMs + 2);
  return store.positionAt('record', instant);
}

/**
 * An instant (ISO 8601, any offset) as UTC with three decimals, or null: databases know neither a year 0 nor
 * offsets of a day, which the notation allows.
 */
export function instantOf(text: string): string | null {
  const instant = new Date(Date.parse(text));
  return Number.isNaN(instant.getTime()) || instant.getUTCFullYear() < 1 ? null : instant.toISOString();
}

const refused = (pointer: string, detail: string): never =>
  refuse('invalid-input', detail, { errors: [{ pointer, detail }] });
