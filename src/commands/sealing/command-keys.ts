import { drawnKey, type DataKey } from './data-key.js';
import type { KeyPlace } from './key-rows.js';
import type { Keyring } from './keyring.js';

/**
 * The keys that one command seals with. Those that it needs and nobody has made yet are drawn in memory: a refusal leaves
 * nothing behind, not even a key.
 */
export interface CommandKeys {
  /** The key of a place, or the one that may become it. @throws Rejection `subject-erased`, StoreUnavailable */
  keyFor(place: KeyPlace): Promise<DataKey>;
  /**
   * Makes the drawn keys durable, before anything that is sealed with them may be stored.
   * @returns false where another process has made a key of its own meanwhile: what was sealed here is to be sealed anew
   * @throws Rejection `subject-erased`, StoreUnavailable
   */
  keep(): Promise<boolean>;
}

/**
 * @param options.isNew the command's stream has an id that was drawn just now, so there is no key for anything in it, and
 *   none has to be looked for
 */
export function commandKeys(keyring: Keyring, { isNew }: { isNew: boolean }): CommandKeys {
  const drawn = new Map<string, { place: KeyPlace; key: DataKey }>();
  let mayExist = !isNew;
  return {
    async keyFor(place) {
      const name = JSON.stringify([place.tenantId, place.subjectId, place.scope]);
      const there = drawn.has(name) || !mayExist ? null : await keyring.keyIfAny(place);
      if (there) return there;
      const found = drawn.get(name) ?? { place, key: drawnKey() };
      drawn.set(name, found);
      return found.key;
    },
    async keep() {
      const made = [...drawn.values()];
      if (made.length === 0) return true;
      const kept = await Promise.all(made.map(({ place, key }) => keyring.keyFor(place, key)));
      drawn.clear();
      mayExist = true;
      return kept.every(({ keyId }, index) => keyId === made[index]!.key.keyId);
    },
  };
}
