import { describe, expect, it } from 'vitest';
import { auditTelemetry } from '../../../src/projections/audit/audit-tables.js';
import { drained } from '../../../src/projections/engine/drained.js';
import { accounts, append, memoryStore, sums } from './accounts-area.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();

const behind = (
  store: ReturnType<typeof memoryStore>,
  position?: number,
  signal = new AbortController().signal,
) =>
  drained(
    {
      store,
      pool: at.pool,
      projections: [accounts(), sums(), auditTelemetry],
      moved: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      signal,
    },
    { position, timeoutMs: 50 },
  );

describe('drained', () => {
  it('names who is behind, in either log', async () => {
    const store = memoryStore();
    await at.run(store, [accounts(), sums(), auditTelemetry]).stop();
    await expect(behind(store)).rejects.toThrow('behind the log: accounts, sums, audit_telemetry');
    const runner = at.run(store, [accounts(), sums(), auditTelemetry]);
    await runner.drained();
    await runner.stop();
    await behind(store);
    await append(store, { type: 'AccessDenied', log: 'telemetry' });
    await expect(behind(store)).rejects.toThrow('behind the log: audit_telemetry');
    // A position is one of the record log.
    await behind(store, 0);
    await expect(behind(store, 1)).rejects.toThrow('behind the log: accounts, sums');
  });

  it('waits out failures of the database, and tells of the last one', async () => {
    const store = memoryStore();
    await at.run(store, [accounts(), sums(), auditTelemetry]).drained();
    const { query } = at.pool;
    const down = new Error('down');
    let failures = 2;
    at.pool.query = ((...given: Parameters<typeof query>) => {
      failures -= 1;
      return failures < 0 ? query.apply(at.pool, given) : Promise.reject(down);
    }) as typeof query;
    await behind(store);
    failures = 1_000;
    await expect(behind(store)).rejects.toMatchObject({ cause: down });
  });

  it('ends when it is told to', async () => {
    await expect(behind(memoryStore(), 0, AbortSignal.abort())).rejects.toThrow('behind the log');
  });
});
