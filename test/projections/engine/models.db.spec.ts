import { describe, expect, it } from 'vitest';
import { withTransaction } from '../../../src/database/pool.js';
import {
  beginRebuild,
  dropUnneeded,
  ensureModels,
  goLive,
  listModels,
  lockServing,
} from '../../../src/projections/engine/models.js';
import { accounts, sums } from './accounts-area.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();
const states = async (version = 1): Promise<string[]> =>
  (await listModels(at.pool, [accounts({ version })])).map(({ table, state }) => `${table} ${state}`);
const serve = (version: number, table: string): Promise<void> =>
  withTransaction(at.pool, (client) => goLive(client, accounts({ version }), table));

describe('the catalogue', () => {
  it('gets one generation for each version, however many processes begin at once', async () => {
    const all = [accounts(), sums()];
    await Promise.all([1, 2, 3, 4].map(() => ensureModels(at.another(), all)));
    expect(await listModels(at.pool, all)).toMatchObject([
      { projection: 'accounts', version: 1, generation: 1, state: 'building', position: 0, parked: 0 },
      { projection: 'sums', table: 'sums_v1_g1' },
    ]);
    await ensureModels(at.pool, [accounts({ version: 2 })]);
    expect([await states(1), await states(2)]).toEqual([
      ['accounts_v1_g1 building'],
      ['accounts_v2_g1 building'],
    ]);
  });

  it('swaps in one step, and never gives a dropped number away again', async () => {
    await ensureModels(at.pool, [accounts()]);
    expect(await withTransaction(at.pool, (client) => lockServing(client, accounts()))).toBeNull();
    await serve(1, 'accounts_v1_g1');
    expect((await beginRebuild(at.pool, accounts())).table).toBe('accounts_v1_g2');
    expect((await beginRebuild(at.pool, accounts())).table).toBe('accounts_v1_g3');
    await serve(1, 'accounts_v1_g3');
    expect(await states()).toEqual(['accounts_v1_g1 retired', 'accounts_v1_g3 live']);
    expect(await withTransaction(at.pool, (client) => lockServing(client, accounts()))).toBe(0);
    expect(await dropUnneeded(at.pool, [accounts()])).toEqual(['accounts_v1_g1']);
    expect(await dropUnneeded(at.pool, [accounts()])).toEqual([]);
    expect((await beginRebuild(at.pool, accounts())).table).toBe('accounts_v1_g4');
  });

  it('keeps a build that was begun before anything served', async () => {
    await ensureModels(at.pool, [accounts()]);
    expect((await beginRebuild(at.pool, accounts())).table).toBe('accounts_v1_g1');
  });

  it('drops an older version when a newer one serves and nobody names it', async () => {
    await ensureModels(at.pool, [accounts({ version: 1 })]);
    await serve(1, 'accounts_v1_g1');
    const own = [accounts({ version: 2 })];
    await ensureModels(at.pool, own);
    expect(await dropUnneeded(at.pool, own)).toEqual([]);
    await serve(2, 'accounts_v2_g1');
    await at.pool.query(
      `INSERT INTO ops.heartbeats (process_id, role, versions, lag) VALUES ('p', 'api', '{"accounts": 1}', '{}')`,
    );
    expect(await dropUnneeded(at.pool, own)).toEqual([]);
    // A process of the old version takes nothing away from the new one.
    expect(await dropUnneeded(at.pool, [accounts({ version: 1 })])).toEqual([]);
    await at.pool.query(`UPDATE ops.heartbeats SET versions = '{"accounts": 2}'`);
    expect(await dropUnneeded(at.pool, own)).toEqual(['accounts_v1_g1']);
    expect(await states(1)).toEqual([]);
  });

  it('leaves a table that is being read for the next time', async () => {
    await ensureModels(at.pool, [accounts()]);
    await serve(1, 'accounts_v1_g1');
    await beginRebuild(at.pool, accounts());
    await serve(1, 'accounts_v1_g2');
    await withTransaction(at.pool, async (client) => {
      await client.query('SELECT 1 FROM rm.accounts_v1_g1');
      expect(await dropUnneeded(at.another(), [accounts()])).toEqual([]);
    });
    expect(await dropUnneeded(at.pool, [accounts()])).toEqual(['accounts_v1_g1']);
  });
});
