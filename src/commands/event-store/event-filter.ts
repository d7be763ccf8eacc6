import type { EventFilter, StoredEvent } from './port.js';

/** The category of a stream: what stands before its first dash. */
function categoryOf(stream: string): string {
  const dash = stream.indexOf('-');
  return dash < 0 ? stream : stream.slice(0, dash);
}

/** The filter as a predicate; an absent member lets everything through, an empty list nothing. */
export function matcher(filter: EventFilter = {}): (event: StoredEvent) => boolean {
  const { tenantId, stream } = filter;
  const types = filter.types && new Set(filter.types);
  const categories = filter.categories && new Set(filter.categories);
  return (event) =>
    (tenantId === undefined || event.tenantId === tenantId) &&
    (stream === undefined || event.stream === stream) &&
    (types === undefined || types.has(event.type)) &&
    (categories === undefined || categories.has(categoryOf(event.stream)));
}
