import { escapeIdentifier, escapeLiteral, type Client } from 'pg';
import { withClient } from './client.js';
import type { Credentials, EmbeddedUrls } from './credentials.js';

/** The role that owns the record database and changes its schema. */
export const ownerRole = 'dramatis_owner';
/** The role the application works as; it owns nothing of the record. */
export const appRole = 'dramatis_app';
/** The role that owns the key database. */
export const keysRole = 'dramatis_keys';

/**
 * Makes the three roles and two databases that are missing. Every step stands for itself and is looked up
 * before it is done, so that a start killed anywhere in between is completed by the next one.
 */
export async function ensureRolesAndDatabases(
  urls: EmbeddedUrls,
  passwords: Credentials['passwords'],
): Promise<void> {
  await withClient({ url: urls.superuser, applicationName: 'dramatis-start' }, async (client) => {
    const { rows: roles } = await client.query<{ name: string }>('SELECT rolname AS name FROM pg_roles');
    const known = new Set(roles.map(({ name }) => name));
    const wanted = [
      [ownerRole, passwords.owner],
      [appRole, passwords.app],
      [keysRole, passwords.keys],
    ] as const;
    for (const [role, secret] of wanted) {
      if (known.has(role)) continue;
      const flags = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';
      await client.query(`CREATE ROLE ${role} ${flags} PASSWORD ${escapeLiteral(secret)}`);
    }
    await grantAppToOwner(client);
    await ensureDatabase(client, { name: 'dramatis', owner: ownerRole, users: [appRole] });
    await ensureDatabase(client, { name: 'dramatis_keys', owner: keysRole, users: [] });
  });
}

/**
 * Makes database `name` for `owner`, open to nobody but `users`. Needs a superuser's connection. Returns
 * without a change when all of it holds already.
 */
export async function ensureDatabase(
  client: Client,
  { name, owner, users, template }: { name: string; owner: string; users: string[]; template?: string },
): Promise<void> {
  const database = escapeIdentifier(name);
  const { rows } = await client.query<{ open: boolean; missing: boolean }>(
    `SELECT has_database_privilege('public', d.oid, 'CONNECT') AS open,
            NOT coalesce((SELECT bool_and(has_database_privilege(u, d.oid, 'CONNECT')) FROM unnest($2::text[]) u), true) AS missing
       FROM pg_database d WHERE datname = $1`,
    [name, users],
  );
  if (rows.length === 0) {
    const from = template === undefined ? '' : ` TEMPLATE ${escapeIdentifier(template)}`;
    await client.query(`CREATE DATABASE ${database} OWNER ${escapeIdentifier(owner)}${from}`);
  }
  // Also after a database was made just now: grants on a database are not copied from its template.
  if (rows[0]?.open !== false) await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  if (rows[0]?.missing !== false && users.length > 0) {
    const list = users.map((user) => escapeIdentifier(user)).join(', ');
    await client.query(`GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO ${list}`);
  }
}

/** Migrations run as the owner and make schemas that belong to the application: this takes membership. */
async function grantAppToOwner(client: Client): Promise<void> {
  const { rows } = await client.query('SELECT 1 WHERE pg_has_role($1, $2, $3)', [
    ownerRole,
    appRole,
    'MEMBER',
  ]);
  if (rows.length === 0) await client.query(`GRANT ${appRole} TO ${ownerRole}`);
}
