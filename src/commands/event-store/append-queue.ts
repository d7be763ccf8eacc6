import type { AppendItem, AppendResult } from './port.js';
import { StoreUnavailable } from './port.js';

/** Sends one batch. Answers per item, in order; an `Error` in the place of a result is that item's alone. */
export type Flush = (items: AppendItem[]) => Promise<(AppendResult | Error)[]>;

export interface QueueLimits {
  /** Of one batch. */
  maxItems: number;
  maxBytes: number;
  /** Of what waits: items of one tenant, bytes of all. */
  maxWaitingPerTenant: number;
  maxWaitingBytes: number;
}

export interface AppendQueue {
  append(item: AppendItem): Promise<AppendResult>;
  /** Refuses what waits and what comes; resolves when the batch on its way is answered. */
  close(): Promise<void>;
}

const defaults: QueueLimits = {
  maxItems: 256,
  maxBytes: 4 * 1024 * 1024,
  maxWaitingPerTenant: 1_024,
  maxWaitingBytes: 64 * 1024 * 1024,
};

interface Entry {
  item: AppendItem;
  bytes: number;
  /** Streams, claims and idempotency keys that the item may change, and streams that it guards. */
  writes: string[];
  reads: string[];
  resolve: (result: AppendResult) => void;
  reject: (error: Error) => void;
}

interface State {
  limits: QueueLimits;
  flush: Flush;
  /** Waiting entries by tenant, oldest first; the tenant that is served next stands first. */
  tenants: Map<string, Entry[]>;
  waitingBytes: number;
  running: Promise<void> | null;
  closed: boolean;
}

/**
 * Coalesces appends of one log: one batch is on its way, the rest waits and goes together in the next one.
 * Tenants take turns, and items that touch the same things go one after the other, in the order they came.
 */
export function appendQueue({ flush, limits }: { flush: Flush; limits?: Partial<QueueLimits> }): AppendQueue {
  const state: State = {
    limits: { ...defaults, ...limits },
    flush,
    tenants: new Map(),
    waitingBytes: 0,
    running: null,
    closed: false,
  };
  return {
    append: (item) =>
      new Promise((resolve, reject) => {
        const refused = enqueue(state, { item, ...footprint(item), resolve, reject });
        if (refused) reject(refused);
        else state.running ??= run(state);
      }),
    close: async () => {
      state.closed = true;
      refuseWaiting(state, 'The event store is closed.');
      await state.running;
    },
  };
}

function enqueue(state: State, entry: Entry): StoreUnavailable | null {
  const { limits, tenants } = state;
  if (state.closed) return new StoreUnavailable('The event store is closed.');
  const { tenantId } = entry.item;
  const waiting = tenants.get(tenantId) ?? [];
  if (
    waiting.length >= limits.maxWaitingPerTenant ||
    state.waitingBytes + entry.bytes > limits.maxWaitingBytes
  ) {
    return new StoreUnavailable('Too many appends are waiting.');
  }
  waiting.push(entry);
  tenants.set(tenantId, waiting);
  state.waitingBytes += entry.bytes;
  return null;
}

async function run(state: State): Promise<void> {
  // Callers that were answered by one event of the loop ask again within it: all of them go together.
  await new Promise(setImmediate);
  while (state.tenants.size > 0) {
    const batch = nextBatch(state);
    const results = await state
      .flush(batch.map(({ item }) => item))
      .catch((error: Error) => batch.map(() => error));
    for (const [index, { resolve, reject }] of batch.entries()) {
      const result = results[index]!;
      if (result instanceof Error) reject(result);
      else resolve(result);
    }
    // Who waited for a batch that found no database would find none either, after the same time again.
    if (results.at(-1) instanceof StoreUnavailable) refuseWaiting(state, 'The database does not answer.');
  }
  state.running = null;
}

/** Takes entries out of the queue: in turns, within the limits, none overlapping with another one. */
function nextBatch(state: State): Entry[] {
  const { limits, tenants } = state;
  const batch: Entry[] = [];
  const taken = overlaps();
  let bytes = 0;
  let looks = limits.maxItems * 4;
  let turns = [...tenants].map(([tenantId, entries]) => ({
    tenantId,
    entries,
    next: 0,
    left: [] as Entry[],
  }));
  const all = turns;
  const room = (entry: Entry): boolean => batch.length === 0 || bytes + entry.bytes <= limits.maxBytes;
  for (let full = false; turns.length > 0 && !full;) {
    for (const turn of turns) {
      const entry = turn.entries[turn.next]!;
      full = batch.length >= limits.maxItems || !room(entry) || looks-- === 0;
      if (full) break;
      turn.next++;
      // What is left behind counts as taken as well: a later entry must not overtake it.
      if (taken.add(entry)) turn.left.push(entry);
      else {
        batch.push(entry);
        bytes += entry.bytes;
      }
    }
    turns = turns.filter(({ entries, next }) => next < entries.length);
  }
  for (const { tenantId, entries, next, left } of all) {
    if (next === left.length) continue;
    // Whoever was served goes to the end of the line.
    tenants.delete(tenantId);
    const waiting = [...left, ...entries.slice(next)];
    if (waiting.length > 0) tenants.set(tenantId, waiting);
  }
  state.waitingBytes -= bytes;
  return batch;
}

/** Remembers what entries touch; `add` tells whether one overlaps with those before it. */
function overlaps(): { add(entry: Entry): boolean } {
  const written = new Set<string>();
  const read = new Set<string>();
  return {
    add: ({ writes, reads }) => {
      const found =
        writes.some((key) => written.has(key) || read.has(key)) || reads.some((key) => written.has(key));
      for (const key of writes) written.add(key);
      for (const key of reads) read.add(key);
      return found;
    },
  };
}

function refuseWaiting(state: State, message: string): void {
  const waiting = [...state.tenants.values()].flat();
  state.tenants.clear();
  state.waitingBytes = 0;
  for (const { reject } of waiting) reject(new StoreUnavailable(message));
}

function footprint(item: AppendItem): Pick<Entry, 'bytes' | 'writes' | 'reads'> {
  const { log, tenantId, stream, events, claims, guards, idempotency } = item;
  let bytes = 256;
  for (const { data, actor, meta } of events) {
    bytes += Buffer.byteLength(data) + Buffer.byteLength(actor) + Buffer.byteLength(meta) + 128;
  }
  const writes = [`stream ${log} ${stream}`];
  for (const { kind, key } of claims) writes.push(`claim ${tenantId} ${kind} ${key}`);
  if (idempotency) writes.push(`key ${idempotency.scope} ${idempotency.key}`);
  return { bytes, writes, reads: guards.map((guard) => `stream ${guard.log ?? log} ${guard.stream}`) };
}
