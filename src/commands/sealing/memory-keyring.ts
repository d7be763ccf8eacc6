import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { dataKey, type DataKey } from './data-key.js';
import type { Keyring } from './keyring.js';

/** A keyring for specs and the simulation: its keys are gone with the process, and none is ever destroyed. */
export function memoryKeyring(): Keyring {
  const byPlace = new Map<string, DataKey>();
  const byId = new Map<string, { key: DataKey; subjectId: string }>();
  const known = (keyIds: readonly string[]) => keyIds.flatMap((keyId) => byId.get(keyId) ?? []);
  return {
    async keyFor({ tenantId, subjectId, scope }) {
      const place = JSON.stringify([tenantId, subjectId, scope]);
      const held = byPlace.get(place);
      if (held) return held;
      const key = dataKey(uuidv7(), randomBytes(32));
      byPlace.set(place, key);
      byId.set(key.keyId, { key, subjectId });
      return key;
    },
    keyIfAny: async ({ tenantId, subjectId, scope }) =>
      byPlace.get(JSON.stringify([tenantId, subjectId, scope])) ?? null,
    keys: async (keyIds) => new Map(known(keyIds).map(({ key }) => [key.keyId, key])),
    subjectsOf: async (keyIds) => [...new Set(known(keyIds).map(({ subjectId }) => subjectId))].sort(),
    close: async () => {},
  };
}
