import type { Command } from 'commander';
import { withServer } from './connect.js';
import { withClient, type ClientOptions } from './options.js';
import { print, printResult } from './output.js';
import { replaceShownKey } from './shown-key.js';

interface KeyReceipt {
  reply?: { keyId: string; key: string };
}
interface KeyItem {
  keyId: string;
  memberId: string;
  label: string;
  issuedAt: string;
  endedAt?: string;
}

/** `dramatis api-keys issue | rotate | revoke | list`. */
export function apiKeysCommand(program: Command): void {
  const keys = program.command('api-keys').description('API keys of the tenant');

  withClient(keys.command('issue <memberId>').description('issue a key for a member; it is printed once'))
    .option('--label <label>', 'what the key is for', 'command line')
    .action(async (memberId: string, { url, key, json, label }: ClientOptions & { label: string }) => {
      await withServer({ url, key }, async (client) => {
        const { reply } = await client.request<KeyReceipt>('POST', '/api-keys', { memberId, label });
        printResult(json, reply, [`${reply?.key}   (shown once)`]);
      });
    });

  withClient(keys.command('rotate <keyId>').description('replace a key; the new one is printed once')).action(
    async (keyId: string, { url, key, json }: ClientOptions) => {
      await withServer({ url, key }, async (client, shown) => {
        const { reply } = await client.request<KeyReceipt>(
          'POST',
          `/api-keys/${encodeURIComponent(keyId)}/rotate`,
        );
        // Printed first: whatever becomes of the file, the new key is not lost.
        printResult(json, reply, [`${reply?.key}   (shown once)`]);
        if (reply) await replaceShownKey(shown, { keyId, by: reply.key });
      });
    },
  );

  withClient(keys.command('revoke <keyId>').description('revoke a key at once')).action(
    async (keyId: string, { url, key, json }: ClientOptions) => {
      await withServer({ url, key }, async (client) => {
        await client.request('DELETE', `/api-keys/${encodeURIComponent(keyId)}`);
        printResult(json, { keyId, revoked: true }, [`${keyId} is revoked`]);
      });
    },
  );

  withClient(keys.command('list').description('list keys, without their secrets')).action(
    async ({ url, key, json }: ClientOptions) => {
      await withServer({ url, key }, async (client) => {
        let cursor: string | null = null;
        do {
          const query: string = cursor ? `?limit=500&cursor=${encodeURIComponent(cursor)}` : '?limit=500';
          const page: { items: KeyItem[]; next: string | null } = await client.request(
            'GET',
            `/api-keys${query}`,
          );
          for (const item of page.items) {
            const state = item.endedAt ? `ended ${item.endedAt}` : 'live';
            print(json ? JSON.stringify(item) : `${item.keyId}  ${item.memberId}  ${item.label}  ${state}`);
          }
          cursor = page.next;
        } while (cursor);
      });
    },
  );
}
