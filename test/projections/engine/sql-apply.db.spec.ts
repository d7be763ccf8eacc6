import { describe, expect, it } from 'vitest';
import type { PoolClient } from 'pg';
import { withTransaction } from '../../../src/database/pool.js';
import type { SqlProjection } from '../../../src/projections/engine/declaration.js';
import type { FeedEvent } from '../../../src/projections/engine/feed.js';
import { applySql } from '../../../src/projections/engine/sql-apply.js';
import { sums } from './accounts-area.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();
const apply = (projection: Pick<SqlProjection, 'apply'>, events: FeedEvent[] = []): Promise<void> =>
  withTransaction(at.pool, (client: PoolClient) =>
    applySql(client, 'x_v1_g1', { ...sums(), ...projection }, events),
  );

const noReply = (): void => {};

describe('a SQL projection', () => {
  it('gets the connection of the transaction and the table with its schema', async () => {
    await apply({
      apply: async (db, table, events) => {
        expect([table, events]).toEqual(['rm.x_v1_g1', []]);
        expect((await db.query('SELECT $1::int AS n', [7])).rows).toEqual([{ n: 7 }]);
      },
    });
  });

  it('is poisoned by what its own code throws', async () => {
    const applied = apply({ apply: () => Promise.reject(new TypeError('no such member')) });
    await expect(applied).rejects.toMatchObject({ name: 'Poisoned', message: 'TypeError: no such member' });
  });

  it('passes on what the database said, also where the code wraps or swallows it', async () => {
    const wrapping = apply({
      apply: async (db) => {
        try {
          await db.query('SELECT 1/0');
        } catch (cause) {
          throw new Error('wrapped', { cause });
        }
      },
    });
    await expect(wrapping).rejects.toMatchObject({ code: '22012' });
    const swallowing = apply({ apply: (db) => db.query('SELECT 1/0').then(String, String).then(noReply) });
    await expect(swallowing).rejects.toMatchObject({ code: '22012' });
  });

  it('is poisoned by an event that cannot be read', async () => {
    const event = { unreadable: 'bad' } as FeedEvent;
    await expect(apply({ apply: () => Promise.resolve() }, [event])).rejects.toMatchObject({
      name: 'Poisoned',
    });
  });
});
