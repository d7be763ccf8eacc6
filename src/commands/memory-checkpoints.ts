import type { Checkpoints, SetAside } from './checkpoints.js';
import { memoryLeases } from './leases.js';

type Waiting = SetAside & { nextAt: number };

/**
 * Checkpoints for specs and the simulation, gone with the process. `now` is their clock, in milliseconds; the
 * process's own by default.
 */
export function memoryCheckpoints(now: () => number = () => performance.now()): Checkpoints {
  const leases = memoryLeases(now);
  const positions = new Map<string, number>();
  const waiting = new Map<string, Map<number, Waiting>>();
  const of = (reactor: string): Map<number, Waiting> => {
    const found = waiting.get(reactor) ?? new Map<number, Waiting>();
    waiting.set(reactor, found);
    return found;
  };
  return {
    leases,
    position: async (reactor) => positions.get(reactor) ?? 0,
    async move(reactor, token, from, to) {
      if (leases.tokenOf(reactor) !== token || (positions.get(reactor) ?? 0) !== from) return false;
      positions.set(reactor, to);
      return true;
    },
    async setAside(reactor, token, event, ms) {
      if (leases.tokenOf(reactor) !== token) return false;
      const attempts = Math.max(event.attempts, of(reactor).get(event.position)?.attempts ?? 0);
      of(reactor).set(event.position, { ...event, attempts, nextAt: now() + ms });
      return true;
    },
    async due(reactor, limit) {
      const found = [...of(reactor).values()].filter(({ nextAt }) => nextAt <= now());
      return found.sort((a, b) => a.position - b.position).slice(0, limit);
    },
    async settle(reactor, position) {
      of(reactor).delete(position);
    },
    async standings() {
      const names = new Set([...positions.keys(), ...waiting.keys()]);
      return new Map(
        [...names].map((name) => [name, { position: positions.get(name) ?? 0, setAside: of(name).size }]),
      );
    },
  };
}
