import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../../src/domain/kernel.js';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { safetyReadModule } from '../../../src/projections/safety/module.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { personaNamed } from '../../support/personas.js';

let world: AreaWorld;
const ids: Record<string, string> = {};
let before: string;

const member = (id: string, ...roles: Role[]) => ({ id, roles });
const ada = member('ada', 'editor');
const bob = member('bob', 'approver');
const cleo = member('cleo', 'approver');
const sam = member('sam', 'admin');
const vic = member('vic', 'viewer');
const olga = member('olga', 'owner');

/** Names of the approvals of a list, in its order. */
const named = async (input: object, as: object): Promise<(string | undefined)[]> => {
  const { items } = await world.ask('listApprovals', { ...input }, as);
  return items.map(({ approvalId }) => Object.keys(ids).find((name) => ids[name] === approvalId));
};
const mine = (as: object, input = {}) => named({ mine: true, ...input }, as);

async function request(name: string, input: object, as: object = ada): Promise<void> {
  const receipt = await world.send(
    'requestApproval',
    { kind: 'export', ref: name, reason: name, ...input },
    as,
  );
  ids[name] = receipt.id;
}
const send = (operationId: string, name: string, input: object, as: object) =>
  world.send(operationId, { approvalId: ids[name], ...input }, as);

beforeAll(async () => {
  const [personas, safety] = [personaReadModule, safetyReadModule];
  world = await areaWorld({
    projections: [...personas.projections, ...safety.projections],
    queries: { ...personas.queries, ...safety.queries },
  });
  const home = { tenantId: 'default', roles: ['owner' as const] };
  await world.send('createTenant', { name: 'acme', tenantId: 'acme', ownerId: 'olga' }, home);
  for (const { id, roles } of [ada, bob, cleo, sam, vic]) {
    await world.send('addMember', { memberId: id, displayName: id, roles }, olga);
  }
  const persona = (slug: string, isPublic: boolean) =>
    world.send('registerPersona', { ...personaNamed(slug), isPublic }, ada);
  await persona('open', true);
  await persona('hidden', false);
  await request('first', { approvers: { members: ['bob', 'cleo'] }, quorum: 2, deadlineSeconds: 9_000 });
  await request('open', { personaId: 'open', approvers: { roles: ['admin'] } });
  await request('hidden', { personaId: 'hidden', approvers: { members: ['cleo'] } });
  await request('pressing', { kind: 'action', action: 'tool:x', deadlineSeconds: 5_000 }, bob);
  before = world.now();
  await send('voteOnApproval', 'first', { decision: 'approve' }, bob);
  await send('cancelApproval', 'pressing', {}, bob);
});
afterAll(() => world.stop());

describe('what a reader may know of', () => {
  it('is everything for admins, owners and auditors', async () => {
    const all = ['pressing', 'hidden', 'open', 'first'];
    for (const who of [sam, olga, member('ann', 'auditor')]) expect(await named({}, who)).toEqual(all);
  });
  it('is what one asked for, what one decides on, and what is about a persona that one sees', async () => {
    expect(await named({}, ada)).toEqual(['hidden', 'open', 'first']);
    expect(await named({}, bob)).toEqual(['pressing', 'open', 'first']);
    expect(await named({}, cleo)).toEqual(['pressing', 'hidden', 'open', 'first']);
    expect(await named({}, vic)).toEqual(['open']);
  });
  it('is nothing of another tenant', async () =>
    expect(await named({}, { ...olga, tenantId: 'other' })).toEqual([]));

  it('is judged by now, also for the past', async () => {
    await send('reassignApproval', 'hidden', { approvers: { roles: ['owner'] } }, sam);
    expect(await named({}, { ...cleo, asOf: before })).toEqual(['pressing', 'open', 'first']);
    await send('reassignApproval', 'hidden', { approvers: { members: ['cleo'] } }, sam);
    expect(await named({}, { ...cleo, asOf: before })).toEqual(['pressing', 'hidden', 'open', 'first']);
  });
});

describe('the inbox', () => {
  it('has what waits for one’s vote, by name or by role', async () => {
    expect(await mine(cleo)).toEqual(['hidden', 'first']);
    expect(await mine(sam)).toEqual(['open']);
    expect(await mine(olga)).toEqual([]);
  });
  it('has nothing that one has voted on, nor one’s own', async () => {
    expect(await mine(bob)).toEqual([]);
    expect(await mine({ ...bob, asOf: before })).toEqual(['first']);
    expect(await mine({ ...cleo, asOf: before })).toEqual(['pressing', 'hidden', 'first']);
    expect(await mine({ ...ada, roles: ['approver', 'admin'] })).toEqual([]);
  });
  it('is empty for those who never vote', async () => {
    expect(await mine(vic)).toEqual([]);
    expect(await mine({ ...cleo, roles: ['editor'] })).toEqual([]);
  });
  it('has what was delegated to one, as long as that lasts', async () => {
    const dora = member('dora', 'approver');
    await world.send('addMember', { memberId: 'dora', displayName: 'dora', roles: ['approver'] }, olga);
    expect(await mine(dora)).toEqual([]);
    const until = new Date(Date.parse(world.now()) + 3_500).toISOString();
    await send('delegateApproval', 'hidden', { to: 'dora', until }, cleo);
    await send('delegateApproval', 'first', { to: 'dora' }, cleo);
    expect(await mine(dora)).toEqual(['hidden', 'first']);
    expect(await named({}, dora)).toContain('hidden');
    await send('commentApproval', 'open', { comment: 'time passes' }, sam);
    await send('commentApproval', 'open', { comment: 'and passes' }, sam);
    expect(await mine(dora)).toEqual(['first']);
    await send('voteOnApproval', 'first', { decision: 'approve' }, dora);
    expect(await mine(dora)).toEqual([]);
    expect(await named({ state: 'approved' }, dora)).toEqual(['first']);
  });
});

describe('a list', () => {
  it.each([
    [{ state: 'pending' }, ['open', 'hidden', 'pressing', 'first']],
    [{ state: 'requested', kind: 'action' }, ['pressing']],
    [{ state: 'cancelled' }, []],
    [{ requesterId: 'bob' }, ['pressing']],
    [{ personaId: 'open' }, ['open']],
    [{ kind: 'export', requesterId: 'ada' }, ['open', 'hidden', 'first']],
  ])('of %j', async (input, expected) =>
    expect(new Set(await named(input, { ...olga, asOf: before }))).toEqual(new Set(expected)),
  );
  it('of now: one is cancelled', async () =>
    expect(await named({ state: 'cancelled' }, olga)).toEqual(['pressing']));
  it('of a persona that the reader does not see is refused', async () =>
    expect(await world.refused(named({ personaId: 'hidden' }, vic))).toBe('persona-not-found'));

  it('is sorted by the deadline, if wanted', async () =>
    expect(await named({ sort: 'deadline' }, { ...olga, asOf: before })).toEqual([
      'pressing',
      'first',
      'open',
      'hidden',
    ]));

  it.each([['newest'], ['deadline']])('goes page by page: %s', async (sort) => {
    for (const who of [olga, cleo, bob]) {
      const whole = await named({ sort }, who);
      const found: unknown[] = [];
      let cursor: string | null = null;
      do {
        const page: { items: { approvalId: string }[]; next: string | null } = await world.ask(
          'listApprovals',
          { sort, limit: 1, ...(cursor !== null && { cursor }) },
          who,
        );
        found.push(...page.items.map(({ approvalId }) => approvalId));
        cursor = page.next;
      } while (cursor !== null);
      expect(found).toEqual(whole.map((name) => ids[name!]));
    }
  });

  it('takes no cursor of another list', async () => {
    const { next } = await world.ask('listApprovals', { limit: 1 }, olga);
    expect(await world.refused(world.ask('listApprovals', { sort: 'deadline', cursor: next }, olga))).toBe(
      'invalid-input',
    );
  });

  it('shows votes, and no arguments', async () => {
    const { items } = await world.ask('listApprovals', { state: 'approved' }, olga);
    expect(items).toMatchObject([{ quorum: 2, votes: [{ by: 'bob' }, { by: 'dora', onBehalfOf: 'cleo' }] }]);
    expect(items[0]).not.toHaveProperty('args');
  });
});
