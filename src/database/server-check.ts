import { withClient } from './client.js';

export type ServerCheck =
  | { ok: false; reason: string }
  | {
      ok: true;
      /** Like 180004. */
      versionNumber: number;
      /** The role bypasses every privilege, and with them append-only: worth a warning. */
      isSuperuser: boolean;
      /** The role owns (or is a member of the owner of) the schema of the record. */
      ownsRecord: boolean;
    };

/**
 * Whether the server is one that the event store can rely on. Too old a PostgreSQL and another default
 * isolation are refused: order comes from fresh snapshots taken under a lock, which only read committed gives.
 */
export async function checkServer({ url }: { url: string }): Promise<ServerCheck> {
  return withClient({ url, applicationName: 'dramatis-start', queryTimeoutMs: 5_000 }, async (client) => {
    const { rows } = await client.query<{
      version: number;
      isolation: string;
      superuser: boolean;
      owner: boolean;
    }>(
      `SELECT current_setting('server_version_num')::int AS version,
              current_setting('default_transaction_isolation') AS isolation,
              (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
              coalesce((SELECT pg_has_role(current_user, nspowner, 'MEMBER') FROM pg_namespace WHERE nspname = 'es'),
                       false) AS owner`,
    );
    const [found] = rows;
    if (found === undefined) return { ok: false, reason: 'the server did not tell its version' };
    if (found.version < 140_000) {
      const major = Math.floor(found.version / 10_000);
      return { ok: false, reason: `PostgreSQL 14 or newer is needed, this server is ${major}` };
    }
    if (found.isolation !== 'read committed') {
      return {
        ok: false,
        reason:
          `default_transaction_isolation is '${found.isolation}' for this role, database or server, but the event ` +
          `store needs 'read committed': ALTER ROLE … SET default_transaction_isolation TO 'read committed'`,
      };
    }
    return { ok: true, versionNumber: found.version, isSuperuser: found.superuser, ownsRecord: found.owner };
  });
}
