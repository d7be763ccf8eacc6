import type { Pool } from 'pg';
import { postgresLeases, type Leases } from './leases.js';

/** An event whose reactions failed by a defect: they wait for another attempt while the reactor goes on. */
export interface SetAside {
  position: number;
  eventId: string;
  tenantId: string;
  stream: string;
  type: string;
  /** The last failure, in one line. */
  cause: string;
  attempts: number;
}

/** Where a reactor stands, whoever works for it. */
export interface Standing {
  position: number;
  setAside: number;
}

/**
 * How far each reactor has come in the record, and what it has set aside. A rebuild of read models knows nothing of
 * this. What is changed under a token is changed by the present holder of the reactor's lease alone.
 */
export interface Checkpoints {
  /** The right to work for a reactor. */
  leases: Leases;
  /** Every event up to here was reacted to or set aside; 0 for a reactor that never worked. */
  position(reactor: string): Promise<number>;
  /** Moves the checkpoint; false where the token or `from` is no longer what holds, and then nothing has changed. */
  move(reactor: string, token: number, from: number, to: number): Promise<boolean>;
  /** Sets an event aside for so long, or one that is already for so long again; false for a token of the past. */
  setAside(reactor: string, token: number, event: SetAside, ms: number): Promise<boolean>;
  /** The events whose time has come, in log order. */
  due(reactor: string, limit: number): Promise<Pick<SetAside, 'position' | 'attempts'>[]>;
  /** Forgets that an event was set aside. */
  settle(reactor: string, position: number): Promise<void>;
  /** Of every reactor that ever worked. */
  standings(): Promise<Map<string, Standing>>;
}

/** Checkpoints in the application's own schema; the clock is the database's. */
export function postgresCheckpoints(pool: Pool): Checkpoints {
  return {
    leases: postgresLeases(pool, 'ops.reactors'),
    async position(reactor) {
      const { rows } = await pool.query<{ position: string }>(
        'SELECT position FROM ops.reactors WHERE name = $1',
        [reactor],
      );
      return Number(rows[0]?.position ?? 0);
    },
    async move(reactor, token, from, to) {
      // What a crash of the database makes of this is an earlier checkpoint: events are delivered again.
      const { rowCount } = await pool.query(
        `WITH setting AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
         UPDATE ops.reactors r SET position = $4 FROM setting WHERE r.name = $1 AND r.token = $2 AND r.position = $3`,
        [reactor, token, from, to],
      );
      return rowCount === 1;
    },
    async setAside(reactor, token, event, ms) {
      const { position, eventId, tenantId, stream, type, cause, attempts } = event;
      const { rowCount } = await pool.query(
        `WITH held AS MATERIALIZED (SELECT FROM ops.reactors WHERE name = $1 AND token = $2 FOR SHARE)
         INSERT INTO ops.set_aside AS s (reactor, position, event_id, tenant_id, stream, type, cause, attempts, next_at)
         SELECT $1, $3, $4, $5, $6, $7, $8, $9, clock_timestamp() + $10::double precision * interval '1 ms' FROM held
         ON CONFLICT (reactor, position) DO UPDATE SET cause = excluded.cause, next_at = excluded.next_at,
           attempts = greatest(s.attempts, excluded.attempts)`,
        [reactor, token, position, eventId, tenantId, stream, type, cause, attempts, ms],
      );
      return rowCount === 1;
    },
    async due(reactor, limit) {
      const { rows } = await pool.query<{ position: string; attempts: number }>(
        `SELECT position, attempts FROM ops.set_aside WHERE reactor = $1 AND next_at <= clock_timestamp()
         ORDER BY position LIMIT $2`,
        [reactor, limit],
      );
      return rows.map(({ position, attempts }) => ({ position: Number(position), attempts }));
    },
    async settle(reactor, position) {
      await pool.query('DELETE FROM ops.set_aside WHERE reactor = $1 AND position = $2', [reactor, position]);
    },
    async standings() {
      const { rows } = await pool.query<{ name: string; position: string; setAside: string }>(
        `SELECT r.name, r.position, (SELECT count(*) FROM ops.set_aside s WHERE s.reactor = r.name) AS "setAside"
         FROM ops.reactors r`,
      );
      return new Map(
        rows.map(({ name, position, setAside }) => [
          name,
          { position: Number(position), setAside: Number(setAside) },
        ]),
      );
    },
  };
}
