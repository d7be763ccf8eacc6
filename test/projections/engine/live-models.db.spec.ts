import { describe, expect, it } from 'vitest';
import { openLiveModels } from '../../../src/projections/engine/live-models.js';
import { accounts, append, memoryStore, sums } from './accounts-area.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();

/** The models of a pool that counts how often it is asked. */
function counted(patienceMs = 2_000) {
  const pool = at.another();
  const query = pool.query.bind(pool) as (...given: unknown[]) => unknown;
  let asked = 0;
  pool.query = ((...given: unknown[]) => {
    asked += 1;
    return query(...given);
  }) as typeof pool.query;
  return { models: openLiveModels({ pool, patienceMs }), asked: () => asked };
}

const everything = (position: number) => ({ wanted: position, required: position });

describe('what serves', () => {
  it('is asked for once by all who ask together, and not at all while it is known to be enough', async () => {
    const store = memoryStore();
    const [row, sql] = [accounts(), sums()];
    const runner = at.run(store, [row, sql]);
    const position = await append(store, { type: 'Opened', data: { name: 'n' } });
    await runner.drained();
    const { models, asked } = counted();
    const found = await Promise.all([row, sql, row, sql].map((one) => models.at(one, everything(position))));
    expect(found[0]).toEqual({ table: 'accounts_v1_g1', position, revision: 0, degraded: false });
    expect(asked()).toBe(1);
    await models.at(row, everything(position));
    expect(asked()).toBe(1);
    models.forget();
    await models.at(row, everything(position));
    expect(asked()).toBe(2);
  });

  it('is waited for until it is far enough', async () => {
    const store = memoryStore();
    const row = accounts();
    const { models } = counted();
    const waiting = models.at(row, everything(2));
    at.run(store, [row]);
    await append(store, { type: 'Opened', data: { name: 'n' } }, { type: 'Looked' });
    expect((await waiting).position).toBe(2);
  });

  it('is refused when it is not there, or not far enough in time', async () => {
    const store = memoryStore();
    const row = accounts();
    const { models } = counted(50);
    await expect(models.at(row, everything(0))).rejects.toMatchObject({ code: 'unavailable' });
    await at.run(store, [row]).drained();
    await expect(models.at(row, everything(1))).rejects.toMatchObject({ code: 'unavailable' });
    expect((await models.at(row, { wanted: 1, required: 0 })).position).toBe(0);
  });
});
