import { z } from 'zod';
import { keyId, memberId } from '../../domain/ids.js';
import { label, tenantEvents } from '../../domain/tenancy/events.js';
import { query, rowProjection, type ProjectedEvent, type ReadModule } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';

export type ApiKeyRow = {
  keyId: string;
  memberId: string;
  label: string;
  issuedAt: string;
  endedAt?: string;
  replacedBy?: string;
};

/** The key an event speaks of; the first one comes with the tenant. */
const keyOf = (event: ProjectedEvent): string =>
  (event.data['keyId'] as string | undefined) ?? (event.data['key'] as { keyId: string }).keyId;

/** The API keys of a tenant: whose they are, since when, until when. Digests stay in the log. */
export const apiKeys = rowProjection<ApiKeyRow>()(tenantEvents, {
  name: 'api_keys',
  version: 1,
  key: keyOf,
  asOf: 'history',
  on: {
    TenantCreated: (_, { key, owner }, { meta }) => ({
      keyId: key.keyId,
      memberId: owner.memberId,
      label: key.label,
      issuedAt: meta.recordedAt,
    }),
    ApiKeyIssued: (_, e, { meta }) => ({
      keyId: e.keyId,
      memberId: e.memberId,
      label: e.label,
      issuedAt: meta.recordedAt,
    }),
    ApiKeyRotated: (row, e, { meta }) =>
      row && { ...row, endedAt: meta.recordedAt, replacedBy: e.replacedBy },
    ApiKeyRevoked: (row, _, { meta }) => row && { ...row, endedAt: meta.recordedAt },
  },
});

const apiKey = z.strictObject({
  keyId,
  memberId,
  label,
  issuedAt: z.string(),
  endedAt: z.string().optional(),
  replacedBy: keyId.optional(),
});

export const apiKeysReadModule: ReadModule = {
  projections: [apiKeys],
  queries: {
    listApiKeys: query({
      http: 'GET /api-keys',
      summary: 'The API keys of the tenant; never their secrets',
      permission: 'api-keys:read',
      input: z.strictObject({
        ...listInput,
        memberId: memberId.optional(),
        state: z.enum(['live', 'ended']).optional(),
      }),
      output: pageOf(apiKey),
      asOf: true,
      reads: [apiKeys],
      run: async ({ memberId: whose, state, limit, cursor }, ctx) => {
        const page = await ctx.model(apiKeys).list<ApiKeyRow>({
          where: [
            ...(whose ? [{ sql: "row->>'memberId' = ?", values: [whose] }] : []),
            ...(state ? [{ sql: `row->>'endedAt' IS ${state === 'ended' ? 'NOT ' : ''}NULL` }] : []),
          ],
          limit,
          cursor,
        });
        return { body: { items: page.items.map(({ row }) => row), next: page.next } };
      },
    }),
  },
};
