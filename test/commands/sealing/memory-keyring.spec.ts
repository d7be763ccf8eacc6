import { expect, it } from 'vitest';
import { memoryKeyring } from '../../../src/commands/sealing/memory-keyring.js';

const place = { tenantId: 't', subjectId: 'bob', scope: 's-t_1' };

it('has one key per tenant, subject and stream', async () => {
  const keyring = memoryKeyring();
  const key = await keyring.keyFor(place);
  expect(await keyring.keyFor({ ...place })).toBe(key);
  const others = [{ tenantId: 'u' }, { subjectId: 'cleo' }, { scope: 's-t_2' }];
  const ids = await Promise.all(
    others.map(async (more) => (await keyring.keyFor({ ...place, ...more })).keyId),
  );
  expect(new Set([key.keyId, ...ids]).size).toBe(4);
  await keyring.close();
});

it('gives keys and subjects by id and leaves unknown ids out', async () => {
  const keyring = memoryKeyring();
  const [bob, cleo] = [await keyring.keyFor(place), await keyring.keyFor({ ...place, subjectId: 'cleo' })];
  expect(await keyring.keys([cleo.keyId, 'none', bob.keyId])).toEqual(
    new Map([
      [cleo.keyId, cleo],
      [bob.keyId, bob],
    ]),
  );
  expect(await keyring.subjectsOf([cleo.keyId, bob.keyId, cleo.keyId, 'none'])).toEqual(['bob', 'cleo']);
});
