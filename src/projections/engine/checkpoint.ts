/**
 * Checkpoints: how far a table has come, moved in the transaction that brings it there. The lock on a table's
 * checkpoint row is the right to write the table; it ends with the transaction, so a process that was stopped
 * and goes on later cannot write, and a pooler in transaction mode does no harm.
 */
import type { Pool, PoolClient, QueryResult } from 'pg';

/** A checkpoint whose row is locked. */
export interface Held {
  position: number;
  parked: number;
  inexact: boolean;
  state: 'building' | 'live' | 'retired';
}

// Read models may lose their last moments in a crash of the database, rows and checkpoint together: they are
// folded again. A transaction whose process was stopped gives the lock back. What a statement makes of times
// and dates must not depend on the machine.
const settings = (idleSeconds: number): string =>
  `SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '5s', true),
     set_config('idle_in_transaction_session_timeout', '${idleSeconds}s', true),
     set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, MDY', true),
     set_config('IntervalStyle', 'postgres', true)`;

const begin = (table: string, idleSeconds: number, lock: string): string =>
  `BEGIN ISOLATION LEVEL READ COMMITTED; ${settings(idleSeconds)};
   SELECT c.position, c.parked, c.inexact, m.state FROM rm.checkpoints c JOIN rm.models m USING (table_name)
   WHERE c.table_name = '${table}' ${lock}`;

/**
 * Runs `work` in a transaction that holds the table's checkpoint. `busy`: another process holds it (only without
 * `wait`); `gone`: there is no such table any more. What `work` returns is committed with the checkpoint at
 * `position`; without one the transaction is rolled back.
 */
export async function withCheckpoint<T>(
  { pool, table, wait = false }: { pool: Pool; table: string; wait?: boolean },
  work: (client: PoolClient, held: Held) => Promise<{ position: number | null; result: T }>,
): Promise<T | 'busy' | 'gone'> {
  const client = await pool.connect();
  try {
    const opening = begin(table, wait ? 60 : 3, wait ? 'FOR UPDATE OF c' : 'FOR UPDATE OF c SKIP LOCKED');
    const answers = (await client.query(opening)) as unknown as QueryResult[];
    const held = answers.at(-1)!.rows[0] as (Omit<Held, 'position'> & { position: string }) | undefined;
    if (!held) {
      await client.query('ROLLBACK');
      const there = await client.query('SELECT 1 FROM rm.checkpoints WHERE table_name = $1', [table]);
      client.release();
      return there.rows.length > 0 ? 'busy' : 'gone';
    }
    const { position, result } = await work(client, { ...held, position: Number(held.position) });
    await client.query(position === null ? 'ROLLBACK' : commitAt(table, position));
    client.release();
    return result;
  } catch (error) {
    // The connection may be broken, or the transaction's state unknown: neither goes back into the pool.
    client.release(true);
    throw error;
  }
}

const commitAt = (table: string, position: number): string =>
  `UPDATE rm.checkpoints SET position = ${position}, updated_at = clock_timestamp()
   WHERE table_name = '${table}'; COMMIT`;

/** The position of a table, or null when there is no such table any more. */
export async function readPosition(pool: Pool, table: string): Promise<number | null> {
  const { rows } = await pool.query<{ position: string }>(
    'SELECT position FROM rm.checkpoints WHERE table_name = $1',
    [table],
  );
  return rows[0] ? Number(rows[0].position) : null;
}

/** Moves the checkpoints of tables to which a page brings nothing. */
export interface Mover {
  /** Whether the checkpoint stood at `from`, was free, and now stands at `to`. */
  move(table: string, from: number, to: number): Promise<boolean>;
}

interface Wish {
  table: string;
  from: number;
  to: number;
  resolve: (moved: boolean) => void;
  reject: (error: unknown) => void;
}

/**
 * Most pages bring nothing to most tables: their checkpoints move together, one statement at a time. The locked
 * rows are read by the statement that changes them, so what `from` is compared with cannot change in between.
 */
export function openMover(pool: Pool): Mover {
  let wishes: Wish[] = [];
  let moving = false;

  async function run(batch: Wish[]): Promise<void> {
    try {
      const { rows } = await pool.query<{ table_name: string }>(
        `WITH setting AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)), wanted AS MATERIALIZED (
           SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS w (table_name, from_position, to_position)
         ), held AS MATERIALIZED (
           SELECT c.table_name, c.position FROM rm.checkpoints c WHERE c.table_name = ANY ($1::text[])
           ORDER BY c.table_name FOR UPDATE SKIP LOCKED
         )
         UPDATE rm.checkpoints c SET position = w.to_position, updated_at = clock_timestamp()
         FROM setting, held h JOIN wanted w ON w.table_name = h.table_name AND w.from_position = h.position
         WHERE c.table_name = h.table_name RETURNING c.table_name`,
        [batch.map(({ table }) => table), batch.map(({ from }) => from), batch.map(({ to }) => to)],
      );
      const moved = new Set(rows.map(({ table_name }) => table_name));
      for (const wish of batch) wish.resolve(moved.has(wish.table));
    } catch (error) {
      for (const wish of batch) wish.reject(error);
    }
  }

  async function drain(): Promise<void> {
    moving = true;
    while (wishes.length > 0) {
      const batch = wishes;
      wishes = [];
      await run(batch);
    }
    moving = false;
  }

  return {
    move: (table, from, to) =>
      new Promise((resolve, reject) => {
        wishes.push({ table, from, to, resolve, reject });
        if (!moving) {
          moving = true;
          // The others that follow the same page ask within this turn of the event loop.
          setImmediate(() => void drain());
        }
      }),
  };
}
