import type { Receipt } from '../commands/receipt.js';
import type { Query } from '../projections/engine/declaration.js';
import { addressOf, basePath } from './address.js';
import { openedText, type Headers, type Open } from './answer.js';

/** The receipt as clients see it: opened, its position a decimal string; `more` adds members. */
export function receiptText(
  { commandId, id, stream, version, position, events, reply }: Receipt,
  open: Open,
  more: Record<string, unknown> = {},
): Promise<string> {
  const body = {
    commandId,
    id,
    stream,
    version,
    position: String(position),
    events,
    ...(reply !== undefined && { reply }),
    ...more,
  };
  return openedText(body, open);
}

/** Where the states of a command's stream can be read: `GET /<collection>/:<parameter>`. */
export interface Resource {
  /** The collection below the base path. */
  collection: string;
  operationId: string;
  query: Query;
  parameter: string;
}

/**
 * The resource that a command's stream belongs to: the last fixed segment of its address that is a collection
 * with a query for one of its things; undefined where there is none.
 */
export function resourceOf(http: string, queries: Record<string, Query>): Resource | undefined {
  const fixed = addressOf(http).segments.filter((segment) => !segment.startsWith(':'));
  for (const collection of fixed.toReversed()) {
    for (const [operationId, query] of Object.entries(queries)) {
      const { segments, parameters } = addressOf(query.http);
      if (segments.length === 2 && segments[0] === collection && parameters.length === 1) {
        return { collection, operationId, query, parameter: parameters[0]! };
      }
    }
  }
  return undefined;
}

/**
 * ETag, Location of a stream that was made just now and can be read, and whether this is the answer of an
 * earlier request.
 */
export function receiptHeaders(receipt: Receipt, resource: Resource | undefined): Headers {
  return {
    ETag: `"${receipt.version}"`,
    ...(receipt.created &&
      resource && { Location: `${basePath}/${resource.collection}/${encodeURIComponent(receipt.id)}` }),
    ...(receipt.replayed && { 'Idempotency-Replayed': 'true' }),
  };
}
