import { expect, it } from 'vitest';
import { approvalModule } from '../../../src/domain/safety/approval-module.js';

it('has every command of approvals, and what follows from them', () => {
  const { commands, decider, reactors } = approvalModule;
  const addresses = Object.entries(commands).map(([id, { http, permission }]) => [id, http, permission]);
  expect(addresses).toEqual([
    ['requestApproval', 'POST /approvals', 'approvals:request'],
    ['openApproval', 'internal', 'approvals:request'],
    ['changeApprovalSubject', 'internal', 'approvals:request'],
    ['closeApproval', 'internal', 'approvals:request'],
    ['cancelApproval', 'POST /approvals/:approvalId/cancel', 'approvals:request'],
    ['voteOnApproval', 'POST /approvals/:approvalId/votes', 'approvals:vote'],
    ['delegateApproval', 'POST /approvals/:approvalId/delegations', 'approvals:vote'],
    ['reassignApproval', 'PUT /approvals/:approvalId/approvers', 'approvals:vote'],
    ['commentApproval', 'POST /approvals/:approvalId/comments', 'approvals:request'],
    ['requestApprovalInfo', 'POST /approvals/:approvalId/questions', 'approvals:vote'],
    ['provideApprovalInfo', 'POST /approvals/:approvalId/answers', 'approvals:request'],
    ['consumeGrant', 'POST /approvals/:approvalId/consume', 'approvals:consume'],
    ['lapseGrant', 'internal', 'approvals:consume'],
    ['remindApprovers', 'internal', 'approvals:vote'],
    ['expireApproval', 'internal', 'approvals:vote'],
  ]);
  for (const timer of Object.values(decider.timerCommands)) expect(commands).toHaveProperty(timer);
  expect(reactors.map(({ name }) => name)).toEqual(['approvals']);
});
