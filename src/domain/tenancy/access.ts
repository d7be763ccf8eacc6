import { z } from 'zod';
import { memberId } from '../ids.js';
import { deciderFor, defineModule } from '../kernel.js';
import { clear } from '../sealed.js';
import { accessEvents } from './events.js';

interface Access {
  status: 'open';
}

/** What a member looked at or was refused on one day. There is nothing to decide: the record is the point. */
export const access = deciderFor<Access>()({
  name: 'access',
  id: 'memberId',
  dataClass: 'telemetry',
  events: accessEvents,
  rejections: {},
  initialState: () => ({ status: 'open' }),
  // A telemetry stream's id ends in its day, which names the partition that it expires with.
  locate: (input, at) => ({
    id: `${String(input['memberId'])}_${at.now.slice(0, 10).replaceAll('-', '')}`,
  }),
  evolve: { EventsRead: (state) => state, AccessDenied: (state) => state },
});

const seen = { memberId, operationId: clear(z.string().min(1).max(64)), count: z.int().min(1) };

export const accessModule = defineModule(access, {
  recordRead: access.command({
    http: 'internal',
    summary: 'Record that a member read events, replays or exports',
    permission: 'self:read',
    input: z.strictObject({ ...seen, outcome: z.enum(['read', 'opened']) }),
    rejects: [],
    decide: (_, { operationId, count, outcome }) => [
      access.event('EventsRead', { operationId, count, outcome }),
    ],
  }),
  recordDenial: access.command({
    http: 'internal',
    summary: 'Record that a member was refused an operation',
    permission: 'self:read',
    input: z.strictObject({ ...seen, permission: clear(z.string().min(1).max(64)) }),
    rejects: [],
    decide: (_, { operationId, count, permission }) => [
      access.event('AccessDenied', { operationId, count, permission }),
    ],
  }),
});
