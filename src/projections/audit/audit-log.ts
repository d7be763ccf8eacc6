/** The audit log: both logs as one list, in the order of time. */
import { z } from 'zod';
import { opaqueId } from '../../domain/ids.js';
import { clear } from '../../domain/sealed.js';
import { query, type ReadModule } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';
import { placeOf, searchAudit, type LoggedRow, type Place } from './audit-search.js';
import { auditRecord, auditTelemetry } from './audit-tables.js';

const text = clear(z.string().min(1).max(200));
const moment = clear(z.iso.datetime({ offset: true }));

const item = z.strictObject({
  position: z.string(),
  log: z.enum(['record', 'telemetry']),
  recordedAt: z.string(),
  occurredAt: z.string(),
  actor: z.looseObject({ kind: z.string(), id: z.string() }),
  type: z.string(),
  stream: z.string(),
  personaId: z.string().optional(),
  commandId: z.string(),
  outcome: z.string(),
  detail: z.record(z.string(), z.unknown()),
});

const itemOf = (row: LoggedRow): z.output<typeof item> => ({
  position: row.position,
  log: row.log,
  recordedAt: row.recorded_at,
  occurredAt: row.occurred_at,
  actor: { ...row.actor },
  type: row.type,
  stream: row.stream,
  ...(row.persona_id !== null && { personaId: row.persona_id }),
  commandId: row.command_id,
  outcome: row.outcome,
  detail: row.detail,
});

export const auditReadModule: ReadModule = {
  projections: [auditRecord, auditTelemetry],
  queries: {
    listAudit: query({
      http: 'GET /audit',
      summary: 'Who did what, when, to what, with which credential and outcome',
      permission: 'audit:read',
      input: z.strictObject({
        ...listInput,
        order: z.enum(['asc', 'desc']).default('asc').describe('By the instant of recording'),
        actor: opaqueId.optional().describe('The id of the member who acted'),
        type: text.optional().describe('The type of the event'),
        personaId: text.optional().describe('The id or the slug of the persona that it was about'),
        from: moment.optional().describe('Recorded at or after'),
        to: moment.optional().describe('Recorded before'),
        credential: text.optional().describe('The id of the API key that was shown'),
        outcome: text.optional().describe('accepted, denied, read, …'),
        stream: text.optional(),
        q: text.optional().describe('Words that all occur in what is clear of an event, in any case'),
      }),
      output: pageOf(item),
      reads: [auditRecord, auditTelemetry],
      run: async ({ limit, cursor, ...filters }, ctx) => {
        const after = cursor === undefined ? undefined : (ctx.cursor.open(cursor, filters) as Place);
        const { personaId } = filters;
        // An id that is not a UUID, and a slug that somebody held once, are looked for as they stand.
        const id = personaId && ((await ctx.resolve('slug', 'persona', personaId)) ?? personaId);
        const found = await searchAudit(ctx, { ...filters, personaId: id, limit }, after);
        const last = found.length > limit ? found[limit - 1] : undefined;
        return {
          body: {
            items: found.slice(0, limit).map(itemOf),
            next: last ? ctx.cursor.seal(placeOf(last), filters) : null,
          },
        };
      },
    }),
  },
};
