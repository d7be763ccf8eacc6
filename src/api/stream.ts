/** `GET /events/stream`: the log as server-sent events, from any position on, for as long as the key holds. */
import { z } from 'zod';
import { eventLine } from '../commands/event-store/event-line.js';
import type { EventFilter, Log, StoredEvent } from '../commands/event-store/port.js';
import { refuse } from '../commands/rejections.js';
import { send } from './answer.js';
import { pacedWriter } from './back-pressure.js';
import type { EngineOperation } from './engine-routes.js';
import {
  admitRead,
  checkReached,
  eventSchema,
  filterOf,
  position,
  readPermission,
  selection,
  type EventDeps,
} from './event-selection.js';
import type { SignedExchange } from './exchange.js';
import { within } from './timers.js';

const heartbeatMs = 15_000;
/** A heartbeat waits no longer than this for the position that it shall carry. */
const lookMs = 1_000;
/** Milliseconds after which a browser connects again. */
const retryMs = 1_000;
const chunkLength = 64 * 1024;
const eventStream = 'text/event-stream';

const input = z.strictObject({ after: position.default('0'), ...selection });

/**
 * Server-sent events: `id` is the position, `event` the type, `data` the event. Last-Event-ID wins over
 * `after`. A heartbeat carries the id of the last position looked at, also where nothing was selected, without
 * data, so that it moves the client's cursor and dispatches nothing.
 */
export const streamEvents = {
  http: 'GET /events/stream',
  summary: 'The log as server-sent events; resumes from Last-Event-ID, or after a position',
  permission: readPermission,
  input,
  output: eventSchema,
  headers: ['lastEventId'],
  media: { [eventStream]: 'id: position, event: type, data: one event as canonical JSON' },
} satisfies EngineOperation;

const headers = {
  'Content-Type': eventStream,
  'Cache-Control': 'no-store',
  // Proxies that buffer would hold events back.
  'X-Accel-Buffering': 'no',
};

/** Answers with events as they come, until the client leaves, the key ends or the server stops. */
export const answerLive =
  (deps: EventDeps) =>
  async (exchange: SignedExchange, asked: z.output<typeof input>): Promise<void> => {
    const { req, res, principal } = exchange;
    const filter = filterOf(principal, asked);
    const after = lastEventId(exchange) ?? Number(asked.after);
    await admitRead(deps, exchange, 'streamEvents', { log: asked.log, form: 'stored' });
    await checkReached(deps.store, asked.log, after, 'after');
    if (req.method === 'HEAD') return send(res, 200, headers);
    const { signal, leave } = deps.streams.admit(exchange, 'live', readPermission);
    exchange.isStream = true;
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    try {
      await follow(deps, exchange, { log: asked.log, after, filter }, signal);
    } finally {
      leave();
      res.end();
    }
  };

function lastEventId({ req }: SignedExchange): number | undefined {
  const text = req.headers['last-event-id'];
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,15}$/.test(String(text))) return Number(text);
  return refuse('malformed-request', 'Last-Event-ID: a decimal position', { header: 'Last-Event-ID' });
}

interface From {
  log: Log;
  after: number;
  filter: EventFilter;
}

async function follow(
  deps: EventDeps,
  { res }: SignedExchange,
  from: From,
  signal: AbortSignal,
): Promise<void> {
  const { store, timers } = deps;
  const write = pacedWriter({ res, signal, timers });
  let cursor = from.after;
  let isBusy = false;
  // A client that has not taken the last chunk needs no sign of life, and its buffer no more bytes.
  const isIdle = (): boolean => !isBusy && !signal.aborted;
  const beat = async (): Promise<void> => {
    if (!isIdle()) return;
    const looked = await quietUpTo(deps, { ...from, after: cursor });
    if (!isIdle()) return;
    cursor = Math.max(cursor, looked);
    res.write(`: heartbeat\nid: ${cursor}\n\n`);
  };
  const stopBeating = timers.every(heartbeatMs, () => void beat());
  try {
    await write(`retry: ${retryMs}\n\n`);
    for await (const page of store.subscribe(from.log, from.after, signal, from.filter)) {
      isBusy = true;
      for (const chunk of chunksOf(page.events)) if (!(await write(chunk))) return;
      cursor = page.scannedTo;
      isBusy = false;
    }
  } finally {
    stopBeating();
  }
}

/**
 * The greatest position up to which no selected event can come any more: the log itself is asked, because a
 * subscription tells nothing of what it passed over. `after` where an event waits or the log cannot answer.
 */
async function quietUpTo({ store, timers }: EventDeps, { log, after, filter }: From): Promise<number> {
  const looked = store.readAll(log, after, 1, filter).then(
    ({ events, scannedTo }) => (events.length === 0 ? scannedTo : after),
    () => after,
  );
  return within(lookMs, looked, timers, after);
}

/** Events as server-sent events, in chunks small enough to wait between them. */
function* chunksOf(events: StoredEvent[]): Generator<string> {
  let chunk = '';
  for (const event of events) {
    chunk += `id: ${event.position}\nevent: ${event.type}\ndata: ${eventLine(event)}\n\n`;
    if (chunk.length < chunkLength) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
