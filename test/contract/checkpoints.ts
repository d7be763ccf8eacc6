/** What leases and checkpoints do wherever they are kept, as a suite over a factory. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Checkpoints, SetAside } from '../../src/commands/checkpoints.js';
import type { Leases } from '../../src/commands/leases.js';

export interface OpenedCheckpoints {
  checkpoints: Checkpoints;
  close(): Promise<void>;
}

const long = 60_000;
/** A lease that has run out when it is given. */
const over = -1;

/** Leases, wherever they are. Each test has names of its own. */
export function leasesContract(
  name: string,
  open: () => Promise<{ leases: Leases; close(): Promise<void> }>,
): void {
  describe(`the leases of ${name}`, () => {
    let leases: Leases;
    let close: () => Promise<void>;
    beforeAll(async () => ({ leases, close } = await open()));
    afterAll(() => close());

    it('have one holder at a time', async () => {
      expect(await leases.take('one', 'a', long)).toBe(1);
      expect(await leases.take('one', 'b', long)).toBeNull();
      expect(await leases.take('one', 'a', long)).toBeNull();
      expect(await leases.take('another', 'b', long)).toBe(1);
    });

    it('of many who ask at once give themselves to one', async () => {
      const asked = Array.from({ length: 20 }, (_, n) => leases.take('wanted', `process ${n}`, long));
      expect((await Promise.all(asked)).filter((token) => token !== null)).toEqual([1]);
    });

    it('run out, and give the next holder a higher token', async () => {
      expect(await leases.take('out', 'a', over)).toBe(1);
      expect(await leases.take('out', 'b', long)).toBe(2);
      expect(await leases.renew('out', 1, long)).toBe(false);
      await leases.giveBack('out', 1);
      expect(await leases.take('out', 'c', long)).toBeNull();
      expect(await leases.renew('out', 2, over)).toBe(true);
      expect(await leases.take('out', 'c', long)).toBe(3);
    });

    it('are renewed by their holder, also late, as long as nobody else took them', async () => {
      expect(await leases.take('late', 'a', over)).toBe(1);
      expect(await leases.renew('late', 1, long)).toBe(true);
      expect(await leases.take('late', 'b', long)).toBeNull();
    });

    it('are free at once when they are given back', async () => {
      expect(await leases.take('back', 'a', long)).toBe(1);
      await leases.giveBack('back', 1);
      expect(await leases.renew('back', 1, long)).toBe(false);
      expect(await leases.take('back', 'b', long)).toBe(2);
    });
  });
}

export function checkpointsContract(name: string, open: () => Promise<OpenedCheckpoints>): void {
  leasesContract(`the checkpoints of ${name}`, async () => {
    const { checkpoints, close } = await open();
    return { leases: checkpoints.leases, close };
  });

  describe(`the checkpoints of ${name}`, () => {
    let checkpoints: Checkpoints;
    let close: () => Promise<void>;
    beforeAll(async () => ({ checkpoints, close } = await open()));
    afterAll(() => close());

    const led = (reactor: string, ms = long): Promise<number | null> =>
      checkpoints.leases.take(reactor, 'a', ms);
    const poison = (position: number, more: Partial<SetAside> = {}): SetAside => ({
      position,
      eventId: '01890000-0000-7000-8000-000000000001',
      tenantId: 'acme',
      stream: 'errand-acme_e1',
      type: 'ErrandAsked',
      cause: 'Error: poison',
      attempts: 3,
      ...more,
    });

    it('begin at 0', async () => {
      expect(await checkpoints.position('new')).toBe(0);
      await led('new');
      expect(await checkpoints.position('new')).toBe(0);
    });

    it('are moved from where they stand', async () => {
      await led('moving');
      expect(await checkpoints.move('moving', 1, 0, 10)).toBe(true);
      expect(await checkpoints.move('moving', 1, 0, 20)).toBe(false);
      expect(await checkpoints.position('moving')).toBe(10);
      expect((await checkpoints.standings()).get('moving')).toEqual({ position: 10, setAside: 0 });
    });

    it('are moved by who holds the lease, and never again by who held it before', async () => {
      await led('fenced', over);
      expect(await checkpoints.move('fenced', 1, 0, 10)).toBe(true);
      await led('fenced');
      expect(await checkpoints.move('fenced', 1, 10, 20)).toBe(false);
      expect(await checkpoints.setAside('fenced', 1, poison(20), 0)).toBe(false);
      expect(await checkpoints.move('fenced', 2, 10, 30)).toBe(true);
      expect(await checkpoints.position('fenced')).toBe(30);
      expect(await checkpoints.due('fenced', 10)).toEqual([]);
    });

    it('remember what was set aside until it is settled', async () => {
      await led('poisoned');
      for (const position of [7, 5, 6]) {
        expect(await checkpoints.setAside('poisoned', 1, poison(position), 0)).toBe(true);
      }
      expect(await checkpoints.setAside('poisoned', 1, poison(8), long)).toBe(true);
      const positions = async (limit = 10): Promise<number[]> =>
        (await checkpoints.due('poisoned', limit)).map(({ position }) => position);
      expect(await positions()).toEqual([5, 6, 7]);
      expect(await positions(2)).toEqual([5, 6]);
      expect((await checkpoints.standings()).get('poisoned')?.setAside).toBe(4);
      await checkpoints.settle('poisoned', 6);
      expect(await positions()).toEqual([5, 7]);
    });

    it('let what is set aside again wait again, and forget no attempt', async () => {
      await led('again');
      await checkpoints.setAside('again', 1, poison(5, { attempts: 4 }), 0);
      await checkpoints.setAside('again', 1, poison(5, { attempts: 3 }), 0);
      expect(await checkpoints.due('again', 10)).toMatchObject([{ position: 5, attempts: 4 }]);
      await checkpoints.setAside('again', 1, poison(5, { attempts: 5 }), long);
      expect(await checkpoints.due('again', 10)).toEqual([]);
      expect((await checkpoints.standings()).get('again')?.setAside).toBe(1);
    });
  });
}
