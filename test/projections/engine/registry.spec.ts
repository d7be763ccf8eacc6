import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { query, type Projection, type ReadModule } from '../../../src/projections/engine/declaration.js';
import { projectionsOf, queriesOf, readModules } from '../../../src/projections/engine/registry.js';
import { accounts, sums, tagTotals } from './accounts-area.js';

const ask = (reads: Projection[], http: `GET /${string}` = 'GET /accounts', asOf = false) =>
  query({
    http,
    summary: '',
    permission: 'x',
    input: z.strictObject({}),
    output: z.string(),
    asOf,
    reads,
    run: () => Promise.resolve({ body: '' }),
  });
const module = (projections: Projection[], queries: ReadModule['queries'] = {}): ReadModule => ({
  projections,
  queries,
});

describe('the registry of read models', () => {
  it('holds what is registered, each name once', () => {
    expect(projectionsOf(readModules).length).toBeGreaterThan(0);
    expect(queriesOf(readModules).has('listAudit')).toBe(true);
  });

  it('refuses two projections of one name', () => {
    expect(() => projectionsOf([module([accounts()]), module([accounts({ version: 2 })])])).toThrow(
      'two projections are called accounts',
    );
  });

  it('refuses two queries of one name or one address', () => {
    const [one, two] = [accounts(), sums()];
    const list = (a: ReadModule['queries'], b: ReadModule['queries']) => () =>
      queriesOf([module([one], a), module([two], b)]);
    expect(list({ get: ask([one]) }, { get: ask([two], 'GET /other') })).toThrow(
      'two queries are called get',
    );
    expect(list({ a: ask([one], 'GET /x/:id') }, { b: ask([two], 'GET /x/:name') })).toThrow('address');
  });

  it('refuses a query that reads what is not registered, or asOf where nothing is kept for it', () => {
    expect(() => queriesOf([module([accounts()], { get: ask([sums()]) })])).toThrow('not registered');
    const totals = tagTotals();
    expect(() => queriesOf([module([totals], { get: ask([totals], 'GET /x', true) })])).toThrow('no history');
    const kept = accounts();
    expect(queriesOf([module([kept], { get: ask([kept], 'GET /x', true) })]).size).toBe(1);
  });
});
