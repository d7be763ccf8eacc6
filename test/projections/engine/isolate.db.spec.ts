import { expect, it } from 'vitest';
import { Poisoned } from '../../../src/projections/engine/failures.js';
import type { FeedEvent } from '../../../src/projections/engine/feed.js';
import { applyCarefully } from '../../../src/projections/engine/isolate.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();

const event = (position: number, stream: string): FeedEvent =>
  ({ position, meta: { stream }, data: {} }) as unknown as FeedEvent;

/** Applies events of which those in `bad` are refused; tells what came through, in order. */
async function run(events: FeedEvent[], bad: number[], streamKeyed: boolean, waiting: string[] = []) {
  const client = await at.pool.connect();
  try {
    await client.query('BEGIN; CREATE TEMP TABLE kept (n serial, position int) ON COMMIT DROP');
    const poison = await applyCarefully(
      { client, events, streamKeyed, waiting: new Set(waiting) },
      async (part) => {
        for (const { position } of part)
          await client.query('INSERT INTO kept (position) VALUES ($1)', [position]);
        if (part.some(({ position }) => bad.includes(position))) throw new Poisoned('bad');
        return [];
      },
    );
    const { rows } = await client.query<{ position: number }>('SELECT position FROM kept ORDER BY n');
    return { kept: rows.map(({ position }) => position), poison: poison.map((one) => one.event.position) };
  } finally {
    client.release(true);
  }
}

const seven = [1, 2, 3, 4, 5, 6, 7].map((position) => event(position, position % 2 ? 'a' : 'b'));

it('finds each event that is refused and applies the others in order', async () => {
  expect(await run(seven, [2, 5, 7], false)).toEqual({ kept: [1, 3, 4, 6], poison: [2, 5, 7] });
  expect(await run(seven, [], false)).toEqual({ kept: [1, 2, 3, 4, 5, 6, 7], poison: [] });
});

it('in a stream-keyed projection leaves out what follows in the stream', async () => {
  expect(await run(seven, [3], true)).toEqual({ kept: [1, 2, 4, 6], poison: [3] });
  expect(await run(seven, [4], true, ['a'])).toEqual({ kept: [2], poison: [4] });
});

it('does not blame events for a database in trouble', async () => {
  const client = await at.pool.connect();
  await client.query('BEGIN');
  const down = Object.assign(new Error('down'), { code: '57P01' });
  const applied = applyCarefully({ client, events: seven, streamKeyed: false, waiting: new Set() }, () =>
    Promise.reject(down),
  );
  await expect(applied).rejects.toBe(down);
  client.release(true);
});
