/** How much work looking through texts is, what of it may be done, and when others are let go on. */

/** Lets others go on; without a clock, whoever works counts what it does in between. */
export type Pause = () => Promise<void>;

/**
 * In instructions of patterns that are looked at for a character: 1–30 ns each. What is more than `most` for one
 * check is not begun; `again` may be spent on what has to be looked at more than once.
 */
export const workOf = { most: 150_000_000, again: 100_000_000, atOnce: 2_000_000 };

/** Counts work while it is done. */
export interface Work {
  /** Tells of some work before it is done: what is answered, if anything, is to be awaited first. */
  before(amount: number): Promise<void> | undefined;
  /** Takes from what may be spent on looking again; false where it is not enough, and then nothing is left. */
  spend(amount: number): boolean;
}

/** Begins some work that pauses now and then, so that little of it is done without a pause. */
export function beginWork(pause: Pause): Work {
  let [sincePause, left] = [0, workOf.again];
  return {
    before(amount) {
      const isDue = sincePause > 0 && sincePause + amount > workOf.atOnce;
      sincePause = isDue ? amount : sincePause + amount;
      return isDue ? pause() : undefined;
    },
    spend(amount) {
      left = Math.max(0, left - amount);
      return left > 0;
    },
  };
}
