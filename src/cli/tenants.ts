import type { Command } from 'commander';
import { withServer } from './connect.js';
import { withClient, type ClientOptions } from './options.js';
import { printResult } from './output.js';

interface TenantReceipt {
  id: string;
  reply: { keyId: string; key: string };
}

/** `dramatis tenants create NAME`: a new tenant; its first owner's key is printed once. */
export function tenantsCommand(program: Command): void {
  const tenants = program.command('tenants').description('tenants of this installation');
  withClient(tenants.command('create <name>').description('create a tenant and print its first owner’s key'))
    .option('--id <tenantId>', 'the tenant’s id (default: made from the name)')
    .action(async (name: string, { url, key, json, id }: ClientOptions & { id?: string }) => {
      await withServer({ url, key }, async (client) => {
        const receipt = await client.request<TenantReceipt>('POST', '/tenants', {
          name,
          ...(id && { tenantId: id }),
        });
        printResult(json, { tenantId: receipt.id, ...receipt.reply }, [
          `tenant     ${receipt.id}`,
          `owner key  ${receipt.reply.key}   (shown once)`,
        ]);
      });
    });
}
