import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkServer } from '../../src/database/server-check.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';
import { ask } from './own-server.js';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase({ migrated: false });
  await ask(database.urls.owner, 'CREATE SCHEMA es');
});
afterAll(() => database.drop());

it('accepts the application role, and tells roles that can do too much', async () => {
  const good = { ok: true, versionNumber: expect.any(Number) };
  expect(await checkServer({ url: database.urls.app })).toEqual({
    ...good,
    isSuperuser: false,
    ownsRecord: false,
  });
  expect(await checkServer({ url: database.urls.owner })).toEqual({
    ...good,
    isSuperuser: false,
    ownsRecord: true,
  });
  expect(await checkServer({ url: database.urls.superuser })).toMatchObject({ isSuperuser: true });
});

it('refuses another default isolation', async () => {
  const setting = `ALTER DATABASE ${database.names.record} SET default_transaction_isolation`;
  await ask(database.urls.superuser, `${setting} TO 'serializable'`);
  expect(await checkServer({ url: database.urls.app })).toEqual({
    ok: false,
    reason: expect.stringMatching(/'serializable'.*needs 'read committed'/),
  });
  await ask(database.urls.superuser, `${setting} TO DEFAULT`);
});

it('leaves a server that cannot be reached to the caller', async () => {
  await expect(checkServer({ url: 'postgresql://a:b@127.0.0.1:1/c' })).rejects.toThrow(/ECONNREFUSED/);
});
