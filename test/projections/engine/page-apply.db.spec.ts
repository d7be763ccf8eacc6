import { describe, expect, it } from 'vitest';
import type { RowProjection } from '../../../src/projections/engine/declaration.js';
import { concernOf, type FeedPage } from '../../../src/projections/engine/feed.js';
import { beginRebuild, ensureModels, listModels } from '../../../src/projections/engine/models.js';
import { applyPage, type Applied } from '../../../src/projections/engine/page-apply.js';
import { accounts, append, memoryStore, projected } from './accounts-area.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();

async function pageOf(count: number): Promise<(after: number, to?: number) => FeedPage> {
  const store = memoryStore();
  const list = Array.from({ length: count }, (_, n) => ({
    type: 'Opened',
    id: `s${n}`,
    data: { name: `n${n}` },
  }));
  await append(store, ...list);
  const { events } = await store.readAll('record', 0, count);
  return (after, to = count) => ({
    after,
    scannedTo: to,
    atHead: to === count,
    events: events.filter(({ position }) => position > after && position <= to).map(projected),
  });
}

const apply = (
  page: FeedPage,
  goLive = false,
  table = 'accounts_v1_g1',
  projection: RowProjection = accounts(),
) =>
  applyPage({
    pool: at.pool,
    projection,
    table,
    page,
    goLive,
    concerns: concernOf(projection, [projection]),
  });

const rows = async (table = 'accounts_v1_g1'): Promise<number> =>
  Number((await at.pool.query(`SELECT count(*) AS n FROM rm.${table}`)).rows[0].n);

describe('a page', () => {
  it('is applied once, and only where the table stands', async () => {
    await ensureModels(at.pool, [accounts()]);
    const page = await pageOf(10);
    expect(await apply(page(0, 4))).toEqual({ position: 4, state: 'building', parked: 0 });
    // Overlapping: what is there already is left out.
    expect(await apply(page(2, 6))).toMatchObject({ position: 6 });
    expect(await rows()).toBe(6);
    // Behind: another process has been there. Ahead: the database lost its last moments.
    expect(await apply(page(0, 4))).toMatchObject({ position: 6 });
    expect(await apply(page(8, 10))).toMatchObject({ position: 6 });
    expect(await rows()).toBe(6);
  });

  it('lets the first generation serve when it is asked to', async () => {
    await ensureModels(at.pool, [accounts()]);
    const page = await pageOf(2);
    expect(await apply(page(0), true)).toMatchObject({ state: 'live' });
  });

  it('lets a new generation serve only when it is not behind the one that does', async () => {
    await ensureModels(at.pool, [accounts()]);
    const page = await pageOf(5);
    await apply(page(0), true);
    await beginRebuild(at.pool, accounts());
    const built = (to: number): Promise<Applied | string> => apply(page(0, to), true, 'accounts_v1_g2');
    expect(await built(4)).toMatchObject({ state: 'building', position: 4 });
    expect(await apply(page(4), true, 'accounts_v1_g2')).toMatchObject({ state: 'live', position: 5 });
    expect((await listModels(at.pool, [accounts()])).map(({ state }) => state)).toEqual(['retired', 'live']);
    expect(await apply(page(5), false)).toBe('gone');
  });

  it('is not applied at all when the database fails within it', async () => {
    const projection = accounts();
    await ensureModels(at.pool, [projection]);
    const page = await pageOf(3);
    await at.pool.query('ALTER TABLE rm.accounts_v1_g1_history RENAME TO away');
    await expect(apply(page(0))).rejects.toMatchObject({ code: '42P01' });
    expect(await rows()).toBe(0);
    await at.pool.query('ALTER TABLE rm.away RENAME TO accounts_v1_g1_history');
    expect(await apply(page(0))).toMatchObject({ position: 3 });
  });

  it("takes an index that refuses a row for the event's fault", async () => {
    const projection = { ...accounts(), indexes: ["(row->>'name')::int"] };
    await ensureModels(at.pool, [projection]);
    const page = (await pageOf(3))(0);
    page.events[0]!.data = { name: '1' };
    page.events[2]!.data = { name: '3' };
    expect(await apply(page, false, 'accounts_v1_g1', projection)).toMatchObject({ position: 3, parked: 1 });
    expect(await rows()).toBe(2);
    const { rows: parked } = await at.pool.query('SELECT stream, cause FROM rm.parked');
    expect(parked).toEqual([
      { stream: 'account-t1_s1', cause: expect.stringContaining('integer') as string },
    ]);
  });
});
