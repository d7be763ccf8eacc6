import type { Logger } from 'pino';
import type { Exchange } from './exchange.js';

/** What the log calls an answer that nobody waited for. */
const clientGone = 499;

/** Operations that machines ask for every few seconds. */
const probes = new Set(['livez', 'readyz', 'metrics']);

/** The status of an answer; 499 when the client left before it began. */
export const statusOf = ({ res }: Exchange): number => (res.headersSent ? res.statusCode : clientGone);

/** Logs an answered request: opaque ids only; no address, no parameter, no header and no body. */
export function logRequest(log: Logger, exchange: Exchange, ms: number): void {
  const { operationId, requestId, principal } = exchange;
  const status = statusOf(exchange);
  const level = probes.has(operationId) ? 'debug' : status >= 500 ? 'warn' : 'info';
  if (!log.isLevelEnabled(level)) return;
  log[level](
    {
      requestId,
      operationId,
      status,
      ms: Math.round(ms * 10) / 10,
      ...(principal && { tenant: principal.tenantId, member: principal.id }),
    },
    'request',
  );
}
