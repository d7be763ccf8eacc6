import type { EmbeddedUrls } from '../src/database/credentials.js';

/** What a benchmark gets: a server of its own with fsync on. */
export interface BenchContext {
  /** A new pair of databases, migrated. */
  freshDatabase(): Promise<EmbeddedUrls>;
  /** Says on stderr what is going on. */
  progress(text: string): void;
}

/** One row of `bench/results.json`. */
export interface BenchResult {
  name: string;
  /** What was measured, and in what. */
  figure: number;
  unit: string;
  /** What it is measured against, in the same run and the same unit. */
  limit: number;
  ratio: number;
  /** The least ratio that is good enough. */
  bar: number;
  met: boolean;
  note?: string;
}

/** A contender: works for about so many milliseconds and says how often it did its thing per second. */
export type Contender = (forMs: number) => Promise<number>;

/**
 * Lets contenders run in turns (A B A B …), so that what else the machine does hits all alike. Returns their
 * rates, round by round, after a first round that does not count.
 */
export async function interleaved<Name extends string>(
  contenders: Record<Name, Contender>,
  { rounds, forMs }: { rounds: number; forMs: number },
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contenders) as Name[];
  const rates = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const rate = await contenders[name](round === 0 ? forMs / 2 : forMs);
      if (round > 0) rates[name].push(rate);
    }
  }
  return rates;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A result row from two contenders' rates: the ratio is the median of the rounds' ratios. */
export function compared(
  { name, unit, bar, note }: Pick<BenchResult, 'name' | 'unit' | 'bar' | 'note'>,
  figures: readonly number[],
  limits: readonly number[],
): BenchResult {
  const ratio = median(figures.map((figure, round) => figure / limits[round]!));
  const rounded = Math.round(ratio * 1_000) / 1_000;
  const [figure, limit] = [Math.round(median(figures)), Math.round(median(limits))];
  return { name, figure, unit, limit, ratio: rounded, bar, met: ratio >= bar, ...(note ? { note } : {}) };
}

/** Runs `work` over and over on `callers` callers at once and returns how often per second. */
export async function rateOf(
  { callers, forMs }: { callers: number; forMs: number },
  work: (caller: number) => Promise<number>,
): Promise<number> {
  const start = performance.now();
  const end = start + forMs;
  let count = 0;
  const caller = async (_: unknown, index: number): Promise<void> => {
    while (performance.now() < end) {
      // Not `count += await …`, which would forget what the others have counted in the meantime.
      const done = await work(index);
      count += done;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return (count * 1_000) / (performance.now() - start);
}
