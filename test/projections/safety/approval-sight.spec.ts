import { describe, expect, it } from 'vitest';
import type { Role } from '../../../src/domain/kernel.js';
import {
  concerningReader,
  isForReader,
  standingIn,
  waitingForReader,
} from '../../../src/projections/safety/approval-sight.js';
import type { ApprovalRow } from '../../../src/projections/safety/approvals.js';

// That the conditions say the same in SQL is shown with the list.
const row = {
  requesterId: 'ada',
  excluded: ['ada', 'zoe'],
  approvers: { roles: ['approver'], members: ['eve'] },
  delegations: { eve: { to: 'sam', until: '2026-01-02T03:00:00.000Z', roles: [] } },
  votes: {},
} as unknown as ApprovalRow;
const reader = (memberId: string, ...roles: Role[]) => ({ tenantId: 'acme', memberId, roles, teams: [] });

describe('what concerns a reader', () => {
  it.each([
    ['who asked', reader('ada', 'editor')],
    ['who had a hand in it', reader('zoe', 'editor')],
    ['who decides by role', reader('bob', 'approver')],
    ['who decides by name', reader('eve')],
    ['who was delegated to', reader('sam')],
    ['who oversees', reader('ann', 'auditor')],
  ])('%s', async (_, who) => expect(await isForReader({ reader: who } as never, row)).toBe(true));

  it('nobody else', async () =>
    expect(await isForReader({ reader: reader('tom', 'editor') } as never, row)).toBe(false));
});

it('tells by what a reader decides, at a moment', () => {
  expect(standingIn(row, reader('bob', 'approver'), null)).toEqual({ by: 'role' });
  expect(standingIn(row, reader('sam'), '2026-01-02T02:00:00.000Z')).toMatchObject({ from: 'eve' });
  expect(standingIn(row, reader('sam'), '2026-01-02T03:00:00.000Z')).toBeNull();
});

it('asks nothing of those who see everything, and lets those vote who ever may', () => {
  expect(concerningReader(reader('olga', 'owner'))).toEqual([]);
  expect(concerningReader(reader('bob', 'approver'))).toHaveLength(1);
  expect(waitingForReader(reader('vic', 'viewer'), null)).toBeNull();
  expect(waitingForReader(reader('bob', 'approver'), '2026-01-02T03:00:00.000Z')).toHaveLength(4);
});
