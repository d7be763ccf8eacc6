import type { AnyDecider, FactReader } from '../../src/domain/kernel.js';

/** What other streams hold, by `<kind> <key>` and by `<category> <id>`; all else is free or empty. */
interface Elsewhere {
  /** Ids of the streams that hold a claim. */
  claims?: Record<string, string>;
  states?: Record<string, unknown>;
}

/** The reader that a command's `facts` get, over what is given, in tenant `acme`. */
export function factReader({ claims = {}, states = {} }: Elsewhere = {}): FactReader {
  return {
    tenantId: 'acme',
    state: <S>({ name, initialState }: AnyDecider & { initialState: () => S }, id: string): Promise<S> =>
      Promise.resolve((states[`${name} ${id}`] ?? initialState()) as S),
    claimOwner: (kind, key) => Promise.resolve(claims[`${kind} ${key}`] ?? null),
  };
}
