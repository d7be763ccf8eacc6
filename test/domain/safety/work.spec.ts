import { describe, expect, it } from 'vitest';
import { beginWork, workOf } from '../../../src/domain/safety/work.js';

const counted = () => {
  let pauses = 0;
  const work = beginWork(() => Promise.resolve(void pauses++));
  return { work, pauses: () => pauses };
};

describe('work', () => {
  it('pauses before more is done than at once may be', async () => {
    const { work, pauses } = counted();
    const half = workOf.atOnce / 2;
    expect([work.before(half), work.before(half)]).toEqual([undefined, undefined]);
    expect(pauses()).toBe(0);
    await work.before(1);
    expect(pauses()).toBe(1);
    expect(work.before(half)).toBeUndefined();
  });

  it('stands alone between two pauses where it is more than that', async () => {
    const { work, pauses } = counted();
    expect(work.before(10 * workOf.atOnce)).toBeUndefined();
    await work.before(1);
    expect(pauses()).toBe(1);
  });

  it('is done again until what may be spent on that is gone, and never after', () => {
    const { work } = counted();
    expect(work.spend(workOf.again - 2)).toBe(true);
    expect([work.spend(1), work.spend(1), work.spend(0)]).toEqual([true, false, false]);
  });
});
