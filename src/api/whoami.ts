import { z } from 'zod';
import type { EventStore } from '../commands/event-store/port.js';
import { sendJson } from './answer.js';
import type { EngineAnswer, EngineOperation } from './engine-routes.js';

/** `GET /whoami`. */
export const whoami = {
  http: 'GET /whoami',
  summary: 'The tenant and the actor that the shown key stands for',
  permission: 'self:read',
  input: z.strictObject({}),
  output: z.strictObject({
    tenantId: z.string(),
    kind: z.enum(['user', 'persona', 'service', 'timer']),
    id: z.string(),
    credential: z.string().optional(),
    roles: z.array(z.string()),
    teams: z.array(z.string()).describe('Ids of the teams that the member is in'),
    onBehalfOf: z.string().optional(),
  }),
} satisfies EngineOperation;

/** Answers who the key stands for. */
export const answerWhoami =
  (store: Pick<EventStore, 'head'>): EngineAnswer =>
  async ({ res, principal }) => {
    const { tenantId, kind, id, credential, roles, teams, onBehalfOf } = principal;
    const position = await store.head('record');
    const text = JSON.stringify({ tenantId, kind, id, credential, roles, teams, onBehalfOf });
    sendJson(res, 200, text, { 'X-Position': String(position), 'Cache-Control': 'no-store' });
  };
