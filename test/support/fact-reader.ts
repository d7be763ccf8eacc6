import { createHash } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import { memoryCounters } from '../../src/commands/counters.js';
import { mapMembers } from '../../src/commands/sealing/map-members.js';
import {
  streamName,
  type AnyDecider,
  type Caller,
  type FactReader,
  type PastEvent,
} from '../../src/domain/kernel.js';
import { isSealed } from '../../src/domain/sealed.js';
import { sealed } from './given.js';

/** What other streams hold, by `<kind> <key>` and by `<category> <id>`; all else is free or empty. */
interface Elsewhere {
  /** Ids of the streams that hold a claim. */
  claims?: Record<string, string>;
  states?: Record<string, unknown>;
  /** What is in the record, in order. */
  events?: readonly PastEvent[];
  /** What was counted before, by key. */
  counted?: Record<string, number>;
  streamId?: string;
  caller?: Partial<Caller>;
  now?: string;
}

const tenantId = 'acme';
const commandId = '01890000-0000-7000-8000-00000000c0de';
const ada: Caller = { kind: 'user', id: 'ada', credential: 'acme.0', roles: ['owner'], teams: [] };

/** The reader that a command's `facts` get, over what is given, in tenant `acme`. */
export function factReader({
  claims = {},
  states = {},
  events = [],
  counted = {},
  streamId = '01890000-0000-7000-8000-000000000001',
  caller = {},
  now = '2026-01-02T03:04:05.678Z',
}: Elsewhere = {}): FactReader {
  const counters = memoryCounters();
  const head = events.at(-1)?.position ?? 0;
  return {
    tenantId,
    streamId,
    caller: { ...ada, ...caller },
    now,
    state: <S>({ name, initialState }: AnyDecider & { initialState: () => S }, id: string): Promise<S> =>
      Promise.resolve((states[`${name} ${id}`] ?? initialState()) as S),
    claimOwner: (kind, key) => Promise.resolve(claims[`${kind} ${key}`] ?? null),
    count: async (counts) => {
      const values = await counters.count(tenantId, 'the-command', counts);
      return values.map((value, index) => value + (counted[counts[index]!.key] ?? 0));
    },
    id: (name) => uuidv5(name, commandId),
    pause: () => Promise.resolve(),
    pseudonym: (text) => createHash('sha256').update(`${tenantId} ${text}`).digest('hex'),
    seal: (_, __, value) => Promise.resolve(sealed(value)),
    open: (value) => Promise.resolve(opened(value) as typeof value),
    async *events({ types, stream }, { after, to }) {
      const name = stream && streamName(stream.decider.name, tenantId, stream.id);
      for (const event of events) {
        if (event.position <= after || event.position > to) continue;
        if (types && !types.includes(event.type)) continue;
        if (name === undefined || event.meta.stream === name) yield event;
      }
    },
    positionAt: (moment) =>
      Promise.resolve(
        /^\d+$/.test(moment)
          ? Number(moment)
          : (events.findLast(({ meta }) => Date.parse(meta.recordedAt) <= Date.parse(moment))?.position ?? 0),
      ),
    head: () => Promise.resolve(head),
  };
}

/** Undoes `sealed`, at any depth. */
const opened = (value: unknown): unknown =>
  isSealed(value)
    ? JSON.parse(Buffer.from(value.$sealed.ct, 'base64url').toString())
    : mapMembers(value, opened);
