import { expect, it } from 'vitest';
import { auditRecord, auditTelemetry } from '../../../src/projections/audit/audit-tables.js';
import { tableDigest } from '../../../src/projections/engine/table-digest.js';
import { append, memoryStore, workload } from '../engine/accounts-area.js';
import { engineDatabase } from '../engine/engine-database.js';

const at = engineDatabase();

it('holds every event of its log once, whatever the size of pages', async () => {
  const store = memoryStore();
  await append(store, ...workload(60, 2), {
    type: 'AccessDenied',
    data: { operationId: 'x' },
    log: 'telemetry',
  });
  const runner = at.run(store, [auditRecord, auditTelemetry], { pageLimit: 7 });
  await runner.drained();
  const [record, telemetry] = [
    await tableDigest({ pool: at.pool, projection: auditRecord }),
    await tableDigest({ pool: at.pool, projection: auditTelemetry }),
  ];
  expect([record.tables[0]!.rows, telemetry.tables[0]!.rows]).toEqual([60, 1]);
  const whole = { ...auditRecord, name: 'audit_whole' };
  await at.run(store, [whole], { processId: 'whole' }).drained();
  expect((await tableDigest({ pool: at.pool, projection: whole })).sha256).toBe(record.sha256);
});
