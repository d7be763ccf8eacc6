import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lead, pause, type LeadershipDeps, type Term } from '../../src/commands/leadership.js';
import { memoryLeases, type MemoryLeases } from '../../src/commands/leases.js';
import { until } from '../support/poll.js';

let clock: number;
let leases: MemoryLeases;
let stopping: AbortController;
let leading: Promise<void>[];

beforeEach(() => {
  clock = 0;
  leases = memoryLeases(() => clock);
  stopping = new AbortController();
  leading = [];
});
afterEach(() => {
  stopping.abort();
  return Promise.all(leading);
});

/** Leads `work` under the one lease of this spec. */
function start(work: (term: Term) => Promise<void>, more: Partial<LeadershipDeps> = {}): Promise<void> {
  const led = lead(
    {
      leases,
      name: 'it',
      holder: 'a process',
      log: pino({ level: 'silent' }),
      signal: stopping.signal,
      times: { leaseMs: 1_000, renewMs: 1, pollMs: 1 },
      ...more,
    },
    work,
  );
  leading.push(led);
  return led;
}

/** Work until the term is over, and the tokens of the terms. */
function working(): { tokens: number[]; now: () => boolean; work: (term: Term) => Promise<void> } {
  const tokens: number[] = [];
  let isAtWork = false;
  return {
    tokens,
    now: () => isAtWork,
    work: async ({ token, over }) => {
      tokens.push(token);
      isAtWork = true;
      await pause(60_000, over);
      isAtWork = false;
    },
  };
}

it('lets one work at a time, and renews for as long as it works', async () => {
  const [one, two] = [working(), working()];
  let renewals = 0;
  const counting: MemoryLeases = {
    ...leases,
    renew: (...asked) => {
      renewals += 1;
      return leases.renew(...asked);
    },
  };
  void start(one.work, { leases: counting });
  await until('the first', one.now);
  void start(two.work);
  for (let n = 0; n < 20; n++) {
    clock += 900;
    const before = renewals;
    await until('a renewal', () => renewals > before);
  }
  expect([one.now(), two.now()]).toEqual([true, false]);
  expect([one.tokens, two.tokens]).toEqual([[1], []]);
});

it('hands over at once when it is stopped', async () => {
  const [one, two] = [working(), working()];
  const own = new AbortController();
  const first = start(one.work, { signal: own.signal });
  await until('the first', one.now);
  void start(two.work);
  own.abort();
  await first;
  await until('the second', two.now);
  expect([one.tokens, two.tokens]).toEqual([[1], [2]]);
});

it('ends the term of who lost the lease', async () => {
  const one = working();
  const renewals: boolean[] = [];
  const slow = {
    ...leases,
    renew: async (...asked: Parameters<typeof leases.renew>) => {
      if (renewals.length === 0) {
        clock += 2_000;
        expect(await leases.take('it', 'another', 1_000)).toBe(2);
      }
      const held = await leases.renew(...asked);
      renewals.push(held);
      return held;
    },
  };
  void start(one.work, { leases: slow });
  await until('the end of the term', () => renewals.length > 0 && !one.now());
  expect(renewals).toEqual([false]);
  clock += 2_000;
  await until('the next term', () => one.tokens.length === 2);
  expect(one.tokens).toEqual([1, 3]);
});

it('does not try while it may not', async () => {
  const one = working();
  let may = false;
  let asked = 0;
  const mayLead = (): boolean => {
    asked += 1;
    return may;
  };
  void start(one.work, { mayLead });
  await until('a few looks', () => asked > 3);
  expect(one.tokens).toEqual([]);
  may = true;
  await until('the work', one.now);
});

it('tells what goes wrong, and goes on when it is over', async () => {
  let isBroken = true;
  const troubles: unknown[] = [];
  const broken = {
    ...leases,
    take: async (...asked: Parameters<typeof leases.take>) => {
      if (isBroken) throw new Error('no database');
      return leases.take(...asked);
    },
  };
  const one = working();
  void start(one.work, { leases: broken, onTrouble: (error) => troubles.push(error) });
  await until('the trouble', () => troubles.length > 0);
  expect(troubles[0]).toMatchObject({ message: 'no database' });
  isBroken = false;
  await until('the work', one.now);
  expect(troubles.at(-1)).toBeUndefined();
});

it('gives the lease back when the work fails', async () => {
  let fails = true;
  const one = working();
  void start(async (term) => {
    if (!fails) return one.work(term);
    fails = false;
    throw new Error('a defect');
  });
  await until('another term', one.now);
  expect(one.tokens).toEqual([2]);
});
