import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../../src/domain/kernel.js';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { safetyReadModule } from '../../../src/projections/safety/module.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { personaNamed } from '../../support/personas.js';

let world: AreaWorld;
let approvalId: string;
let before: string;
const member = (id: string, ...roles: Role[]) => ({ id, roles });
const ada = member('ada', 'editor', 'approver');
const bob = member('bob', 'approver');
const cleo = member('cleo', 'approver');
const vic = member('vic', 'viewer');
const olga = member('olga', 'owner');
const ann = member('ann', 'auditor');
const args = { to: 'all@example.org' };
/** Personal values are opened on the way out of the process, not here. */
const sealed = { $sealed: expect.anything() };

const send = (operationId: string, input: object, as: object) =>
  world.send(operationId, { approvalId, ...input }, as);
const get = (as: object, id = approvalId) => world.ask('getApproval', { approvalId: id }, as);

beforeAll(async () => {
  const [personas, safety] = [personaReadModule, safetyReadModule];
  world = await areaWorld({
    projections: [...personas.projections, ...safety.projections],
    queries: { ...personas.queries, ...safety.queries },
  });
  const home = { tenantId: 'default', roles: ['owner' as const] };
  await world.send('createTenant', { name: 'acme', tenantId: 'acme', ownerId: 'olga' }, home);
  for (const { id, roles } of [ada, bob, cleo, vic]) {
    await world.send('addMember', { memberId: id, displayName: id, roles }, olga);
  }
  await world.send('registerPersona', { ...personaNamed('open'), isPublic: true }, ada);
  const action = { kind: 'action', action: 'tool:email.send', args, personaId: 'open', subjectId: 'sub-1' };
  const asked = { reason: 'the newsletter', quorum: 2, approvers: { roles: ['approver'] } };
  approvalId = (await world.send('requestApproval', { ...action, ...asked, deadlineSeconds: 3_600 }, ada)).id;
  before = world.now();
  await send('requestApprovalInfo', { question: 'to whom?' }, bob);
  await send('provideApprovalInfo', { answer: 'to all' }, ada);
  await send('voteOnApproval', { decision: 'approve', reason: 'fine' }, bob);
});
afterAll(() => world.stop());

describe('an approval', () => {
  it('is told with its votes and what was said about it', async () =>
    expect(await get(olga)).toMatchObject({
      approvalId,
      state: 'requested',
      kind: 'action',
      action: 'tool:email.send',
      args: sealed,
      reason: sealed,
      quorum: 2,
      requesterId: 'ada',
      excluded: ['ada'],
      votes: [{ by: 'bob', roles: ['approver'], decision: 'approve', reason: sealed }],
      thread: [
        { remark: 'question', by: 'bob', text: sealed },
        { remark: 'answer', by: 'ada', text: sealed },
      ],
      grant: { state: 'none' },
      version: 4,
    }));

  it('is told as it was', async () => {
    const then = await get({ ...olga, asOf: before });
    expect(then).toMatchObject({ version: 1, votes: [], thread: [], args: sealed });
  });

  it('shows its arguments to who decides, who asked, and who oversees', async () => {
    for (const who of [bob, cleo, ada, olga, ann]) expect(await get(who)).toMatchObject({ args: sealed });
    expect(await get(vic)).not.toHaveProperty('args');
  });
});

describe('what the reader may do', () => {
  it.each([
    ['who asked', ada, false, 'approval-own'],
    ['who decides', cleo, true, 'role'],
    ['who has voted already, and may change that', bob, true, 'role'],
    ['who does not decide', olga, false, 'approval-not-yours'],
    ['who never votes', vic, false, 'forbidden'],
  ])('%s', async (_, who, mayVote, why) => expect(await get(who)).toMatchObject({ mayVote, why }));

  it('follows from a delegation too, until it is taken back', async () => {
    await send('delegateApproval', { to: 'olga' }, cleo);
    expect(await get(olga)).toMatchObject({
      mayVote: true,
      why: 'delegated',
      delegations: [{ from: 'cleo', to: 'olga', until: null }],
    });
    await send('delegateApproval', { to: 'cleo' }, cleo);
    expect(await get(olga)).toMatchObject({ mayVote: false, delegations: [] });
  });

  it('is what a vote says', async () => {
    const vote = (as: object) => world.refused(send('voteOnApproval', { decision: 'approve' }, as));
    for (const who of [ada, olga, vic]) expect(await vote(who)).toBe((await get(who))['why']);
  });

  it('ends with the decision, and tells what became of the grant', async () => {
    await send('voteOnApproval', { decision: 'approve' }, cleo);
    expect(await get(cleo)).toMatchObject({
      mayVote: false,
      why: 'approval-decided',
      state: 'approved',
      decidedBy: ['bob', 'cleo'],
      grant: { state: 'issued', grantId: expect.any(String) },
    });
    const use = (what: object) => send('consumeGrant', what, ada);
    expect(await world.refused(use({ action: 'tool:email.send' }))).toBe('action-differs');
    await use({ action: 'tool:email.send', args, personaId: 'open' });
    expect(await get(cleo)).toMatchObject({ grant: { state: 'consumed', consumedBy: 'ada' } });
    expect(await world.refused(use({ action: 'tool:email.send', args }))).toBe('grant-consumed');
  });
});

describe('an approval is not there', () => {
  it('for whom it does not concern, who does not see the persona, or in another tenant', async () => {
    const { id } = await world.send('requestApproval', { kind: 'export', ref: 'e-1', reason: 'x' }, ada);
    expect(await world.refused(get(vic, id))).toBe('approval-not-found');
    expect(await world.refused(get({ ...olga, tenantId: 'other' }, id))).toBe('approval-not-found');
    expect(await world.refused(get(olga, '01890000-0000-7000-8000-00000000000f'))).toBe('approval-not-found');
    expect(await world.refused(get({ ...ada, asOf: before }, id))).toBe('approval-not-found');
    expect(await get(ada, id)).toMatchObject({ state: 'requested' });
  });

  it('is refused in the same words for whoever writes', async () => {
    const { id } = await world.send('requestApproval', { kind: 'export', ref: 'e-2', reason: 'x' }, ada);
    const comment = (as: object) => send('commentApproval', { approvalId: id, comment: 'hm' }, as);
    expect(await world.refused(comment(member('sam', 'editor')))).toBe('approval-not-found');
    expect((await comment(bob)).events).toHaveLength(1);
  });
});
