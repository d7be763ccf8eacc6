import { Client } from 'pg';

/**
 * Runs `work` on one connection of its own and closes it. For start-up and migrations; everything else uses
 * a pool. Connecting gives up after `timeoutMs` (default 5 s), a query after `queryTimeoutMs` (default never).
 */
export async function withClient<T>(
  {
    url,
    applicationName,
    timeoutMs = 5_000,
    queryTimeoutMs,
  }: { url: string; applicationName: string; timeoutMs?: number; queryTimeoutMs?: number },
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: timeoutMs,
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
    keepAlive: true,
  });
  // A connection that breaks between two queries reports it here, and the next query fails with it: without
  // a listener it would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
