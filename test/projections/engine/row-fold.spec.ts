import { describe, expect, it } from 'vitest';
import type { FeedEvent } from '../../../src/projections/engine/feed.js';
import { foldSteps, planSteps, rowId, type KeptRow } from '../../../src/projections/engine/row-fold.js';
import { accounts, projected } from './accounts-area.js';

const event = (
  position: number,
  type: string,
  data: object = {},
  id = 'a',
  more: object = {},
): FeedEvent => ({
  ...projected({
    log: 'record',
    position,
    tenantId: 't1',
    stream: `account-t1_${id}`,
    version: position,
    eventId: `e${position}`,
    type,
    schemaVersion: 1,
    data: JSON.stringify(data),
    actor: '{"kind":"user","id":"m","roles":[]}',
    meta: '{"commandId":"c"}',
    occurredAt: '2026-01-01T00:00:00.000Z',
    recordedAt: '2026-01-01T00:00:00.000Z',
  }),
  ...more,
});

const fold = (events: FeedEvent[], rows: Record<string, KeptRow> = {}, superstitious = false) => {
  const projection = accounts({ superstitious });
  const kept = new Map(Object.entries(rows).map(([key, row]) => [rowId('t1', key), row]));
  return foldSteps(projection, planSteps(projection, events), kept);
};

describe('foldSteps', () => {
  it('keeps every state with the positions between which it held', () => {
    const { changes } = fold([
      event(3, 'Opened', { name: 'n' }),
      event(5, 'Added', { amount: 2, tag: 'x' }),
      event(8, 'Closed'),
      event(9, 'Opened', { name: 'o' }),
    ]);
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({ key: 'a', before: null, changedAt: 3, after: { position: 9 } });
    expect(changes[0]!.states.map(({ from, to }) => [from, to])).toEqual([
      [3, 5],
      [5, 8],
      [9, null],
    ]);
  });

  it('tells that a row came and went', () => {
    const { changes } = fold([event(1, 'Opened', { name: 'n' }), event(2, 'Closed')]);
    expect(changes).toMatchObject([{ before: null, after: null, states: [{ from: 1, to: 2 }] }]);
  });

  it('says nothing of a row that a handler gave back as it was', () => {
    const row = { name: 'n', tags: {}, total: 0 };
    expect(fold([event(4, 'Renamed', { name: 'n' })], { a: { row, position: 1 } }).changes).toEqual([]);
    expect(fold([event(4, 'Closed')]).changes).toEqual([]);
  });

  it('does not change the rows it was given', () => {
    const row = Object.freeze({ name: 'n', tags: Object.freeze({}), total: 0 });
    const rows = { a: Object.freeze({ row, position: 1 }) };
    expect(fold([event(4, 'Added', { amount: 1, tag: 'x' })], rows).changes[0]).toMatchObject({
      before: { row, position: 1 },
      after: { row: { total: 1 }, position: 4 },
    });
  });

  it('parks a stream at its first poison event and folds the others', () => {
    const { changes, poison } = fold(
      [
        event(1, 'Opened', { name: 'n' }),
        event(2, 'Added', { amount: 13, tag: 'x' }),
        event(3, 'Added', { amount: 1, tag: 'x' }),
        event(4, 'Opened', { name: 'm' }, 'b'),
      ],
      {},
      true,
    );
    expect(poison).toMatchObject([{ key: 'a', cause: 'Error: thirteen', event: { position: 2 } }]);
    expect(changes.map(({ key, after }) => [key, after?.position])).toEqual([
      ['a', 1],
      ['b', 4],
    ]);
  });

  it('takes what cannot be read, has no key or makes no row for poison', () => {
    const projection = { ...accounts(), on: { Opened: () => 7 as never, Closed: () => undefined as never } };
    const events = [
      event(1, 'Closed', {}, 'a', { unreadable: 'bad' }),
      event(2, 'Opened', {}, 'b'),
      event(3, 'Closed', {}, 'c'),
    ];
    const { poison } = foldSteps(projection, planSteps(projection, events), new Map());
    expect(poison.map(({ cause }) => cause)).toEqual([
      'bad',
      'TypeError: accounts makes no row of Opened',
      'TypeError: accounts makes no row of Closed',
    ]);
    const keyless = { ...accounts(), key: () => '' };
    expect(planSteps(keyless, [event(1, 'Opened')])).toMatchObject([{ key: null }]);
  });

  it('keeps rows of different tenants apart', () => {
    const other = event(2, 'Opened', { name: 'o' });
    other.meta.tenantId = 't2';
    expect(fold([event(1, 'Opened', { name: 'n' }), other]).changes.map(({ tenantId }) => tenantId)).toEqual([
      't1',
      't2',
    ]);
  });
});
