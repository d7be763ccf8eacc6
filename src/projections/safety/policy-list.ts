import { z } from 'zod';
import { policyMode } from '../../domain/safety/events.js';
import { query } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';
import { ofVisiblePersonas, personas } from '../personas/facts.js';
import { policies, type ActiveVersion, type PolicyRow } from './policies.js';

const version = z.strictObject({
  versionNo: z.int(),
  mode: policyMode,
  policyHash: z.string(),
  activatedAt: z.string(),
  activatedBy: z.string(),
});
const item = z.strictObject({
  personaId: z.string().nullable().describe('Null for the tenant’s floor'),
  draftHash: z.string().nullable(),
  active: version.nullable().describe('What decides'),
  watched: version.nullable().describe('In shadow beside it'),
  suspended: z.boolean(),
  waivedUntil: z.string().optional().describe('Rules of the floor do not count for the persona until then'),
  updatedAt: z.string(),
  version: z.int().describe('Of the stream'),
});

function summaryOf(active: ActiveVersion | null): z.output<typeof version> | null {
  if (!active) return null;
  const { policy: _, ...summary } = active;
  return summary;
}

function itemOf(row: PolicyRow): z.output<typeof item> {
  return {
    personaId: row.personaId ?? null,
    draftHash: row.draftHash,
    active: summaryOf(row.enforced),
    watched: summaryOf(row.watched),
    suspended: row.isSuspended,
    ...(row.waiver && { waivedUntil: row.waiver.until }),
    updatedAt: row.updatedAt,
    version: row.version,
  };
}

export const listPolicies = query({
  http: 'GET /policies',
  summary: 'The policies of the personas that the reader may see, and the tenant’s floor',
  permission: 'policies:read',
  input: z.strictObject(listInput),
  output: pageOf(item),
  asOf: true,
  reads: [policies, personas],
  run: async ({ limit, cursor }, ctx) => {
    const whereOther = ofVisiblePersonas(ctx.reader, true);
    const page = await ctx.model(policies).list<PolicyRow>({ whereOther, limit, cursor });
    return { body: { items: page.items.map(({ row }) => itemOf(row)), next: page.next } };
  },
});
