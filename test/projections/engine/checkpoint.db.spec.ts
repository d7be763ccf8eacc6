import { describe, expect, it } from 'vitest';
import { openMover, readPosition, withCheckpoint } from '../../../src/projections/engine/checkpoint.js';
import { ensureModels } from '../../../src/projections/engine/models.js';
import { accounts, sums, tagTotals } from './accounts-area.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();
const table = 'accounts_v1_g1';

describe('a checkpoint', () => {
  it('moves with what is done under its lock, or not at all', async () => {
    await ensureModels(at.pool, [accounts()]);
    const done = await withCheckpoint({ pool: at.pool, table }, async (client, held) => {
      expect(held).toEqual({ position: 0, parked: 0, inexact: false, state: 'building' });
      await client.query(`INSERT INTO rm.${table} VALUES ('t', 'k', '{}', 3)`);
      return { position: 3, result: 'done' };
    });
    expect([done, await readPosition(at.pool, table)]).toEqual(['done', 3]);
    const failing = withCheckpoint({ pool: at.pool, table }, async (client) => {
      await client.query(`DELETE FROM rm.${table}`);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await withCheckpoint({ pool: at.pool, table }, async (client) => {
      await client.query(`DELETE FROM rm.${table}`);
      return { position: null, result: 0 };
    });
    expect(await readPosition(at.pool, table)).toBe(3);
    expect((await at.pool.query(`SELECT 1 FROM rm.${table}`)).rows).toHaveLength(1);
  });

  it('is held by one at a time; others are told at once, or wait', async () => {
    await ensureModels(at.pool, [accounts()]);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let entered = (): void => {};
    const inside = new Promise<void>((resolve) => (entered = resolve));
    const first = withCheckpoint({ pool: at.pool, table }, async () => {
      entered();
      await held;
      return { position: 5, result: 'first' };
    });
    await inside;
    const never = () => Promise.resolve({ position: 9, result: 'never' });
    expect(await withCheckpoint({ pool: at.pool, table }, never)).toBe('busy');
    const waiting = withCheckpoint({ pool: at.pool, table, wait: true }, (_, { position }) =>
      Promise.resolve({ position: null, result: position }),
    );
    release();
    expect([await first, await waiting]).toEqual(['first', 5]);
  });

  it('of a table that is not there is gone', async () => {
    const work = () => Promise.resolve({ position: 1, result: 0 });
    expect(await withCheckpoint({ pool: at.pool, table: 'nothing_v1_g1' }, work)).toBe('gone');
    expect(await readPosition(at.pool, 'nothing_v1_g1')).toBeNull();
  });

  it('is given back by a process that was stopped, and does not wait for the disk', async () => {
    await ensureModels(at.pool, [accounts()]);
    await withCheckpoint({ pool: at.pool, table }, async (client) => {
      const { rows } = await client.query(
        `SELECT current_setting('idle_in_transaction_session_timeout') AS idle,
           current_setting('synchronous_commit') AS sync, current_setting('TimeZone') AS zone`,
      );
      expect(rows).toEqual([{ idle: '3s', sync: 'off', zone: 'UTC' }]);
      return { position: null, result: 0 };
    });
  });

  it('leaves nothing behind on the connection', async () => {
    await ensureModels(at.pool, [accounts()]);
    await withCheckpoint({ pool: at.pool, table }, () => Promise.resolve({ position: 1, result: 0 }));
    const { rows } = await at.pool.query(
      `SELECT current_setting('idle_in_transaction_session_timeout') AS idle,
         (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS locks`,
    );
    expect(rows).toEqual([{ idle: '0', locks: 0 }]);
  });
});

describe('a mover', () => {
  it('moves those that stand where they are said to, together', async () => {
    await ensureModels(at.pool, [accounts(), sums(), tagTotals()]);
    const mover = openMover(at.pool);
    const moved = await Promise.all([
      mover.move('accounts_v1_g1', 0, 4),
      mover.move('sums_v1_g1', 1, 4),
      mover.move('tag_totals_v1_g1', 0, 7),
      mover.move('nothing_v1_g1', 0, 1),
    ]);
    expect(moved).toEqual([true, false, true, false]);
    const positions = ['accounts_v1_g1', 'sums_v1_g1', 'tag_totals_v1_g1'].map((name) =>
      readPosition(at.pool, name),
    );
    expect(await Promise.all(positions)).toEqual([4, 0, 7]);
  });

  it('passes over one that somebody holds', async () => {
    await ensureModels(at.pool, [accounts(), sums()]);
    const mover = openMover(at.pool);
    await withCheckpoint({ pool: at.pool, table }, async () => {
      expect(await Promise.all([mover.move(table, 0, 4), mover.move('sums_v1_g1', 0, 4)])).toEqual([
        false,
        true,
      ]);
      return { position: null, result: 0 };
    });
  });

  it('by many at once each position is left once', async () => {
    await ensureModels(at.pool, [accounts(), sums()]);
    const movers = [openMover(at.pool), openMover(at.another()), openMover(at.another())];
    const left = { [table]: 0, sums_v1_g1: 0 };
    const race = movers.map(async (mover) => {
      const one = async (name: keyof typeof left): Promise<void> => {
        for (let from = 0; from < 40;) {
          if (await mover.move(name, from, from + 1)) left[name] += 1;
          from = (await readPosition(at.pool, name))!;
        }
      };
      await Promise.all([one(table), one('sums_v1_g1')]);
    });
    await Promise.all(race);
    expect(left).toEqual({ [table]: 40, sums_v1_g1: 40 });
  });

  it('tells all who asked when the database fails, and goes on', async () => {
    const pool = at.another();
    await ensureModels(pool, [accounts()]);
    const mover = openMover(pool);
    const { query } = pool;
    pool.query = () => Promise.reject(new Error('down'));
    const both = [mover.move(table, 0, 1), mover.move('sums_v1_g1', 0, 1)];
    for (const one of both) await expect(one).rejects.toThrow('down');
    pool.query = query;
    expect(await mover.move(table, 0, 1)).toBe(true);
  });
});
