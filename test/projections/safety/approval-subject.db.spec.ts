import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../../src/domain/kernel.js';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { argsFor, refinementFor } from '../../../src/projections/safety/approval-subject.js';
import { safetyReadModule } from '../../../src/projections/safety/module.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { personaNamed } from '../../support/personas.js';

const member = (id: string, ...roles: Role[]) => ({ id, roles });
const olga = member('olga', 'owner');
/** Owns the persona, which nobody else sees but those who see everything. */
const ada = member('ada', 'editor');
const bob = member('bob', 'approver');
const cleo = member('cleo', 'approver');
const ann = member('ann', 'auditor');
const vic = member('vic', 'viewer');

let world: AreaWorld;
let refinementId: string;
let personaId: string;
let approvalId: string;
const instants: Record<string, string> = {};

const get = (as: object, id = approvalId) => world.ask('getApproval', { approvalId: id }, as);
const refinementIn = async (as: object, id = approvalId) => (await get(as, id))['refinement'];
const hashNow = async () => (await world.ask('getRefinement', { refinementId }, ada))['diffHash'] as string;
const change = (after: number) => ({ path: '/temperature', kind: 'changed', before: 0.7, after });

/** What the reactors do, who do not run here. */
async function opened(members: string[], roles: Role[] = []): Promise<string> {
  const { reply } = await world.send('submitRefinement', { refinementId }, ada);
  const submitted = reply as { approvalId: string; diffHash: string };
  const terms = {
    approvers: { roles, members },
    quorum: 1,
    timeoutSeconds: 3_600,
    requireReason: false,
    escalation: [],
  };
  const about = { kind: 'refinement', ref: refinementId, personaId, actionHash: submitted.diffHash };
  const asked = { requesterId: 'ada', excluded: ['ada', 'zed'], terms, canAutoApprove: false };
  await world.send('openApproval', { approvalId: submitted.approvalId, ...about, ...asked });
  return submitted.approvalId;
}

beforeAll(async () => {
  const [personas, safety] = [personaReadModule, safetyReadModule];
  world = await areaWorld({
    projections: [...personas.projections, ...safety.projections],
    queries: { ...personas.queries, ...safety.queries },
  });
  const home = { tenantId: 'default', roles: ['owner' as const] };
  await world.send('createTenant', { name: 'acme', tenantId: 'acme', ownerId: 'olga' }, home);
  for (const { id, roles } of [ada, bob, cleo, ann, vic]) {
    await world.send('addMember', { memberId: id, displayName: id, roles }, olga);
  }
  const persona = { ...personaNamed('hidden'), isPublic: false, temperature: 0.7 };
  personaId = (await world.send('registerPersona', persona, ada)).id;
  await world.send('publishPersonaVersion', { personaId }, ada);
  const proposal = { personaId, baseVersionNo: 1, set: { temperature: 0.2 }, reason: 'it wanders' };
  refinementId = (await world.send('proposeRefinement', proposal, ada)).id;
  approvalId = await opened(['bob', 'vic']);
});
afterAll(() => world.stop());

describe('the refinement that is decided on', () => {
  it('is shown as getRefinement shows it', async () => {
    const body = await get(bob);
    expect(safetyReadModule.queries['getApproval']!.output.safeParse(body).error).toBeUndefined();
    const { changes, diffHash, source, changeClass, reason } = await world.ask(
      'getRefinement',
      { refinementId },
      ada,
    );
    expect(changes).toEqual([change(0.2)]);
    const shown = { refinementId, personaId, changes, diffHash, source, changeClass, reason };
    expect(body['refinement']).toEqual(shown);
    expect(body['actionHash']).toBe(diffHash);
  });

  it('is shown to who may vote, although the persona is hidden', async () => {
    expect(await world.refused(world.ask('getPersona', { personaId }, bob))).toBe('persona-not-found');
    expect(await world.refused(world.ask('getRefinement', { refinementId }, bob))).toBe(
      'refinement-not-found',
    );
    expect(await refinementIn(bob)).toMatchObject({ changes: [change(0.2)] });
  });

  it('is shown to who asked, who oversees, and who sees the persona', async () => {
    for (const who of [ada, olga, ann]) expect(await refinementIn(who)).toBeDefined();
    await world.send('sharePersona', { personaId, memberId: 'zed' }, ada);
    expect(await refinementIn(member('zed', 'editor'))).toBeDefined();
    await world.send('unsharePersona', { personaId, memberId: 'zed' }, ada);
  });

  it('is shown to nobody else: who had a hand in it, or is named and may not vote', async () => {
    expect(await get(member('zed', 'editor'))).not.toHaveProperty('refinement');
    expect(await get(vic)).not.toHaveProperty('refinement');
    expect(await world.refused(get(cleo))).toBe('approval-not-found');
  });

  it('is shown to a delegate', async () => {
    await world.send('delegateApproval', { approvalId, to: 'cleo' }, bob);
    expect(await refinementIn(cleo)).toMatchObject({ changes: [change(0.2)] });
    await world.send('delegateApproval', { approvalId, to: 'bob' }, bob);
  });

  it('is not in the list', async () => {
    const { items } = await world.ask('listApprovals', {}, bob);
    expect(items).toHaveLength(1);
    expect(items[0]).not.toHaveProperty('refinement');
  });

  it('is shown as it was, as of then', async () => {
    instants['before'] = world.now();
    await world.send('amendRefinement', { refinementId, set: { temperature: 0.3 } }, ada);
    const actionHash = await hashNow();
    await world.send('changeApprovalSubject', { approvalId, actionHash, excluded: ['ada', 'zed'] });
    expect(await get(bob)).toMatchObject({ actionHash, refinement: { changes: [change(0.3)] } });
    const then = { changes: [change(0.2)], diffHash: expect.not.stringContaining(actionHash) };
    expect(await refinementIn({ ...bob, asOf: instants['before'] })).toMatchObject(then);
  });

  it('stays what was decided on, whatever becomes of the refinement', async () => {
    const diffHash = await hashNow();
    await world.send('voteOnApproval', { approvalId, decision: 'approve', actionHash: diffHash }, bob);
    await world.send('approveRefinement', { refinementId, approvalId, diffHash });
    await world.send('amendRefinement', { refinementId, set: { temperature: 0.9 } }, ada);
    const next = await opened(['cleo']);
    expect(await refinementIn(bob)).toMatchObject({ diffHash, changes: [change(0.3)] });
    const [old, then] = [{ changes: [change(0.3)] }, { ...bob, asOf: instants['before'] }];
    for (const who of [ada, olga]) expect(await refinementIn(who)).toMatchObject(old);
    expect(await refinementIn(then)).toMatchObject({ changes: [change(0.2)] });
    expect(await refinementIn(cleo, next)).toMatchObject({ changes: [change(0.9)] });
  });
});

describe('what an approval is about', () => {
  it('has no refinement where it is not about one, and arguments where it has any', async () => {
    const action = { kind: 'action', action: 'tool:x', args: { a: 1 }, reason: 'x' };
    const { id } = await world.send('requestApproval', action, ada);
    expect(await get(bob, id)).toMatchObject({ args: { $sealed: expect.anything() } });
    expect(await get(bob, id)).not.toHaveProperty('refinement');
  });

  it('is not looked up for whom it is not', async () => {
    const row = { kind: 'action', requesterId: 'ada', excluded: [], delegations: {}, votes: {} };
    const none = { ...row, approvers: { roles: [], members: [] } } as never;
    const ctx = { reader: { tenantId: 'acme', memberId: 'vic', roles: ['viewer'], teams: [] } } as never;
    expect(await argsFor(ctx, approvalId, none)).toEqual({});
    expect(await refinementFor(ctx, none, none)).toEqual({});
  });
});
