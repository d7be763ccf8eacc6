/** Lets so many pieces of work run at once; the others wait their turn, first come, first served. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes a gate for `width` pieces of work at once. */
export function openGate(width: number): Gate {
  const queue: (() => void)[] = [];
  let free = width;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else free += 1;
    }
  };
}
