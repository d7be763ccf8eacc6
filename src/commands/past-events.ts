import type { AnyDecider, FactReader, PastEvent } from '../domain/kernel.js';
import { streamName } from '../domain/kernel.js';
import type { EventFilter, StoredEvent } from './event-store/port.js';
import type { PipelineDeps } from './prepare.js';
import { logOf, readEvent } from './states.js';

type Deps = Pick<PipelineDeps, 'store' | 'codec' | 'modules'>;
type Selection = Parameters<FactReader['events']>[0];
type Range = Parameters<FactReader['events']>[1];

const pageEvents = 1_000;
/** Pages of a stream are not bounded by their bytes, so they are shorter. */
const streamPageEvents = 200;

/**
 * The events of a tenant with `after` < position ≤ `to`, in order, holding one page at a time; those of a stream by
 * the positions of its own log.
 * @throws Rejection `outdated`, `event-unreadable`; StoreUnavailable
 */
export async function* pastEvents(
  deps: Deps,
  tenantId: string,
  { types, stream }: Selection,
  range: Range,
): AsyncGenerator<PastEvent> {
  const wanted = types && new Set(types);
  const pages = stream
    ? streamPages(deps, stream.decider, streamName(stream.decider.name, tenantId, stream.id), range)
    : logPages(deps, { tenantId, ...(types && { types: withRetired(deps, types) }) }, range);
  for await (const page of pages) {
    for (const stored of page) {
      if (stored.position <= range.after) continue;
      if (stored.position > range.to) return;
      const { position, eventId, type, data, meta } = readEvent(deps.codec, stored);
      if (!wanted || wanted.has(type)) yield { position, eventId, type, data, meta };
    }
  }
}

async function* logPages(
  { store }: Deps,
  filter: EventFilter,
  { after, to }: Range,
): AsyncGenerator<StoredEvent[]> {
  for (let from = after; from < to;) {
    const page = await store.readAll('record', from, pageEvents, filter);
    yield page.events;
    if (page.atHead) return;
    from = page.scannedTo;
  }
}

async function* streamPages(
  { store }: Deps,
  decider: AnyDecider,
  stream: string,
  { after, to }: Range,
): AsyncGenerator<StoredEvent[]> {
  if (after >= to) return;
  for (let version = 0; ;) {
    const page = await store.readStream(logOf(decider), stream, version, streamPageEvents);
    yield page;
    if (page.length < streamPageEvents) return;
    version = page.at(-1)!.version;
  }
}

/** The types with the names that their deciders gave to events before: what is stored under those may be of them. */
function withRetired({ modules }: Deps, types: readonly string[]): string[] {
  const retired = modules
    .filter(({ decider }) => types.some((type) => Object.hasOwn(decider.events, type)))
    .flatMap(({ decider }) => Object.keys(decider.upcasters));
  return [...types, ...retired];
}
