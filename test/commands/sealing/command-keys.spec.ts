import { beforeEach, describe, expect, it } from 'vitest';
import { commandKeys } from '../../../src/commands/sealing/command-keys.js';
import type { DataKey } from '../../../src/commands/sealing/data-key.js';
import type { KeyPlace } from '../../../src/commands/sealing/key-rows.js';
import type { Keyring } from '../../../src/commands/sealing/keyring.js';
import { memoryKeyring } from '../../../src/commands/sealing/memory-keyring.js';

const place = { tenantId: 't', subjectId: 'bob', scope: 's-t_1' };
const cleos = { ...place, subjectId: 'cleo' };

/** A keyring that takes drawn keys, and how often it was asked. */
let keyring: Keyring;
let asked: { looked: number; made: number };
const placeOf = ({ tenantId, subjectId, scope }: KeyPlace): string => `${tenantId} ${subjectId} ${scope}`;

beforeEach(() => {
  const made = new Map<string, DataKey>();
  asked = { looked: 0, made: 0 };
  keyring = {
    ...memoryKeyring(),
    keyIfAny: async (of) => {
      asked.looked++;
      return made.get(placeOf(of)) ?? null;
    },
    keyFor: async (of, drawn) => {
      asked.made++;
      const key = made.get(placeOf(of)) ?? drawn!;
      made.set(placeOf(of), key);
      return key;
    },
  };
});

const open = (isNew = false) => commandKeys(keyring, { isNew });

describe('a key that is not there', () => {
  it('is drawn, the same for one place, and made when it is kept', async () => {
    const keys = open();
    const [one, again, other] = await Promise.all([place, { ...place }, cleos].map(keys.keyFor));
    expect(again).toBe(one);
    expect(other).not.toBe(one);
    expect(asked.made).toBe(0);
    expect(await keys.keep()).toBe(true);
    expect(await keyring.keyIfAny(place)).toBe(one);
    expect(await keyring.keyIfAny(cleos)).toBe(other);
    expect(await keys.keyFor(place)).toBe(one);
  });

  it('is never made for what is not kept', async () => {
    await open().keyFor(place);
    expect(asked.made).toBe(0);
    expect(await keyring.keyIfAny(place)).toBeNull();
  });

  it('is not looked for in a stream that was made just now', async () => {
    const keys = open(true);
    const key = await keys.keyFor(place);
    expect(asked.looked).toBe(0);
    expect(await keys.keep()).toBe(true);
    expect(await keys.keyFor(place)).toBe(key);
    expect(asked).toEqual({ looked: 1, made: 1 });
  });
});

it('a key that is there is taken, and nothing is to be kept', async () => {
  const first = open();
  const key = await first.keyFor(place);
  await first.keep();
  const keys = open();
  expect(await keys.keyFor(place)).toBe(key);
  expect(await keys.keep()).toBe(true);
  expect(asked.made).toBe(1);
});

it.each([true, false])(
  'another one that was made meanwhile is told, and taken from then on',
  async (isNew) => {
    const [keys, others] = [open(isNew), open()];
    const [mine, theirs] = [await keys.keyFor(place), await others.keyFor(place)];
    expect(await others.keep()).toBe(true);
    expect(await keys.keep()).toBe(false);
    expect(mine).not.toBe(theirs);
    expect(await keys.keyFor(place)).toBe(theirs);
    expect(await keys.keep()).toBe(true);
  },
);
