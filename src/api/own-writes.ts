import { LRUCache } from 'lru-cache';
import type { Principal } from '../commands/receipt.js';

/** The last position that each principal wrote through this process: what its next read waits for. */
export interface OwnWrites {
  note(principal: Principal, position: number): void;
  of(principal: Principal): number | undefined;
}

/** Remembers the most recent writers; one that is forgotten still has `X-Min-Position`. */
export function openOwnWrites(max = 10_000): OwnWrites {
  const last = new LRUCache<string, number>({ max });
  const keyOf = ({ tenantId, id }: Principal): string => `${tenantId} ${id}`;
  return {
    note: (principal, position) => {
      const key = keyOf(principal);
      // Answers may overtake each other; the position to wait for never goes back.
      if (position > (last.get(key) ?? 0)) last.set(key, position);
    },
    of: (principal) => last.get(keyOf(principal)),
  };
}
