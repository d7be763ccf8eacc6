import { expect, it } from 'vitest';
import { openMover } from '../../../src/projections/engine/checkpoint.js';
import { concernOf, openFeed } from '../../../src/projections/engine/feed.js';
import { follow, type TableReport } from '../../../src/projections/engine/follower.js';
import { beginRebuild, ensureModels } from '../../../src/projections/engine/models.js';
import { accounts, append, decoder, listeningLog, memoryStore, until } from './accounts-area.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();

/** Follows the first generation of `accounts` over a pool that fails while it is told to. */
async function following() {
  const store = memoryStore();
  const projection = accounts();
  await ensureModels(at.pool, [projection]);
  const controller = new AbortController();
  const { signal } = controller;
  const report: TableReport = { table: 'accounts_v1_g1', state: 'building', position: 0 };
  const log = listeningLog();
  const pool = at.another('follower');
  const ended = follow({
    pool,
    projection,
    report,
    log,
    signal,
    mover: openMover(pool),
    mayGoLive: true,
    feed: openFeed({ store, log: 'record', decode: decoder(), signal }),
    gate: (work) => work(),
    concerns: concernOf(projection, [projection]),
    isNear: () => false,
    moved: () => {},
  });
  return { store, report, log, ended, stop: () => controller.abort() };
}

it('goes live on an empty log and follows it', async () => {
  const { store, report, ended, stop } = await following();
  await until('it serves', () => report.state === 'live');
  const position = await append(store, { type: 'Looked' }, { type: 'Opened', data: { name: 'n' } });
  await until('it is there', () => report.position === position);
  stop();
  expect(await ended).toBe('stopped');
});

it('tries again for ever, says so once, and goes on', async () => {
  const { store, report, log, ended, stop } = await following();
  await until('it serves', () => report.state === 'live');
  await at.pool.query('ALTER TABLE rm.accounts_v1_g1 RENAME TO away');
  const position = await append(store, { type: 'Opened', data: { name: 'n' } });
  await until('it has failed', () => report.error !== undefined);
  expect(report).toMatchObject({ position: 0, error: expect.stringContaining('accounts_v1_g1') as string });
  await at.pool.query('ALTER TABLE rm.away RENAME TO accounts_v1_g1');
  await until('it is there', () => report.position === position && report.error === undefined);
  expect(log.said).toEqual(['warn: the projection waits and retries', 'info: the projection goes on']);
  stop();
  await ended;
});

it('goes back when the database has lost its last moments', async () => {
  const { store, report, ended, stop } = await following();
  await append(
    store,
    { type: 'Opened', id: 'a', data: { name: 'a' } },
    { type: 'Opened', id: 'b', data: { name: 'b' } },
  );
  await until('it is there', () => report.position === 2);
  // As after a crash: rows and checkpoint are those of a moment before.
  await at.pool.query(
    `DELETE FROM rm.accounts_v1_g1 WHERE key = 'b'; DELETE FROM rm.accounts_v1_g1_history WHERE key = 'b';
     UPDATE rm.checkpoints SET position = 1`,
  );
  await append(store, { type: 'Opened', id: 'c', data: { name: 'c' } });
  await until('it is there again', () => report.position === 3);
  const { rows } = await at.pool.query('SELECT key FROM rm.accounts_v1_g1 ORDER BY key');
  expect(rows).toEqual([{ key: 'a' }, { key: 'b' }, { key: 'c' }]);
  stop();
  await ended;
});

it('ends when its table is given up', async () => {
  const { store, report, ended } = await following();
  await until('it serves', () => report.state === 'live');
  await beginRebuild(at.pool, accounts());
  await at.pool.query("UPDATE rm.models SET state = 'retired' WHERE generation = 1");
  await append(store, { type: 'Opened', data: { name: 'n' } });
  expect(await ended).toBe('gone');
});
