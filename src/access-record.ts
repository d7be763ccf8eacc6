import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { AuditEntry } from './api/audit-entry.js';
import type { Handle } from './commands/receipt.js';

/** Records who looked at the log and who was turned away, coalesced. */
export interface AccessRecord {
  /** Notes an access; answers at once and never throws. */
  note(entry: AuditEntry): void;
  /** Writes what is still counted. */
  close(): Promise<void>;
}

interface Counted {
  entry: AuditEntry;
  count: number;
}

const windowMs = 60_000;

/**
 * One principal reading a thousand pages is one line of the audit log, not a thousand: the first access of
 * a kind is recorded at once, those that follow within the minute are counted and recorded together.
 */
export function openAccessRecord(deps: { handle: Handle; log: Pick<Logger, 'warn'> }): AccessRecord {
  const counted = new Map<string, Counted>();
  const underWay = new Set<Promise<void>>();

  function write({ entry, count }: Counted): void {
    const { principal, operationId, outcome, permission } = entry;
    const seen = { memberId: principal.id, operationId, count };
    const request =
      outcome === 'denied'
        ? { operationId: 'recordDenial', input: { ...seen, permission: permission ?? 'unknown' } }
        : { operationId: 'recordRead', input: { ...seen, outcome } };
    const writing = deps
      .handle(principal, { ...request, correlationId: uuidv7() })
      .then(() => {})
      .catch((error: unknown) => deps.log.warn({ err: error, operationId }, 'an access was not recorded'))
      .finally(() => underWay.delete(writing));
    underWay.add(writing);
  }

  function flush(): void {
    for (const [kind, item] of counted) {
      counted.delete(kind);
      if (item.count > 0) write(item);
    }
  }

  const timer = setInterval(flush, windowMs).unref();
  return {
    note(entry) {
      const { principal, operationId, outcome, permission } = entry;
      const kind = JSON.stringify([principal.tenantId, principal.id, operationId, outcome, permission]);
      const item = counted.get(kind);
      if (item) return void item.count++;
      counted.set(kind, { entry, count: 0 });
      write({ entry, count: 1 });
    },
    async close() {
      clearInterval(timer);
      flush();
      await Promise.all(underWay);
    },
  };
}
