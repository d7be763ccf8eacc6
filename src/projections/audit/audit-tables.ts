import type { Log } from '../../commands/event-store/port.js';
import { sqlProjection, type SqlProjection } from '../engine/declaration.js';
import { auditRow } from './audit-row.js';

/**
 * Instants are texts, in which no time zone shows; the one that is sorted by is there as a number too, because
 * four indexes carry it.
 */
const columns = `tenant_id text COLLATE "C" NOT NULL, position bigint NOT NULL, recorded_ms bigint NOT NULL,
  recorded_at text COLLATE "C" NOT NULL, occurred_at text COLLATE "C" NOT NULL, actor jsonb NOT NULL,
  actor_id text COLLATE "C" NOT NULL, credential text COLLATE "C", type text COLLATE "C" NOT NULL,
  stream text COLLATE "C" NOT NULL, persona_id text COLLATE "C", command_id text COLLATE "C" NOT NULL,
  outcome text COLLATE "C" NOT NULL, detail jsonb NOT NULL, search text COLLATE "C" NOT NULL`;

/** One row for every event of a log. */
const auditOf = (log: Log): SqlProjection =>
  sqlProjection({
    name: `audit_${log}`,
    version: 1,
    log,
    types: '*',
    ddl: [
      `CREATE TABLE {table} (${columns}, PRIMARY KEY (tenant_id, recorded_ms, position))`,
      'CREATE INDEX ON {table} (tenant_id, actor_id, recorded_ms, position)',
      'CREATE INDEX ON {table} (tenant_id, type, recorded_ms, position)',
      'CREATE INDEX ON {table} (tenant_id, persona_id, recorded_ms, position) WHERE persona_id IS NOT NULL',
    ],
    apply: async (db, table, events) => {
      await db.query(
        `INSERT INTO ${table} SELECT tenant_id, position, recorded_ms, recorded_at, occurred_at, actor,
           coalesce(actor->>'id', ''), actor->>'credential', type, stream, persona_id, command_id, outcome,
           detail, search
         FROM jsonb_to_recordset($1::jsonb) AS e (tenant_id text, position bigint, recorded_ms bigint, recorded_at text,
           occurred_at text, actor jsonb, type text, stream text, persona_id text, command_id text,
           outcome text, detail jsonb, search text)`,
        [JSON.stringify(events.map(auditRow))],
      );
    },
  });

export const auditRecord = auditOf('record');
export const auditTelemetry = auditOf('telemetry');
