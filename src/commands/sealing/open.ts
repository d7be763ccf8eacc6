import { isSealed } from '../../domain/sealed.js';
import { openValue } from './data-key.js';
import type { Keyring } from './keyring.js';
import { mapMembers } from './map-members.js';
import { keyIdsIn } from './seal.js';

/**
 * A copy of a JSON value — a document or a page of many — with every sealed value opened, in one look-up of
 * keys. A value whose key was destroyed reads `{ "erased": "<certificate id>" }`. Parts that hold nothing
 * sealed are shared with the argument; without any, it is the argument itself.
 * @throws Error that names the place, never the content, of a value that does not authenticate or whose key
 *   does not exist; StoreUnavailable
 */
export async function openValues<T>(json: T, keyring: Pick<Keyring, 'keys'>): Promise<T> {
  const keyIds = keyIdsIn(json);
  if (keyIds.length === 0) return json;
  const keys = await keyring.keys(keyIds);
  const opened = (value: unknown): unknown => {
    if (!isSealed(value)) return mapMembers(value, opened);
    const key = keys.get(value.$sealed.key);
    if (!key) throw new Error(`the key of the sealed value at ${value.$sealed.at} does not exist`);
    return 'erased' in key ? { erased: key.erased } : openValue(key, value);
  };
  return opened(json) as T;
}
