import { parseStream, streamName, type AnyDecider, type FactReader } from '../domain/kernel.js';
import type { EventStore, Guard } from './event-store/port.js';
import type { States } from './states.js';

/** A reader of other streams that remembers what it read, so that the append can check it again. */
export interface Facts {
  reader: FactReader;
  guards(): Guard[];
}

/** Facts are read from the store, never from a cache alone: a decision may refuse because of them. */
export function openFacts(deps: { store: EventStore; states: States }, tenantId: string): Facts {
  const read = new Map<string, number>();
  return {
    reader: {
      tenantId,
      async state<S>(decider: AnyDecider & { initialState: () => S }, id: string): Promise<S> {
        const loaded = await deps.states.load(decider, tenantId, id);
        read.set(streamName(decider.name, tenantId, id), loaded.version);
        return loaded.state as S;
      },
      async claimOwner(kind, key) {
        const stream = await deps.store.claimOwner(tenantId, kind, key);
        return stream === null ? null : (parseStream(stream)?.streamId ?? null);
      },
    },
    guards: () => [...read].map(([stream, version]) => ({ stream, version })),
  };
}
