/**
 * Governance over HTTP, with the people whom `dramatis seed --demo` makes: a change that two people agree to, an
 * approval that nobody answers while nothing runs, and somebody who would like to approve her own request.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../support/http.js';
import { until } from '../support/poll.js';
import { dramatis, environmentOf, ownerKey, startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
const people: Record<string, HttpClient> = {};
const as = (memberId: string): HttpClient => people[memberId]!;

beforeAll(async () => {
  server = await startTestServer();
  const { stdout } = await dramatis(['seed', '--demo', '--json'], {
    ...environmentOf(server),
    DRAMATIS_URL: server.running.url,
    DRAMATIS_KEY: ownerKey,
  });
  const { members } = JSON.parse(stdout) as { members: { memberId: string; key: string }[] };
  for (const { memberId, key } of members) people[memberId] = server.as(key);
});
afterAll(() => server.stop());

const stateOf = async (path: string): Promise<string> => (await server.get(path)).body.state;

describe('a change to a published persona', () => {
  it('is proposed, approved by two people, applied, put into production and rolled back; the timeline tells it', async () => {
    const { body: proposed } = await as('dana').post('/refinements', {
      personaId: 'abbey',
      baseVersionNo: 1,
      set: { temperature: 0.2 },
      reason: 'answers wander',
    });
    const refinement = `/refinements/${proposed.id}`;
    expect((await as('dana').post(`${refinement}/submit`, { quorum: 2 })).status).toBe(200);

    const { body: shown } = await server.get(refinement);
    expect(shown.changes).toEqual([
      { path: '/temperature', kind: 'changed', before: expect.any(Number), after: 0.2 },
    ]);
    const approval = `/approvals/${shown.approvalId}`;
    await until('the approval', async () => (await server.get(approval)).status === 200);
    const own = await as('dana').post(`${approval}/votes`, { decision: 'approve', reason: 'it is mine' });
    expect([own.status, own.body.code]).toEqual([403, 'approval-own']);
    for (const memberId of ['ravi', 'mira']) {
      const { body: inbox } = await as(memberId).get('/approvals?mine=true');
      expect(inbox.items.map(({ approvalId }: { approvalId: string }) => approvalId)).toContain(
        shown.approvalId,
      );
      const voted = await as(memberId).post(`${approval}/votes`, {
        decision: 'approve',
        reason: 'shorter is better',
      });
      expect(voted.status).toBe(200);
    }
    await until('the approval of the refinement', async () => (await stateOf(refinement)) === 'approved');

    const other = await as('dana').post(`${refinement}/apply`, { diffHash: '0'.repeat(64) });
    expect([other.status, other.body.code]).toEqual([409, 'diff-changed']);
    expect((await as('dana').post(`${refinement}/apply`, { diffHash: shown.diffHash })).status).toBe(200);
    await until('the new version', async () => (await stateOf(refinement)) === 'applied');
    expect((await server.get('/personas/abbey?channel=production')).body.configVersionNo).toBe(1);

    const moved = await as('ravi').send('PUT', '/personas/abbey/channels/production', {
      versionNo: 2,
      reason: 'approved by two',
    });
    expect(moved.status).toBe(200);
    expect((await server.get('/personas/abbey')).body.config.temperature).toBe(0.2);

    const rolledBack = await as('ravi').post(`${refinement}/rollback`, { reason: 'too terse after all' });
    expect(rolledBack.status).toBe(200);
    await until('production to be as before', async () => {
      const { body } = await server.get('/personas/abbey');
      return body.configVersionNo === 3;
    });
    const hashes = await server.get('/personas/abbey/versions');
    const byNo = Object.fromEntries(
      hashes.body.items.map((one: { versionNo: number; versionHash: string }) => [
        one.versionNo,
        one.versionHash,
      ]),
    );
    expect(byNo[3]).toBe(byNo[1]);
    expect(byNo[2]).not.toBe(byNo[1]);

    const { body: timeline } = await server.get('/personas/abbey/timeline?limit=500');
    const story = timeline.items.map(({ type }: { type: string }) => type);
    const told = [
      'RefinementProposed',
      'RefinementSubmitted',
      'ApprovalVoteCast',
      'ApprovalVoteCast',
      'RefinementApproved',
      'RefinementApplying',
      'PersonaVersionPublished',
      'RefinementApplied',
      'PersonaChannelMoved',
      'RefinementRolledBack',
      'PersonaVersionPublished',
      'PersonaChannelMoved',
    ];
    let at = story.indexOf('RefinementProposed');
    for (const type of told) {
      at = story.indexOf(type, at);
      expect(at, `${type} in ${story.join(', ')}`).toBeGreaterThanOrEqual(0);
      at += 1;
    }
    for (const { summary } of timeline.items) expect(summary).toMatch(/\S/);
  });

  it('is recorded as a refinement when it is published directly, under the id in the version’s event', async () => {
    await as('dana').send('PATCH', '/personas/aviva/draft', { set: { temperature: 0.9 } });
    const { body: published } = await as('dana').post('/personas/aviva/versions');
    const { refinementId } = published.events[0].data;
    await until('its record', async () => (await server.get(`/refinements/${refinementId}`)).status === 200);
    const { body } = await server.get(`/refinements/${refinementId}`);
    expect(body).toMatchObject({ state: 'applied', source: 'user_modified', versionNo: 2 });
  });

  it('is refused when changes are reviewed, with the way to go', async () => {
    await server.send('PATCH', '/settings', { changeControl: 'reviewed' });
    await as('dana').send('PATCH', '/personas/abi/draft', { set: { temperature: 0.37 } });
    const refused = await as('dana').post('/personas/abi/versions');
    expect([refused.status, refused.body.code]).toEqual([409, 'change-reviewed']);
    expect(refused.body.next).toContain('POST /refinements');
    await server.send('PATCH', '/settings', { changeControl: 'direct' });
  });
});

describe('an approval', () => {
  it('is refused to whoever asked for it, whichever key is shown', async () => {
    const { body: requested } = await as('dana').post('/approvals', {
      kind: 'action',
      personaId: 'abbey',
      action: 'tool:email.send',
      args: { to: 'all@example.org' },
      reason: 'the newsletter',
    });
    const { body: issued } = await server.post('/api-keys', { memberId: 'dana', label: 'a second one' });
    const second = server.as(issued.reply.key);
    for (const key of [as('dana'), second]) {
      const voted = await key.post(`/approvals/${requested.id}/votes`, {
        decision: 'approve',
        reason: 'fine',
      });
      expect([voted.status, voted.body.code]).toEqual([403, 'approval-own']);
    }
  });

  it('that a check asked for is granted, and used once, for that action only', async () => {
    const args = { invoice: 'R-17', amount: 40 };
    const { body: checked } = await as('helpdesk').post('/personas/abbey/check-action', {
      action: 'tool:payment.transfer',
      args,
      facts: { irreversible: true },
    });
    expect(checked.reply.decision).toBe('require_approval');
    const approval = `/approvals/${checked.reply.approvalId}`;
    await until('the approval', async () => (await server.get(approval)).status === 200);
    const early = await as('helpdesk').post(`${approval}/consume`, { action: 'tool:payment.transfer', args });
    expect(early.body.code).toBe('grant-not-issued');
    const voted = await as('ravi').post(`${approval}/votes`, {
      decision: 'approve',
      reason: 'known customer',
    });
    expect(voted.status).toBe(200);
    const use = (amount: number) =>
      as('helpdesk').post(`${approval}/consume`, {
        action: 'tool:payment.transfer',
        args: { ...args, amount },
      });
    expect((await use(4_000)).body.code).toBe('action-differs');
    expect((await use(40)).status).toBe(200);
    expect((await use(40)).body.code).toBe('grant-consumed');
  });
});

describe('what a persona was allowed to do on a day', () => {
  it('is answered by the policies of that day, with the hash of the decision that was recorded', async () => {
    const policy = '/personas/aviva/policy';
    const question = { action: 'tool:shell.run', facts: { affectsExternal: true } };
    await as('ravi').send('PUT', policy, { seed: 'code', blockedActions: ['tool:shell.*'] });
    expect((await as('dana').post(`${policy}/activate`)).status).toBe(403);
    expect((await as('ravi').post(`${policy}/activate`, { reason: 'no shell' })).status).toBe(200);
    const { body: checked } = await as('helpdesk').post('/personas/aviva/check-action', question);
    expect(checked.reply).toMatchObject({ decision: 'deny', policyVersion: 1 });

    await as('ravi').send('PUT', policy, { seed: 'code' });
    await as('ravi').post(`${policy}/activate`, { reason: 'a sandbox is there' });
    const { body: later } = await as('helpdesk').post('/personas/aviva/check-action', question);
    expect(later.reply.policyVersion).toBe(2);
    expect(later.reply.decisionHash).not.toBe(checked.reply.decisionHash);

    const { body: recorded } = await server.get(`/decisions/${checked.reply.checkId}`);
    expect(recorded.decisionHash).toBe(checked.reply.decisionHash);
    const { action } = question;
    const asked = new URLSearchParams({ action, facts: JSON.stringify(recorded.facts) }).toString();
    const then = await server.get(`/personas/aviva/check-action?${asked}&asOf=${checked.position}`);
    expect(then.body).toMatchObject({ decision: 'deny', decisionHash: checked.reply.decisionHash });
    const now = await server.get(`/personas/aviva/check-action?${asked}`);
    expect(now.body.decisionHash).not.toBe(checked.reply.decisionHash);

    const { body: why } = await server.get(`/decisions/${checked.reply.checkId}/explain`);
    expect(JSON.stringify(why)).toContain('blockedActions/tool:shell.*');
    const { body: before } = await server.get(
      `/decisions?personaId=aviva&to=${later.events[0] ? recorded.at : ''}`,
    );
    expect(before.items).toEqual([]);
    expect((await server.get(`${policy}?asOf=${checked.position}`)).body.active.versionNo).toBe(1);
  });
});

describe('an approval that nobody answers', () => {
  it('is denied at its deadline, although nothing ran when it fell due', async () => {
    const { body: requested } = await as('dana').post('/approvals', {
      kind: 'action',
      action: 'tool:door.open',
      reason: 'somebody rings',
      deadlineSeconds: 1,
    });
    const { config, running } = server;
    await running.stop();
    const { deadline } = requested.events[0].data;
    await until('the deadline to pass', () => new Date().toISOString() > deadline);
    const again = await server.twin();
    const approval = `/approvals/${requested.id}`;
    await until('its expiry', async () => (await again.get(approval)).body.state === 'expired');
    const { body: events } = await again.get(`/events?stream=${requested.stream}&limit=100`);
    const ends = events.items.filter(({ type }: { type: string }) =>
      [
        'ApprovalGranted',
        'ApprovalRejected',
        'ApprovalExpired',
        'ApprovalCancelled',
        'ApprovalAutoApproved',
      ].includes(type),
    );
    expect(ends).toHaveLength(1);
    expect(ends[0].actor.kind).toBe('timer');
    const late = await again
      .as(as('ravi').key)
      .post(`${approval}/votes`, { decision: 'approve', reason: 'too late' });
    expect([late.status, late.body.code]).toEqual([409, 'approval-decided']);
    expect(config.database).toBeDefined();
  });
});
