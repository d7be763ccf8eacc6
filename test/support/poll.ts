import { setImmediate as tick } from 'node:timers/promises';

/** Asks until the answer is truthy; fails with what was waited for after the deadline. */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  deadlineMs = 20_000,
): Promise<Exclude<T, null | undefined | false | '' | 0>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer as Exclude<T, null | undefined | false | '' | 0>;
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await tick();
  }
}
