import { z } from 'zod';
import { opaqueId, teamId } from '../../domain/ids.js';
import { channelName, owner } from '../../domain/personas/events.js';
import { clear } from '../../domain/sealed.js';
import { query, type Condition, type Reader } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';
import { personas, personaStatus, searchable, type PersonaRow } from './personas.js';
import { ownedBy, visibleTo } from './visible.js';

const word = clear(z.string().min(1).max(200));
const summary = z.strictObject({
  personaId: z.string(),
  slug: z.string(),
  name: z.string(),
  description: z.string(),
  status: personaStatus,
  owner,
  isPublic: z.boolean(),
  version: z.int(),
  head: z.int().nullable(),
  channels: z.record(z.string(), z.int()),
  tags: z.array(z.string()),
  domains: z.array(z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
});

const listPersonasInput = z.strictObject({
  ...listInput,
  status: personaStatus.optional(),
  tag: word.optional(),
  domain: word.optional().describe('The name of a knowledge domain'),
  q: word.optional().describe('Occurs in name, slug or description, in any case'),
  owner: opaqueId.optional().describe('The id of the owner'),
  team: teamId.optional().describe('Only what the team owns or shares'),
  mine: z.boolean().optional().describe('Only what the reader or one of its teams owns'),
  channel: channelName.optional().describe('Only personas that have this channel'),
  sort: z.enum(['name', 'createdAt', 'updatedAt']).default('name'),
  order: z.enum(['asc', 'desc']).default('asc'),
});

function conditions(asked: z.output<typeof listPersonasInput>, reader: Reader): Condition[] {
  const wanted: [string, string | undefined][] = [
    ["row->>'status' = ?", asked.status],
    ["row->'draft'->'tags' @> to_jsonb(?::text)", asked.tag],
    ["row->'domains' @> to_jsonb(?::text)", asked.domain],
    ["row->'owner'->>'id' = ?", asked.owner],
    ["jsonb_exists(row->'channels', ?)", asked.channel],
    ["strpos(row->>'search', ?) > 0", asked.q && searchable(asked.q)],
  ];
  const filters = wanted.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, values: [value] }]));
  if (asked.team !== undefined) {
    const sql = `(row->'owner'->>'kind' = 'team' AND row->'owner'->>'id' = ?) OR jsonb_exists(row->'allowedTeams', ?)`;
    filters.push({ sql, values: [asked.team, asked.team] });
  }
  return asked.mine === undefined ? filters : [...filters, ownedBy(reader, asked.mine)];
}

export const listPersonas = query({
  http: 'GET /personas',
  summary: 'The personas that the reader may see; name, tags and domains are those of the draft',
  permission: 'personas:read',
  input: listPersonasInput,
  output: pageOf(summary),
  asOf: true,
  reads: [personas],
  run: async (asked, ctx) => {
    const field = asked.sort === 'name' ? 'sortName' : asked.sort;
    const page = await ctx.model(personas).list<PersonaRow>({
      where: conditions(asked, ctx.reader),
      whereNow: visibleTo(ctx.reader),
      orderBy: `row->>'${field}'`,
      descending: asked.order === 'desc',
      limit: asked.limit,
      cursor: asked.cursor,
    });
    const items = page.items.map(({ row }) => ({
      personaId: row.personaId,
      slug: row.slug,
      name: row.draft.name,
      description: row.draft.description,
      status: row.status,
      owner: row.owner,
      isPublic: row.isPublic,
      version: row.version,
      head: row.head,
      channels: row.channels,
      tags: row.draft.tags,
      domains: row.domains,
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
    }));
    return { body: { items, next: page.next } };
  },
});
