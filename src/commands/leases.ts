import type { Pool } from 'pg';

/**
 * Who does what one process does for all. A lease runs out by itself, by the store's clock; each new holder gets a
 * higher token, so that whoever was stopped and goes on later is told apart from the one who works now.
 */
export interface Leases {
  /** Takes the lease for so long; answers its token, or null while another holder has it. */
  take(name: string, holder: string, ms: number): Promise<number | null>;
  /** Whether the token is still that of the holder; if it is, the lease runs for so long from now on. */
  renew(name: string, token: number, ms: number): Promise<boolean>;
  /** Gives the lease back, if the token is still that of the holder: another one need not wait for it to run out. */
  giveBack(name: string, token: number): Promise<void>;
}

/** The tables that have a lease in each row. */
type LeaseTable = 'ops.leases' | 'ops.reactors';

/** A lease that is lost in a crash of the database is only taken again: nobody waits for the disk. */
const unwaited = "setting AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))";
const until = (parameter: string): string =>
  `clock_timestamp() + ${parameter}::double precision * interval '1 ms'`;

/** Leases as rows of a table; the clock is the database's. */
export function postgresLeases(pool: Pool, table: LeaseTable): Leases {
  return {
    async take(name, holder, ms) {
      // Most who ask find it held: that much is read without locking or writing anything.
      const held = await pool.query(
        `SELECT 1 FROM ${table} WHERE name = $1 AND holder IS NOT NULL AND lease_until > clock_timestamp()`,
        [name],
      );
      if (held.rows.length > 0) return null;
      // A token must not come back after a crash: this one is on disk before anybody works with it.
      const { rows } = await pool.query<{ token: string }>(
        `INSERT INTO ${table} AS l (name, holder, token, lease_until) VALUES ($1, $2, 1, ${until('$3')})
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = l.token + 1,
           lease_until = excluded.lease_until
         WHERE l.holder IS NULL OR l.lease_until <= clock_timestamp() RETURNING token`,
        [name, holder, ms],
      );
      return rows[0] ? Number(rows[0].token) : null;
    },
    async renew(name, token, ms) {
      const { rowCount } = await pool.query(
        `WITH ${unwaited} UPDATE ${table} l SET lease_until = ${until('$3')} FROM setting
         WHERE l.name = $1 AND l.token = $2 AND l.holder IS NOT NULL`,
        [name, token, ms],
      );
      return rowCount === 1;
    },
    async giveBack(name, token) {
      await pool.query(
        `UPDATE ${table} SET holder = NULL, lease_until = NULL WHERE name = $1 AND token = $2`,
        [name, token],
      );
    },
  };
}

/** Leases of specs and of the simulation. */
export interface MemoryLeases extends Leases {
  /** The token of the last holder; 0 before the first. */
  tokenOf(name: string): number;
}

/** Leases in one process's memory; `now` is their clock, in milliseconds. */
export function memoryLeases(now: () => number): MemoryLeases {
  const rows = new Map<string, { token: number; until: number | null }>();
  const standing = (name: string, token: number) => {
    const row = rows.get(name);
    return row?.token === token && row.until !== null ? row : undefined;
  };
  return {
    async take(name, _holder, ms) {
      const row = rows.get(name) ?? { token: 0, until: null };
      if (row.until !== null && row.until > now()) return null;
      rows.set(name, { token: row.token + 1, until: now() + ms });
      return row.token + 1;
    },
    async renew(name, token, ms) {
      const row = standing(name, token);
      if (row) row.until = now() + ms;
      return row !== undefined;
    },
    async giveBack(name, token) {
      const row = standing(name, token);
      if (row) row.until = null;
    },
    tokenOf: (name) => rows.get(name)?.token ?? 0,
  };
}
