import * as fc from 'fast-check';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPool } from '../../../src/database/pool.js';
import type { Condition, Reader } from '../../../src/projections/engine/declaration.js';
import { openCursors } from '../../../src/projections/engine/cursor.js';
import { openModelReader, openRowCache } from '../../../src/projections/engine/model-reader.js';
import { personas } from '../../../src/projections/personas/personas.js';
import { isVisible, ownedBy, visibleTo } from '../../../src/projections/personas/visible.js';
import { canSee, seesAll, type Shared, type Viewer } from '../../../src/domain/personas/visibility.js';
import { freshDatabase, type FreshDatabase } from '../../support/database.js';
import { seedFor } from '../../support/seed.js';
import { someShared, someViewer } from '../../support/visibility-arbitrary.js';

const seed = seedFor('visible rows');
const things: Shared[] = fc.sample(someShared, { seed, numRuns: 300 });
const readers: Reader[] = fc
  .sample(someViewer, { seed: seed + 1, numRuns: 60 })
  .map(({ id, ...viewer }) => ({ tenantId: 'acme', memberId: id, ...viewer }));
const viewerOf = ({ memberId, roles, teams }: Reader): Viewer => ({ id: memberId, roles, teams });

let database: FreshDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase();
  pool = openPool({ url: database.urls.app, max: 2, applicationName: 'spec' });
  await pool.query(
    'CREATE TABLE rm.shared_things (tenant_id text COLLATE "C", key text COLLATE "C", row jsonb, position bigint)',
  );
  await pool.query(
    `INSERT INTO rm.shared_things
     SELECT 'acme', to_char(n, 'FM0000'), thing, n FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY t(thing, n)`,
    [JSON.stringify(things)],
  );
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** The things that conditions let through, in their order. */
async function found(where: Condition[]): Promise<Shared[]> {
  const model = { table: 'shared_things', position: 0, revision: 0, degraded: false };
  const reader = openModelReader({
    pool,
    rows: openRowCache(),
    cursors: openCursors({ key: Buffer.alloc(32, 1) }),
    projection: personas,
    tenantId: 'acme',
    asOf: undefined,
    onTable: (read) => read(model),
    onTableNow: (read) => read(model),
  });
  const { items } = await reader.list<Shared>({ where, limit: 1_000 });
  return items.map(({ row }) => row);
}

describe('visibleTo', () => {
  it('lets through exactly what canSee says, whoever reads', async () => {
    for (const reader of readers) {
      const expected = things.filter((thing) => canSee(thing, viewerOf(reader)));
      expect(await found(visibleTo(reader)), JSON.stringify(reader)).toEqual(expected);
    }
  });

  it('puts no condition in the way of those who see everything', () => {
    for (const reader of readers) expect(visibleTo(reader).length).toBe(seesAll(viewerOf(reader)) ? 0 : 1);
  });

  it('goes together with other conditions', async () => {
    const publicOnes = { sql: "row->>'isPublic' = ?", values: ['false'] };
    for (const reader of readers.slice(0, 10)) {
      const expected = things.filter((thing) => !thing.isPublic && canSee(thing, viewerOf(reader)));
      expect(await found([publicOnes, ...visibleTo(reader)])).toEqual(expected);
      expect(await found([...visibleTo(reader), publicOnes])).toEqual(expected);
    }
  });

  it('takes names for names, whatever stands in them', async () => {
    const odd = { tenantId: 'acme', memberId: "ada' OR true --", roles: [], teams: ['{red}', 'a"b', ','] };
    const expected = things.filter(({ isPublic }) => isPublic);
    expect(await found(visibleTo(odd))).toEqual(expected);
  });
});

describe('ownedBy', () => {
  const owns = ({ owner }: Shared, { memberId, teams }: Reader): boolean =>
    (owner.kind === 'user' && owner.id === memberId) || (owner.kind === 'team' && teams.includes(owner.id));

  it('is what the reader or one of its teams owns, or all the rest', async () => {
    for (const reader of readers.slice(0, 30)) {
      const mine = things.filter((thing) => owns(thing, reader));
      const others = things.filter((thing) => !owns(thing, reader));
      expect(await found([ownedBy(reader, true)])).toEqual(mine);
      expect(await found([ownedBy(reader, false)])).toEqual(others);
      for (const thing of mine) expect(isVisible(thing, reader)).toBe(true);
    }
  });
});
