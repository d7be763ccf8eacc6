import type { Pool } from 'pg';
import type { Deadline, ReadDeadlines } from '../../commands/timers.js';
import { isUndefinedTable } from '../engine/failures.js';
import { listModels } from '../engine/models.js';
import { deadlines, type DeadlineRow } from './deadlines.js';

const dueAt = `((d.row->>'nextDueAt') COLLATE "C")`;

/**
 * Each tenant's earliest rows by its own part of the index, then the earliest of those: however many timers run, a
 * look at those that are due touches little more than them.
 */
const earliest = (table: string): string =>
  `WITH RECURSIVE tenants AS (
     (SELECT d.tenant_id FROM rm.${table} d ORDER BY d.tenant_id LIMIT 1)
     UNION ALL
     SELECT (SELECT d.tenant_id FROM rm.${table} d WHERE d.tenant_id > t.tenant_id ORDER BY d.tenant_id LIMIT 1)
     FROM tenants t WHERE t.tenant_id IS NOT NULL
   )
   SELECT d.tenant_id, d.row FROM tenants t CROSS JOIN LATERAL (
     SELECT d.tenant_id, d.key, d.row FROM rm.${table} d
     WHERE d.tenant_id = t.tenant_id AND ${dueAt} >= $1 AND (${dueAt}, d.tenant_id, d.key) > ($1, $2, $3)
     ORDER BY ${dueAt}, d.key LIMIT $4) d
   ORDER BY ${dueAt}, d.tenant_id, d.key LIMIT $4`;

/**
 * Reads the running timers of all tenants from the table that serves, the earliest first. While a table is built the
 * one before it serves; before the first one serves there are none.
 */
export function openDeadlines(pool: Pool): ReadDeadlines {
  return async (after, limit) => {
    const models = await listModels(pool, [deadlines]);
    const live = models.find(({ state }) => state === 'live');
    if (!live) return [];
    const from = [after?.nextDueAt ?? '', after?.tenantId ?? '', after?.stream ?? ''];
    const { rows } = await pool
      .query<{ tenant_id: string; row: DeadlineRow }>(earliest(live.table), [...from, limit])
      .catch((error: unknown) => {
        // Another table took its place just now: the next look finds it.
        if (isUndefinedTable(error)) return { rows: [] };
        throw error;
      });
    return rows.map(({ tenant_id: tenantId, row }): Deadline => ({ tenantId, ...row }));
  };
}
