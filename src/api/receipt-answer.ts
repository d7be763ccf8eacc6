import { z } from 'zod';
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

/** Where the state that a command led to can be read. */
export interface Resource {
  operationId: string;
  query: Query;
  /** Below the base path, with `:parameter` in it where there is one. */
  path: string;
  parameter: string | undefined;
}

/**
 * The resource that a command leads to: what is read at its own address (`PUT /settings`), else what it is an
 * action on (`POST /policy/activate`, `POST /approvals/:approvalId/votes`), else the thing that it makes, wherever that is read
 * (`POST /personas/:personaId/check-action` makes a decision), else a thing of the last collection in its address.
 * @param id what the id of the command's stream is called
 */
export function resourceOf(http: string, queries: Record<string, Query>, id: string): Resource | undefined {
  const { method, path, segments } = addressOf(http);
  const found = Object.entries(queries).map(([operationId, query]) => {
    const read = addressOf(query.http);
    return { operationId, query, ...read, parameter: read.parameters[0] };
  });
  const isOne = (one: (typeof found)[number]): boolean =>
    one.segments.length === 2 && one.parameters.length === 1;
  const own = found.filter(({ parameters }) => parameters.length === 1 && parameters[0] === id);
  const fixed = segments.filter((segment) => !segment.startsWith(':'));
  return (
    found.find((one) => (method === 'PUT' || method === 'PATCH') && one.path === path) ??
    // Without a parameter it is one thing of the tenant, unless it is a list.
    found.find(
      ({ parameters, query, path: read }) =>
        parameters.length === 0 &&
        !path.includes(':') &&
        path.startsWith(`${read}/`) &&
        !('items' in (query.output instanceof z.ZodObject ? query.output.shape : {})),
    ) ??
    own.filter((one) => path.startsWith(`${one.path}/`)).sort((a, b) => b.path.length - a.path.length)[0] ??
    own.find(isOne) ??
    fixed
      .toReversed()
      .map((collection) => found.find((one) => isOne(one) && one.segments[0] === collection))
      .find((one) => one !== undefined)
  );
}

/**
 * What names the resource in its address. Several things may live in one stream (the teams of a tenant): unless the
 * stream is the thing, the reply or the input names it.
 */
export const nameIn = (
  { parameter }: Resource,
  id: string,
  receipt: Receipt,
  input: Record<string, unknown>,
): unknown => {
  if (parameter === undefined || parameter === id) return receipt.id;
  const reply = receipt.reply as Record<string, unknown> | undefined;
  return reply?.[parameter] ?? input[parameter] ?? receipt.id;
};

/**
 * ETag, Location of a stream that was made just now and can be read, and whether this is the answer of an
 * earlier request.
 */
export function receiptHeaders(receipt: Receipt, resource: Resource | undefined, name: unknown): Headers {
  return {
    ETag: `"${receipt.version}"`,
    ...(receipt.created &&
      resource && {
        Location: basePath + resource.path.replace(/:\w+/, encodeURIComponent(String(name))),
      }),
    ...(receipt.replayed && { 'Idempotency-Replayed': 'true' }),
  };
}
