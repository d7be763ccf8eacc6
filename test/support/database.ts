import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { escapeIdentifier, type Client } from 'pg';
import { withClient } from '../../src/database/client.js';
import type { EmbeddedUrls } from '../../src/database/credentials.js';
import { appRole, ensureDatabase, keysRole, ownerRole } from '../../src/database/roles.js';
import { inDatabase } from './global-postgres.js';

/** An empty, migrated pair of databases of one spec file. */
export type FreshDatabase = {
  /** `owner`, `app` and `superuser` lead to the record database, `keys` to the key database. */
  urls: EmbeddedUrls;
  names: { record: string; keys: string };
  /** Drops both, ending the connections to them. */
  drop(): Promise<void>;
};

/**
 * Makes a pair of databases from the run's migrated templates. `migrated: false` gives empty ones.
 *
 * @example
 * const database = await freshDatabase();
 * afterAll(() => database.drop());
 */
export async function freshDatabase({
  migrated = true,
}: { migrated?: boolean } = {}): Promise<FreshDatabase> {
  const { urls, templates, problem } = inject('postgres');
  if (migrated && problem !== null) throw new Error(`the migrations do not run: ${problem}`);
  const id = randomBytes(5).toString('hex');
  const names = { record: `spec_${id}`, keys: `spec_${id}_keys` };
  const from = (template: string): { template?: string } => (migrated ? { template } : {});
  await administrate(async (client) => {
    await ensureDatabase(client, {
      name: names.record,
      owner: ownerRole,
      users: [appRole],
      ...from(templates.record),
    });
    await ensureDatabase(client, { name: names.keys, owner: keysRole, users: [], ...from(templates.keys) });
  });
  return {
    names,
    urls: {
      owner: inDatabase(urls.owner, names.record),
      app: inDatabase(urls.app, names.record),
      superuser: inDatabase(urls.superuser, names.record),
      keys: inDatabase(urls.keys, names.keys),
    },
    drop: () =>
      administrate(async (client) => {
        for (const name of [names.record, names.keys]) {
          await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
        }
      }),
  };
}

function administrate(work: (client: Client) => Promise<void>): Promise<void> {
  return withClient({ url: inject('postgres').urls.superuser, applicationName: 'test' }, work);
}
