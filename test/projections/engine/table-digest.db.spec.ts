import { expect, it } from 'vitest';
import { tableDigest } from '../../../src/projections/engine/table-digest.js';
import { accounts, append, memoryStore, sums, workload } from './accounts-area.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();

it('tells equal contents from different ones', async () => {
  const store = memoryStore();
  await append(store, ...workload(40, 1));
  const [row, sql] = [accounts(), sums()];
  await at.run(store, [row, sql]).drained();
  const before = await tableDigest({ pool: at.pool, projection: row });
  expect(before).toMatchObject({
    position: 40,
    tables: [{ table: 'accounts_v1_g1' }, { table: 'accounts_v1_g1_history' }],
  });
  expect(await tableDigest({ pool: at.pool, projection: row })).toEqual(before);
  await at.pool.query(`UPDATE rm.accounts_v1_g1_history SET row = row || '{"x": 1}' WHERE from_position =
    (SELECT min(from_position) FROM rm.accounts_v1_g1_history)`);
  const after = await tableDigest({ pool: at.pool, projection: row });
  expect(after.tables[0]).toEqual(before.tables[0]);
  expect(after.tables[1]!.sha256).not.toBe(before.tables[1]!.sha256);
  expect(after.sha256).not.toBe(before.sha256);
  // The order of rows on disk does not show.
  const sum = await tableDigest({ pool: at.pool, projection: sql });
  await at.pool.query(
    'UPDATE rm.sums_v1_g1 SET total = total WHERE stream < (SELECT max(stream) FROM rm.sums_v1_g1)',
  );
  expect(await tableDigest({ pool: at.pool, projection: sql })).toEqual(sum);
});

it('refuses a projection that nothing serves', async () => {
  await expect(tableDigest({ pool: at.pool, projection: accounts() })).rejects.toThrow(
    'nothing serves accounts',
  );
});
