import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { migrate, schemaState, type AppliedMigration } from '../../src/database/migrate.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';
import { ask, silent, temporaryFolder } from './own-server.js';

let database: FreshDatabase;
let dir: string;
beforeEach(async () => {
  database = await freshDatabase({ migrated: false });
  dir = join(temporaryFolder(), 'migrations');
  mkdirSync(dir);
  onTestFinished(() => database.drop());
});

const write = (file: string, sql: string): void => writeFileSync(join(dir, file), sql);
const run = (): Promise<AppliedMigration[]> =>
  migrate({ ownerUrl: database.urls.owner, appRole: 'dramatis_app', dir, log: silent });
const state = (): Promise<string> => schemaState({ url: database.urls.app, dir });
const ids = (done: AppliedMigration[]): number[] => done.map(({ id }) => id);

describe('migrate', () => {
  it('applies what is missing, once, in order, for the role named', async () => {
    write('0001_first.sql', 'CREATE TABLE a AS SELECT 1::int AS n; GRANT SELECT ON a TO :app_role;');
    expect(await state()).toBe('behind');
    expect(await run()).toEqual([
      { id: 1, name: 'first', checksum: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    expect(await state()).toBe('current');
    expect(await run()).toEqual([]);
    write(
      '0002_more.sql',
      "INSERT INTO a VALUES (2);\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 7; END';",
    );
    expect(await state()).toBe('behind');
    expect(ids(await run())).toEqual([2]);
    expect(await ask(database.urls.app, 'SELECT n FROM a ORDER BY n')).toEqual([1, 2]);
    expect(await ask(database.urls.app, 'SELECT id FROM public.dramatis_migrations ORDER BY id')).toEqual([
      1, 2,
    ]);
    await expect(ask(database.urls.app, 'DELETE FROM public.dramatis_migrations')).rejects.toThrow(
      /permission denied/,
    );
  });

  it('makes schemas that belong to the application', async () => {
    write('0001_schemas.sql', 'CREATE SCHEMA rm AUTHORIZATION :app_role;');
    await run();
    await ask(database.urls.app, 'CREATE TABLE rm.t (n int)');
  });

  it('serves the key database as well', async () => {
    write('0001_keys.sql', 'CREATE TABLE keys (id text)');
    await migrate({ ownerUrl: database.urls.keys, appRole: 'dramatis_keys', dir, log: silent });
    expect(await schemaState({ url: database.urls.keys, dir })).toBe('current');
  });

  it('keeps what worked and undoes what failed, naming file and line', async () => {
    write('0001_good.sql', 'CREATE TABLE good ()');
    write('0002_bad.sql', 'CREATE TABLE half ();\nSELECT nonsense;');
    await expect(run()).rejects.toThrow(/migration 0002_bad failed \(line 2\): .*nonsense/);
    const tables = `SELECT tablename FROM pg_tables WHERE tablename IN ('good', 'half')`;
    expect(await ask(database.urls.owner, tables)).toEqual(['good']);
    write('0002_bad.sql', 'CREATE TABLE half ()');
    expect(ids(await run())).toEqual([2]);
  });

  it('lets two at once both succeed, one of them doing the work', async () => {
    write('0001_slow.sql', 'SELECT pg_sleep(0.2); CREATE TABLE a ();');
    write('0002_next.sql', 'CREATE TABLE b ();');
    const done = await Promise.all([run(), run(), run()]);
    expect(done.flatMap(ids).sort((a, b) => a - b)).toEqual([1, 2]);
    expect(await state()).toBe('current');
  });

  it('refuses a file that was edited, or is gone, after it was applied', async () => {
    write('0001_a.sql', 'CREATE TABLE a ();\n');
    write('0002_b.sql', 'CREATE TABLE b ();');
    await run();
    write('0001_a.sql', 'CREATE TABLE a ();\r\n');
    expect(await state()).toBe('current');
    write('0001_a.sql', 'CREATE TABLE a (n int);');
    expect(await state()).toBe('diverged');
    await expect(run()).rejects.toThrow(/0001_a\.sql is not what was applied/);
    write('0001_a.sql', 'CREATE TABLE a ();\n');
    rmSync(join(dir, '0002_b.sql'));
    expect(await state()).toBe('ahead');
    await expect(run()).rejects.toThrow(/lacks migration 0002_b/);
  });

  it.each([
    ['a gap', { '0001_a.sql': '', '0003_c.sql': '' }, /0002 is missing, next comes 0003_c/],
    ['a number twice', { '0001_a.sql': '', '0001_b.sql': '' }, /0002 is missing, next comes 0001_b/],
    ['a name that does not fit', { '1-first.sql': '' }, /called NNNN_name\.sql/],
    ['a transaction of its own', { '0001_a.sql': 'SELECT 1;\nCOMMIT;\n' }, /may not begin or end one itself/],
  ])('refuses a folder with %s', async (_, files: Record<string, string>, message) => {
    for (const [file, sql] of Object.entries(files)) write(file, sql);
    await expect(run()).rejects.toThrow(message);
    await expect(state()).rejects.toThrow(message);
  });

  it('has nothing to do without a folder', async () => {
    rmSync(dir, { recursive: true });
    expect(await state()).toBe('current');
    expect(await run()).toEqual([]);
  });
});
