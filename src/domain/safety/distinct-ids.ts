/**
 * Ids, each counted once, in bounded memory.
 * @param most so many are told apart; beyond, the count is a lower bound
 * @param listed the first ones, in the order in which they came
 */
export function distinctIds({ most, listed }: { most: number; listed: number }) {
  const ids = new Set<string>();
  let isExact = true;
  return {
    add(id: string): void {
      if (ids.size < most) ids.add(id);
      else if (!ids.has(id)) isExact = false;
    },
    result: (): { count: number; isExact: boolean; ids: string[] } => {
      return { count: ids.size, isExact, ids: [...ids].slice(0, listed) };
    },
  };
}
