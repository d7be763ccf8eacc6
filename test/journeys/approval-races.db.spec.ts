/**
 * Two processes on one database, people voting and giving up over HTTP at the very moment when the deadline comes
 * and the scheduler acts: every approval ends exactly once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seeded } from '../projections/engine/accounts-area.js';
import type { HttpClient } from '../support/http.js';
import { until } from '../support/poll.js';
import { seedFor } from '../support/seed.js';
import { startTestServer, type TestServer } from '../support/server.js';

const races = 200;
const atOnce = 50;
const terminal = new Set([
  'ApprovalGranted',
  'ApprovalAutoApproved',
  'ApprovalRejected',
  'ApprovalExpired',
  'ApprovalCancelled',
]);

const random = seeded(seedFor('the races of approvals over HTTP'));
const below = (n: number): number => Math.floor(random() * n);

let one: TestServer;
let two: TestServer;
const keys: Record<string, string> = {};
/** A person at either process. */
const as = (memberId: string): HttpClient => (below(2) ? one : two).as(keys[memberId]!);

beforeAll(async () => {
  one = await startTestServer();
  two = await one.twin();
  const people = { ann: ['editor'], bob: ['approver'], cleo: ['approver'], dora: ['approver', 'admin'] };
  for (const [memberId, roles] of Object.entries(people)) {
    await one.post('/members', { memberId, displayName: memberId, roles });
    keys[memberId] = (await one.post('/api-keys', { memberId, label: 'race' })).body.reply.key;
  }
});
afterAll(() => one.stop());

interface Act {
  /** Milliseconds since 1970. */
  at: number;
  /** Answers a status and, where it is refused, a code. */
  run: () => Promise<{ status: number; body: { code?: string } }>;
}

/** What people do about an approval around its deadline. */
function actsFor(approvalId: string, deadline: string): Act[] {
  const address = `/approvals/${approvalId}`;
  const vote = (who: string) => () =>
    as(who).post(`${address}/votes`, { decision: below(4) ? 'approve' : 'reject' });
  const giveUp = () => as('ann').post(`${address}/cancel`, {});
  const reassign = () =>
    as('dora').send('PUT', `${address}/approvers`, { approvers: { members: ['bob', 'cleo', 'dora'] } });
  const runs = [vote('bob'), vote('cleo'), vote('dora')];
  if (below(4) === 0) runs.push(giveUp);
  if (below(4) === 0) runs.push(reassign);
  return runs.map((run) => ({ at: Date.parse(deadline) - 600 + below(640), run }));
}

it(`an approval ends exactly once, ${races} times`, { timeout: 120_000 }, async () => {
  const streams: string[] = [];
  const answers: string[] = [];
  for (let begun = 0; begun < races; begun += atOnce) {
    const requested = await Promise.all(
      Array.from({ length: atOnce }, () =>
        as('ann').post('/approvals', {
          kind: 'action',
          action: 'tool:x',
          reason: 'a race',
          quorum: 1 + below(3),
          deadlineSeconds: 2,
        }),
      ),
    );
    const acts: Act[] = [];
    for (const { status, body } of requested) {
      expect(status).toBe(201);
      streams.push(body.stream);
      acts.push(...actsFor(body.id, body.reply.deadline));
    }
    // When somebody acts is drawn, not waited for: nothing that is expected depends on it.
    const acting = acts.map(async ({ at, run }) => {
      await delay(Math.max(0, at - Date.now()));
      const { status, body } = await run();
      answers.push(body.code ?? String(status));
    });
    await Promise.all(acting);
  }
  await until('all of them to end', async () => {
    const { body } = await one.get('/approvals?state=pending&limit=1');
    return body.items.length === 0;
  });

  const endings = new Map<string, number>();
  for (const stream of streams) {
    const { body } = await two.get(`/events?stream=${stream}&limit=100`);
    const types: string[] = body.items.map(({ type }: { type: string }) => type);
    const ends = types.filter((type) => terminal.has(type));
    expect(ends, types.join(', ')).toHaveLength(1);
    expect(types.at(-1)).toBe(ends[0]);
    endings.set(ends[0]!, (endings.get(ends[0]!) ?? 0) + 1);
  }
  console.info('endings:', Object.fromEntries(endings));
  expect(endings.size).toBeGreaterThan(1);
  // Whoever was refused knows why: nothing failed.
  const known = new Set(['200', 'approval-decided', 'approval-overdue', 'version-conflict']);
  expect([...new Set(answers)].filter((answer) => !known.has(answer))).toEqual([]);
});

it('a grant is used once, also when many try at once; whoever used it gets the same answer again', async () => {
  const args = { to: 'all' };
  const asked = { kind: 'action', action: 'tool:x', args, reason: 'a race' };
  const { body: requested } = await as('ann').post('/approvals', asked);
  const address = `/approvals/${requested.id}`;
  expect((await as('bob').post(`${address}/votes`, { decision: 'approve' })).status).toBe(200);
  const use = (key: number) =>
    as('ann').post(`${address}/consume`, { action: 'tool:x', args }, { 'idempotency-key': `use-${key}` });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, key) => use(key)));
  const used = answers.flatMap(({ status, body }, key) => (status === 200 ? [{ key, body }] : []));
  expect(used).toHaveLength(1);
  expect(new Set(answers.map(({ body }) => body.code ?? 'used'))).toEqual(
    new Set(['used', 'grant-consumed']),
  );
  const again = await use(used[0]!.key);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(again.body).toEqual(used[0]!.body);
});
