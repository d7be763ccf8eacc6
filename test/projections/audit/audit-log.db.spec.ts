import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../src/commands/event-store/memory.js';
import { auditReadModule } from '../../../src/projections/audit/audit-log.js';
import { openCursors } from '../../../src/projections/engine/cursor.js';
import { openQueries } from '../../../src/projections/engine/query.js';
import { append } from '../engine/accounts-area.js';
import { engineDatabase } from '../engine/engine-database.js';

const at = engineDatabase();
const { listAudit } = auditReadModule.queries;

type Item = {
  log: string;
  position: string;
  type: string;
  recordedAt: string;
  personaId?: string;
  detail: object;
};

/** Both logs, two events in every millisecond: one of each. */
async function world() {
  let tick = 0;
  const store = new MemoryStore({
    now: () => `2026-01-01T00:00:00.${String(Math.floor(tick / 2)).padStart(3, '0')}Z`,
  });
  for (let n = 0; n < 12; n += 1) {
    await append(store, {
      type: n % 3 === 0 ? 'PersonaArchived' : 'MemberAdded',
      data: { reason: `Number ${n}`, personaId: `p${n % 2}`, name: { $sealed: { ct: 'canary' } } },
      actor: { kind: 'user', id: `m${n % 4}`, credential: 'k1', roles: ['owner'] },
    });
    tick += 1;
    await append(store, { type: 'AccessDenied', data: { operationId: `op${n}` }, log: 'telemetry' });
    tick += 1;
  }
  await append(store, { type: 'MemberAdded', data: { reason: 'Number 1' }, tenant: 't2' });
  await at.run(store, auditReadModule.projections).drained();
  const queries = openQueries({
    store,
    pool: at.pool,
    cursors: openCursors({ key: Buffer.alloc(32) }),
    open: async (json) => json,
  });
  return async (input: object, tenantId = 't1'): Promise<{ items: Item[]; next: string | null }> => {
    const parsed = listAudit!.input.parse(input);
    const reader = { tenantId, memberId: 'm', roles: [], teams: [] };
    const { answer } = await queries.run({ query: listAudit!, input: parsed, reader });
    return listAudit!.output.parse(answer.body) as { items: Item[]; next: string | null };
  };
}

describe('listAudit', () => {
  it('merges both logs in the order of time, page by page in both directions', async () => {
    const list = await world();
    const whole = (await list({ limit: 500 })).items;
    expect(whole.map(({ log }) => log)).toEqual(
      Array.from({ length: 24 }, (_, n) => (n % 2 ? 'telemetry' : 'record')),
    );
    expect(whole.map(({ recordedAt }) => recordedAt)).toEqual(
      whole.map(({ recordedAt }) => recordedAt).sort(),
    );
    for (const order of ['asc', 'desc']) {
      for (const limit of [1, 2, 5, 24]) {
        const found: Item[] = [];
        let cursor: string | undefined;
        do {
          const page = await list({ limit, order, ...(cursor && { cursor }) });
          found.push(...page.items);
          cursor = page.next ?? undefined;
        } while (cursor);
        expect(found).toEqual(order === 'asc' ? whole : [...whole].reverse());
      }
    }
  });

  it('shows who did what with which outcome, and nothing that is sealed', async () => {
    const list = await world();
    const [first, second] = (await list({ limit: 2 })).items;
    expect(first).toEqual({
      position: '1',
      log: 'record',
      type: 'PersonaArchived',
      stream: 'account-t1_a',
      personaId: 'p0',
      recordedAt: '2026-01-01T00:00:00.000Z',
      occurredAt: '2026-01-01T00:00:00.000Z',
      actor: { kind: 'user', id: 'm0', credential: 'k1', roles: ['owner'] },
      commandId: expect.any(String) as string,
      outcome: 'accepted',
      detail: { reason: 'Number 0', personaId: 'p0' },
    });
    expect(second).toMatchObject({ type: 'AccessDenied', outcome: 'denied', log: 'telemetry' });
  });

  it('is filtered', async () => {
    const list = await world();
    const count = async (filter: object): Promise<number> =>
      (await list({ limit: 500, ...filter })).items.length;
    expect(await count({ type: 'PersonaArchived' })).toBe(4);
    expect(await count({ actor: 'm1' })).toBe(3 + 12);
    expect(await count({ personaId: 'p1' })).toBe(6);
    expect(await count({ credential: 'k1', outcome: 'accepted' })).toBe(12);
    expect(await count({ outcome: 'denied' })).toBe(12);
    expect(await count({ stream: 'account-t1_a' })).toBe(12);
    expect(await count({ from: '2026-01-01T00:00:00.003Z', to: '2026-01-01T01:00:00.005+01:00' })).toBe(4);
    expect(await count({ q: 'number 11' })).toBe(1);
    expect(await count({ q: 'ARCHIVED  number' })).toBe(4);
    expect(await count({ q: 'canary' })).toBe(0);
    expect(await count({ q: '100%' })).toBe(0);
    expect((await list({ limit: 500 }, 't2')).items).toHaveLength(1);
  });

  it('refuses the cursor of other filters and of another tenant', async () => {
    const list = await world();
    const { next } = await list({ limit: 2 });
    await expect(list({ limit: 2, order: 'desc', cursor: next })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    await expect(list({ limit: 2, actor: 'm1', cursor: next })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    await expect(list({ limit: 2, cursor: next }, 't2')).rejects.toMatchObject({ code: 'invalid-input' });
    await expect(list({ limit: 2, cursor: `${next}x` })).rejects.toMatchObject({ code: 'invalid-input' });
    expect((await list({ limit: 3, cursor: next })).items).toHaveLength(3);
  });
});
