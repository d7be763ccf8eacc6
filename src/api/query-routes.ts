/** One route per query: the address makes the input, the answer comes with the position that it reflects. */
import type { Principal } from '../commands/receipt.js';
import { refuse } from '../commands/rejections.js';
import type { Answer, Query, Reader } from '../projections/engine/declaration.js';
import { addressOf, basePath } from './address.js';
import { openedText, send, sendJson, type Headers, type Open } from './answer.js';
import { demand, identify, type Allowed, type Authenticate } from './auth.js';
import type { Route, SignedExchange } from './exchange.js';
import { parseAddress, queryParameters, type QueryParameters } from './input.js';
import type { OwnWrites } from './own-writes.js';
import { isKnown, minPositionOf } from './preconditions.js';

/** One query, run for a reader. @throws Rejection, StoreUnavailable */
export type RunQuery = (request: {
  operationId: string;
  query: Query;
  input: Record<string, unknown>;
  reader: Reader;
  /** The answer must reflect this position of the record log: wait for it, then 503; beyond the head 400. */
  minPosition?: number;
  /** The principal's own last write through this process: waited for in the same way. */
  ownPosition?: number;
  /** An instant (ISO 8601) or a position (decimal), as the client wrote it. */
  asOf?: string;
}) => Promise<{
  answer: Answer<unknown>;
  /** The position of the record log that the answer reflects. */
  position: number;
  /** Names of the models it read that are parked or inexact. */
  degraded: readonly string[];
}>;

export interface QueryRouteDeps {
  queries: Record<string, Query>;
  runQuery: RunQuery;
  authenticate: Authenticate;
  allowed: Allowed;
  open: Open;
  ownWrites: OwnWrites;
}

export const readerOf = ({ tenantId, id, roles, teams }: Principal): Reader => ({
  tenantId,
  memberId: id,
  roles,
  teams,
});

/** The routes of all queries. */
export function queryRoutes(deps: QueryRouteDeps): Route[] {
  return Object.entries(deps.queries).map(([operationId, query]) => ({
    operationId,
    http: `GET ${basePath}${addressOf(query.http).path}`,
    run: async (exchange) => {
      const signed = await identify(exchange, deps.authenticate);
      demand(deps.allowed, signed.principal, operationId, query.permission);
      await answerQuery(deps, signed, operationId, query);
    },
  }));
}

async function answerQuery(
  deps: QueryRouteDeps,
  { req, res, principal }: SignedExchange,
  operationId: string,
  query: Query,
): Promise<void> {
  const parameters = queryParameters(req.originalUrl);
  const asOf = query.asOf ? asOfIn(parameters) : undefined;
  const input = parseAddress(query.input, req.params as Record<string, string>, parameters);
  const minPosition = minPositionOf(req);
  const ownPosition = deps.ownWrites.of(principal);
  const { answer, position, degraded } = await deps.runQuery({
    operationId,
    query,
    input,
    reader: readerOf(principal),
    ...(minPosition !== undefined && { minPosition }),
    ...(ownPosition !== undefined && { ownPosition }),
    ...(asOf !== undefined && { asOf }),
  });
  const etag = answer.version === undefined ? undefined : `"${answer.version}"`;
  const headers: Headers = {
    'X-Position': String(position),
    'Cache-Control': cacheControl(answer),
    ...(degraded.length > 0 && { 'X-Degraded': degraded.join(', ') }),
    ...(etag !== undefined && { ETag: etag, Vary: 'Authorization' }),
  };
  if (etag !== undefined && !answer.changesUnseen && isKnown(req, etag)) return send(res, 304, headers);
  const link = nextLink(req.originalUrl, 'cursor', query.input.shape, answer.body);
  sendJson(res, 200, await openedText(answer.body, deps.open), { ...headers, ...link });
}

/** Takes `asOf` out of the parameters: it belongs to the engine, no query declares it. */
function asOfIn(parameters: QueryParameters): string | undefined {
  const values = parameters.get('asOf');
  if (!values) return undefined;
  parameters.delete('asOf');
  const [text = ''] = values;
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  if (values.length === 1 && (/^\d{1,15}$/.test(text) || (isInstant && !Number.isNaN(Date.parse(text))))) {
    return text;
  }
  const detail = 'one instant (ISO 8601 with its offset, such as 2026-01-31T12:00:00Z) or position';
  return refuse('invalid-input', undefined, { errors: [{ pointer: '/asOf', detail }] });
}

/** An answer belongs to who asked: shared caches keep none, and a version may be kept but must be asked for again. */
function cacheControl({ maxAge, version }: Answer<unknown>): string {
  if (maxAge !== undefined) return `private, max-age=${maxAge}`;
  return version === undefined ? 'no-store' : 'private, no-cache';
}

/** `Link: rel="next"` (RFC 8288) for a page that has a next one: the same address, the cursor moved on. */
export function nextLink(
  target: string,
  parameter: string,
  shape: Record<string, unknown>,
  body: unknown,
): Headers {
  const next = typeof body === 'object' && body !== null && 'next' in body ? body.next : undefined;
  if (typeof next !== 'string' || !(parameter in shape)) return {};
  const [path, search = ''] = target.split('?', 2) as [string, string?];
  const kept = search.split('&').filter((part) => part !== '' && part.split('=', 1)[0] !== parameter);
  const query = [...kept, `${parameter}=${encodeURIComponent(next)}`].join('&');
  return { Link: `<${path}?${query}>; rel="next"` };
}
