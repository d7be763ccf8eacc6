/**
 * Deadlines of 1,000 approvals while the workers that watch them are killed over and over: each of them ends once, and
 * none is forgotten.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { concurrently } from '../../src/commands/concurrently.js';
import { seedFor } from '../support/seed.js';
import { until } from '../support/poll.js';
import { environmentOf, spawnDramatis, startTestServer, type TestServer } from '../support/server.js';
import { seeded } from '../projections/engine/accounts-area.js';

const approvals = 1_000;
/** Workers are killed for so long at least, and as long as approvals are asked for; meanwhile the deadlines fall. */
const killingMs = 25_000;

const random = seeded(seedFor('timers under kills'));
let api: TestServer;
const workers: ChildProcess[] = [];

function startWorker(place: number): void {
  const child = spawnDramatis(['serve', '--role', 'worker'], {
    ...environmentOf(api),
    DRAMATIS_PORT: '0',
    DRAMATIS_LOG_LEVEL: 'error',
  });
  child.stdout!.resume();
  child.stderr!.resume();
  workers[place] = child;
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** Kills one worker after the other, each 1–3 s after the one before, and starts another in its place. */
async function killing(isOver: () => boolean): Promise<number> {
  let kills = 0;
  for (const least = performance.now() + killingMs; performance.now() < least || !isOver(); kills++) {
    await delay(1_000 + random() * 2_000);
    const place = Math.floor(random() * workers.length);
    await end(workers[place]!, 'SIGKILL');
    startWorker(place);
  }
  return kills;
}

/** The ids of the approvals that events of a type speak of. */
async function idsIn(type: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after = '0'; ;) {
    const { body } = await api.get(`/events?types=${type}&after=${after}&limit=500`);
    ids.push(...body.items.map(({ data }: { data: { approvalId: string } }) => data.approvalId));
    if (body.items.length === 0) return ids;
    after = body.items.at(-1).position;
  }
}

beforeAll(async () => {
  api = await startTestServer('api');
  for (const place of [0, 1, 2]) startWorker(place);
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => end(worker, 'SIGTERM')));
  await api.stop();
});

it('fires every timer once, although workers are killed every one to three seconds', async () => {
  const asked: string[] = [];
  const ask = async (n: number): Promise<void> => {
    const terms = { kind: 'action', action: 'tool:x', reason: 'because', deadlineSeconds: 3 + (n % 20) };
    // While workers start, a small machine is busy: who is told to come back comes back.
    const key = { 'idempotency-key': `approval-${n}` };
    const answer = await until(`approval ${n}`, async () => {
      const { status, body } = await api.post('/approvals', terms, key);
      expect([201, 503]).toContain(status);
      return status === 201 && body;
    });
    asked.push(answer.id as string);
  };
  const numbers = Array.from({ length: approvals }, (_, n) => n);
  const isOver = (): boolean => asked.length === approvals;
  const [kills] = await Promise.all([killing(isOver), concurrently(numbers, 16, ask)]);
  console.info(`${kills} kills; ${(await idsIn('ApprovalExpired')).length} deadlines acted meanwhile`);
  await until('every deadline', async () => (await idsIn('ApprovalExpired')).length >= approvals, 90_000);
  const expired = await idsIn('ApprovalExpired');
  expect(expired.toSorted()).toEqual(asked.toSorted());
  const reminded = await idsIn('ApprovalReminderSent');
  expect(new Set(reminded).size).toBe(reminded.length);
}, 240_000);
