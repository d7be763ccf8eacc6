/** What a row projection's tables have to hold, found without the engine: one event after the other. */
import type pg from 'pg';
import type { EventStore } from '../../../src/commands/event-store/port.js';
import type { Row, RowProjection } from '../../../src/projections/engine/declaration.js';
import { projected } from './accounts-area.js';

interface State {
  tenant_id: string;
  key: string;
  row: Row;
  from: number;
  to: number | null;
}

/** Every state of every row. Each goes through a jsonb of the database before the next handler gets it. */
async function states(
  pool: pg.Pool,
  store: EventStore,
  projection: RowProjection,
  upTo: number,
): Promise<State[]> {
  const all: State[] = [];
  const current = new Map<string, State>();
  const { events } = await store.readAll('record', 0, 100_000);
  for (const stored of events.filter(({ position }) => position <= upTo)) {
    const event = projected(stored);
    const handler = projection.on[event.type];
    if (!handler) continue;
    const key = projection.key(event);
    const id = `${stored.tenantId} ${key}`;
    const before = current.get(id);
    const row = handler(before?.row ?? null, event.data as never, event);
    if (row === (before?.row ?? null)) continue;
    if (before) before.to = event.position;
    current.delete(id);
    if (!row) continue;
    const { rows } = await pool.query<{ row: Row }>('SELECT $1::jsonb AS row', [JSON.stringify(row)]);
    const state = { tenant_id: stored.tenantId, key, row: rows[0]!.row, from: event.position, to: null };
    current.set(id, state);
    all.push(state);
  }
  return all;
}

const order = (a: State, b: State): number => {
  const by = (x: string, y: string): number => Buffer.compare(Buffer.from(x), Buffer.from(y));
  return by(a.tenant_id, b.tenant_id) || by(a.key, b.key) || a.from - b.from;
};

const jsonbText = async (pool: pg.Pool, row: Row): Promise<string> =>
  (await pool.query<{ text: string }>('SELECT $1::jsonb::text AS text', [JSON.stringify(row)])).rows[0]!.text;

export async function expectedRows(
  pool: pg.Pool,
  store: EventStore,
  projection: RowProjection,
  upTo = Infinity,
): Promise<object[]> {
  const open = (await states(pool, store, projection, upTo)).filter(({ to }) => to === null).sort(order);
  return Promise.all(
    open.map(async ({ tenant_id, key, row, from }) => ({
      tenant_id,
      key,
      row: await jsonbText(pool, row),
      position: String(from),
    })),
  );
}

export async function expectedHistory(
  pool: pg.Pool,
  store: EventStore,
  projection: RowProjection,
): Promise<object[]> {
  const all = (await states(pool, store, projection, Infinity)).sort(order);
  return Promise.all(
    all.map(async ({ tenant_id, key, row, from, to }) => ({
      tenant_id,
      key,
      row: await jsonbText(pool, row),
      from_position: String(from),
      to_position: to === null ? '9223372036854775807' : String(to),
    })),
  );
}
