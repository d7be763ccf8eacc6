import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { memoryKeyring } from '../../../src/commands/sealing/memory-keyring.js';
import { openValues } from '../../../src/commands/sealing/open.js';
import { sealInput } from '../../../src/commands/sealing/seal.js';
import { personal } from '../../../src/domain/sealed.js';

const keyring = memoryKeyring();
const schema = z.object({ text: personal('who', z.string()) });
const sealed = (text: string, who = 'bob'): Promise<unknown> =>
  sealInput({
    schema,
    input: { who, text },
    tenantId: 't',
    scope: 's-t_1',
    commandId: 'c1',
    actorId: 'ada',
    keyring,
  });

describe('openValues', () => {
  it('opens a page in one look-up', async () => {
    const page = [await sealed('a'), await sealed('b', 'cleo'), { text: 'plain' }, await sealed('a')];
    const asked: (readonly string[])[] = [];
    const counting = {
      keys: (ids: readonly string[]) => {
        asked.push(ids);
        return keyring.keys(ids);
      },
    };
    expect(await openValues(page, counting)).toEqual([
      { who: 'bob', text: 'a' },
      { who: 'cleo', text: 'b' },
      { text: 'plain' },
      { who: 'bob', text: 'a' },
    ]);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toHaveLength(2);
  });

  it('leaves its argument alone and shares what is not sealed', async () => {
    const plain = { deep: [1] };
    const page = [await sealed('a'), plain];
    const before = structuredClone(page);
    expect((await openValues(page, keyring))[1]).toBe(plain);
    expect(page).toEqual(before);
  });

  it('answers the very argument when nothing is sealed, without asking for keys', async () => {
    const none = { keys: () => Promise.reject(new Error('asked')) };
    for (const json of [{ a: [{ b: null }] }, 'x', null, 3, [], undefined]) {
      expect(await openValues(json, none)).toBe(json);
    }
  });

  it('reads the certificate where a key was destroyed', async () => {
    const value = (await sealed('secret')) as { text: { $sealed: { key: string } } };
    const tombs = { keys: async () => new Map([[value.text.$sealed.key, { erased: 'certificate-1' }]]) };
    expect(await openValues([value], tombs)).toEqual([{ who: 'bob', text: { erased: 'certificate-1' } }]);
  });

  it('names the place and nothing else when it cannot open', async () => {
    const value = (await sealed('secret')) as { text: { $sealed: { key: string; ct: string } } };
    const unknown = { keys: async () => new Map<string, never>() };
    await expect(openValues(value, unknown)).rejects.toThrow(
      'the key of the sealed value at c1/text does not exist',
    );
    for (const ct of ['', 'AAAA', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']) {
      const broken = structuredClone(value);
      broken.text.$sealed.ct = ct;
      await expect(openValues(broken, keyring)).rejects.toThrow(
        'the sealed value at c1/text does not authenticate',
      );
    }
  });
});
