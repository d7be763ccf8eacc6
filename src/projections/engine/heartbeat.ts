import type { Pool } from 'pg';

/** A sign of life: which process, what it needs, how far it is. */
export interface Heartbeat {
  processId: string;
  role: string;
  /** The version of each projection. */
  versions: Record<string, number>;
  /** Positions each projection is behind the head of its log. */
  lag: Record<string, number>;
}

/** Writes a sign of life, and removes those of processes that fell silent a day ago. */
export async function beat(pool: Pool, { processId, role, versions, lag }: Heartbeat): Promise<void> {
  await pool.query(
    `INSERT INTO ops.heartbeats AS h (process_id, role, versions, lag) VALUES ($1, $2, $3, $4)
     ON CONFLICT (process_id) DO UPDATE SET role = excluded.role, versions = excluded.versions,
       lag = excluded.lag, at = clock_timestamp()`,
    [processId, role, JSON.stringify(versions), JSON.stringify(lag)],
  );
  await pool.query("DELETE FROM ops.heartbeats WHERE at < clock_timestamp() - interval '1 day'");
}

/** Takes the sign of life away: the process stops and needs nothing any more. */
export async function lastBeat(pool: Pool, processId: string): Promise<void> {
  await pool.query('DELETE FROM ops.heartbeats WHERE process_id = $1', [processId]);
}
