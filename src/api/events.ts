/** The log over HTTP: pages of events, one stream, and the whole range as lines. */
import { z } from 'zod';
import { eventLine } from '../commands/event-store/event-line.js';
import type { EventFilter, Log } from '../commands/event-store/port.js';
import { refuse } from '../commands/rejections.js';
import { prefers } from './accept.js';
import { reopenedText, send, sendJson } from './answer.js';
import { pacedWriter } from './back-pressure.js';
import type { EngineOperation } from './engine-routes.js';
import {
  admitRead,
  checkOwn,
  checkReached,
  eventSchema,
  filterOf,
  form,
  limit,
  log,
  position,
  readPermission,
  selection,
  type EventDeps,
} from './event-selection.js';
import type { SignedExchange } from './exchange.js';
import { nextLink } from './query-routes.js';

const linesType = 'application/x-ndjson';
/** Events whose sealed values are opened at a time while lines stream. */
const openedPage = 200;

const page = z.strictObject({ items: z.array(eventSchema), next: z.string().nullable() });

const eventsInput = z.strictObject({
  after: position.default('0'),
  to: position.optional(),
  limit,
  ...selection,
  form,
});

/** `GET /events`: a page, or with `Accept: application/x-ndjson` the whole range. */
export const readEvents = {
  http: 'GET /events',
  summary: 'Events of the log in order: a page, or the whole range as lines (Accept: application/x-ndjson)',
  permission: readPermission,
  input: eventsInput,
  output: page,
  media: { [linesType]: 'one event as canonical JSON (RFC 8785) per line; limit does not apply' },
} satisfies EngineOperation;

/** Answers with events in the form that the client accepts. */
export const answerEvents =
  (deps: EventDeps) =>
  async (exchange: SignedExchange, input: z.output<typeof eventsInput>): Promise<void> => {
    const filter = filterOf(exchange.principal, input);
    await admitRead(deps, exchange, 'readEvents', input);
    const after = Number(input.after);
    const head = await checkReached(deps.store, input.log, after, 'after');
    // What is appended from now on belongs to the next answer: this one reflects the log up to its head.
    const to = Math.min(input.to === undefined ? head : Number(input.to), head);
    const range = { log: input.log, after, to, head, filter };
    exchange.res.setHeader('Vary', 'Accept');
    if (prefers(exchange.req, linesType)) return streamLines(deps, exchange, range, input.form);
    await answerPage(deps, exchange, range, input);
  };

interface Range {
  log: Log;
  after: number;
  to: number;
  /** The head of the log when the range was asked for. */
  head: number;
  filter: EventFilter;
}

async function answerPage(
  { store, open }: EventDeps,
  { req, res }: SignedExchange,
  range: Range,
  { limit: most, form: shown }: { limit: number; form: 'stored' | 'open' },
): Promise<void> {
  const found = await store.readAll(range.log, range.after, most, range.filter);
  const events = found.events.filter((event) => event.position <= range.to);
  const next = found.atHead || found.scannedTo >= range.to ? null : String(found.scannedTo);
  sendPage(res, await pageText(events.map(eventLine), next, shown, open), {
    'X-Position': String(range.head),
    ...nextLink(req.originalUrl, 'after', eventsInput.shape, { next }),
  });
}

const sendPage = (res: SignedExchange['res'], text: string, headers: Record<string, string>): void =>
  sendJson(res, 200, text, { 'Cache-Control': 'no-store', ...headers });

async function pageText(
  lines: string[],
  next: string | null,
  shown: 'stored' | 'open',
  open: EventDeps['open'],
): Promise<string> {
  const text = `{"items":[${lines.join(',')}],"next":${JSON.stringify(next)}}`;
  return shown === 'open' ? reopenedText(text, open) : text;
}

/** Streams a range as lines. A cut-off answer is broken, never ended, so that nobody takes it for the whole. */
async function streamLines(
  deps: EventDeps,
  exchange: SignedExchange,
  range: Range,
  shown: 'stored' | 'open',
): Promise<void> {
  const { req, res } = exchange;
  const headers = {
    'Content-Type': linesType,
    'Cache-Control': 'no-store',
    'X-Position': String(range.head),
  };
  if (req.method === 'HEAD') return send(res, 200, headers);
  const { signal, leave } = deps.streams.admit(exchange, 'export', readPermission);
  exchange.isStream = true;
  try {
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    const chunks =
      shown === 'open'
        ? openedLines(deps, range)
        : deps.store.exportLines(range.log, range.after, range.to, range.filter);
    const write = pacedWriter({ res, signal, timers: deps.timers, giveUp: () => res.destroy() });
    for await (const chunk of chunks) if (!(await write(chunk))) break;
    if (signal.aborted) res.destroy();
    else res.end();
  } finally {
    leave();
  }
}

async function* openedLines({ store, open }: EventDeps, range: Range): AsyncGenerator<string> {
  let { after } = range;
  while (after < range.to) {
    const found = await store.readAll(range.log, after, openedPage, range.filter);
    const events = found.events.filter((event) => event.position <= range.to);
    const opened = await Promise.all(events.map((event) => reopenedText(eventLine(event), open)));
    if (opened.length > 0) yield opened.join('\n') + '\n';
    if (found.atHead) return;
    after = found.scannedTo;
  }
}

const streamInput = z.strictObject({
  stream: z.string().min(1).max(300),
  after: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a version')
    .default('0'),
  limit,
  log,
  form,
});

/** `GET /streams/:stream`: the events of one stream; `after` and `next` are versions. */
export const readStream = {
  http: 'GET /streams/:stream',
  summary: 'The events of one stream, in order; after and next are versions',
  permission: readPermission,
  input: streamInput,
  output: page,
} satisfies EngineOperation;

/** Answers with a page of one stream. */
export const answerStream =
  (deps: EventDeps) =>
  async (exchange: SignedExchange, input: z.output<typeof streamInput>): Promise<void> => {
    const { req, res, principal } = exchange;
    checkOwn(principal.tenantId, input.stream);
    await admitRead(deps, exchange, 'readStream', input);
    const head = await deps.store.head(input.log);
    // One more than asked for tells whether there is a next page.
    const after = Number(input.after);
    const found = await deps.store.readStream(input.log, input.stream, after, input.limit + 1);
    if (found.length === 0 && after === 0) return refuse('not-found', 'there is no such stream');
    const events = found.slice(0, input.limit);
    const next = found.length > events.length ? String(events.at(-1)!.version) : null;
    sendPage(res, await pageText(events.map(eventLine), next, input.form, deps.open), {
      'X-Position': String(head),
      ...nextLink(req.originalUrl, 'after', streamInput.shape, { next }),
    });
  };
