import { DatabaseError, type Pool } from 'pg';
import { describe, expect, it } from 'vitest';
import { statement } from '../../../src/commands/event-store/append-call.js';
import { database } from '../../../src/commands/event-store/connection.js';

type Query = { name?: string; text: string };

/** A pool of one connection that answers as it is told and records how it was given back. */
function fakePool(answer: (query: Query) => unknown[][]) {
  const queries: Query[] = [];
  const released: unknown[] = [];
  const client = {
    query: async (query: Query) => {
      queries.push(query);
      return { rows: answer(query) };
    },
    release: (broken?: unknown) => void released.push(broken),
  };
  return { pool: { connect: async () => client } as unknown as Pool, queries, released };
}

const open = new AbortController().signal;
const coded = (code: string): DatabaseError => Object.assign(new DatabaseError(code, 0, 'error'), { code });
const question = statement('SELECT 1', []);

describe('reading', () => {
  it('uses names until a pooler forgets one', async () => {
    const { pool, queries } = fakePool(({ name }) => {
      if (name !== undefined) throw coded('26000');
      return [['1']];
    });
    const { read } = database(pool, open);
    expect(await read(question)).toEqual([['1']]);
    expect(await read(question)).toEqual([['1']]);
    expect(queries.map(({ name }) => name)).toEqual([question.name, undefined, undefined]);
  });

  it.each([
    ['a broken connection', new Error('reset'), 'StoreUnavailable', true],
    ['a server that refuses for now', coded('53300'), 'StoreUnavailable', false],
    ['a value that the database refuses', coded('22007'), 'error', false],
  ])('%s', async (_, error, name, broken) => {
    const { pool, released } = fakePool(() => {
      throw error;
    });
    await expect(database(pool, open).read(question)).rejects.toMatchObject({ name });
    expect(released).toEqual([broken]);
  });

  it('waits for a connection no longer than it is told, and gives one back that comes too late', async () => {
    const { pool, released } = fakePool(() => []);
    let connect = (): void => {};
    const late = new Promise<void>((resolve) => (connect = resolve));
    const slow = { connect: () => late.then(() => pool.connect()) } as unknown as Pool;
    await expect(database(slow, open).borrow(5)).rejects.toThrow('no database connection');
    connect();
    await new Promise(setImmediate);
    expect(released).toEqual([undefined]);
  });
});
