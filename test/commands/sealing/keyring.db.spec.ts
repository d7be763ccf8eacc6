import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { StoreUnavailable } from '../../../src/commands/event-store/port.js';
import { openKeyring, type Keyring, type KeyringOptions } from '../../../src/commands/sealing/keyring.js';
import { openValues } from '../../../src/commands/sealing/open.js';
import { drawnKey, sealValue, unwrapKey } from '../../../src/commands/sealing/data-key.js';
import { openPool } from '../../../src/database/pool.js';
import { freshDatabase } from '../../support/database.js';

const database = await freshDatabase();
const admin = openPool({ url: database.urls.keys, max: 2, applicationName: 'keyring-spec' });
afterAll(async () => {
  await admin.end();
  await database.drop();
});

const kek = randomBytes(32);
const place = { tenantId: 't', subjectId: 'bob', scope: 's-t_1' };
const sql = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
  (await admin.query<Record<string, unknown>>(text, values)).rows;
const destroy = (keyId: string, certificate = 'certificate-1'): Promise<unknown> =>
  sql(`UPDATE keys SET state = 'destroyed', wrapped = NULL, certificate_id = $2 WHERE key_id = $1`, [
    keyId,
    certificate,
  ]);
const epoch = async (): Promise<number> => Number((await sql('SELECT value FROM epoch'))[0]!['value']);

beforeEach(async () => {
  await sql('DELETE FROM keys');
});

interface Observed {
  /** The queries sent for keys. */
  queries: string[];
  /** How often the epoch was read. */
  polls: number;
  logged: string[];
  /** What happens between the database's answer to a query for keys and its arrival. */
  meanwhile?: (() => Promise<void>) | undefined;
}

/** A keyring as another process would have it, and what it does. */
async function open(options: Partial<KeyringOptions> = {}): Promise<Keyring & { seen: Observed }> {
  const seen: Observed = { queries: [], polls: 0, logged: [] };
  const pool = openPool({ url: database.urls.keys, max: 3, applicationName: 'keyring-spec' });
  const query = pool.query.bind(pool) as (config: pg.QueryConfig) => Promise<pg.QueryResult>;
  pool.query = (async (config: pg.QueryConfig) => {
    const result = await query(config);
    if (config.text.includes('epoch')) seen.polls++;
    else {
      seen.queries.push(config.text);
      await seen.meanwhile?.();
    }
    return result;
  }) as typeof pool.query;
  const log = {
    warn: (_: unknown, text: string) => seen.logged.push(text),
    info: (text: string) => seen.logged.push(text),
  };
  onTestFinished(() => pool.end());
  const keyring = await openKeyring({ pool, kek, log: log as never, ...options });
  onTestFinished(() => keyring.close());
  seen.queries.length = 0;
  return { ...keyring, seen };
}

describe('keyFor', () => {
  it('makes one key per tenant, subject and stream, and remembers it', async () => {
    const keyring = await open();
    const key = await keyring.keyFor(place);
    const asked = keyring.seen.queries.length;
    expect(await keyring.keyFor({ ...place })).toBe(key);
    expect(keyring.seen.queries).toHaveLength(asked);
    const others = [{ tenantId: 'u' }, { subjectId: 'cleo' }, { scope: 's-t_2' }];
    const ids = await Promise.all(
      others.map(async (more) => (await keyring.keyFor({ ...place, ...more })).keyId),
    );
    expect(new Set([key.keyId, ...ids]).size).toBe(4);
    expect(await sql('SELECT count(*)::int AS n FROM keys')).toEqual([{ n: 4 }]);
  });

  it('makes one key for all processes that need it at once', async () => {
    const processes = await Promise.all(Array.from({ length: 4 }, () => open()));
    for (let round = 0; round < 5; round++) {
      const wanted = { ...place, scope: `s-t_${round}` };
      const keys = await Promise.all(processes.flatMap((one) => [one.keyFor(wanted), one.keyFor(wanted)]));
      expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(1);
      const sealed = sealValue(keys[0]!, 'c/a', 'text');
      for (const one of processes) expect(await openValues(sealed, one)).toBe('text');
    }
    expect(await sql('SELECT count(*)::int AS n FROM keys')).toEqual([{ n: 5 }]);
  });

  it('stores the key wrapped, bound to its id', async () => {
    const keyring = await open();
    const { keyId, cipherKey } = await keyring.keyFor(place);
    const [row] = await sql('SELECT * FROM keys');
    expect(row).toMatchObject({
      key_id: keyId,
      tenant_id: 't',
      subject_id: 'bob',
      scope: 's-t_1',
      state: 'active',
    });
    const wrapped = row!['wrapped'] as Buffer;
    const secret = cipherKey.export();
    expect(wrapped.includes(secret)).toBe(false);
    expect(unwrapKey(kek, keyId, wrapped)).toEqual(secret);
  });

  it('makes the keys of many places in one call', async () => {
    const keyring = await open();
    const places = Array.from({ length: 60 }, (_, n) => ({ ...place, scope: `s-t_${n}` }));
    const drawn = places.map(() => drawnKey());
    const keys = await Promise.all(places.map((one, n) => keyring.keyFor(one, drawn[n])));
    expect(keys).toEqual(drawn);
    expect(keyring.seen.queries.filter((text) => text.includes('INSERT'))).toHaveLength(1);
    expect(keyring.seen.queries).toHaveLength(1);
    const sealed = keys.map((key) => sealValue(key, 'c/a', 'text'));
    expect(await openValues(sealed, await open())).toEqual(sealed.map(() => 'text'));
  });

  it('takes a drawn key only where there is none', async () => {
    const [one, other] = [await open(), await open()];
    const key = await one.keyFor(place);
    const drawn = drawnKey();
    expect((await other.keyFor(place, drawn)).keyId).toBe(key.keyId);
    expect(await other.keys([drawn.keyId])).toEqual(new Map());
    await destroy(key.keyId);
    const third = await open();
    await expect(third.keyFor(place, drawnKey())).rejects.toMatchObject({ code: 'subject-erased' });
    expect(await sql('SELECT count(*)::int AS n FROM keys')).toEqual([{ n: 1 }]);
  });

  it('is refused alone where its values are', async () => {
    const keyring = await open();
    const outcomes = await Promise.allSettled(
      ['a', 'no text\u0000', 'b'].map((subjectId) => keyring.keyFor({ ...place, subjectId }, drawnKey())),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await sql('SELECT count(*)::int AS n FROM keys')).toEqual([{ n: 2 }]);
  });

  it('never waits for another process for ever, in whichever order both ask', async () => {
    const processes = [await open(), await open()];
    for (let round = 0; round < 20; round++) {
      const places = Array.from({ length: 40 }, (_, n) => ({ ...place, scope: `s-t_${round}_${n}` }));
      const orders = [places, places.toReversed()];
      const keys = await Promise.all(
        processes.map((one, n) => Promise.all(orders[n]!.map((at) => one.keyFor(at, drawnKey())))),
      );
      const ids = keys.map((list) => list.map(({ keyId }) => keyId));
      expect(ids[1]!.toReversed()).toEqual(ids[0]);
    }
  });

  it('fails where a row was tampered with', async () => {
    const { keyId } = await (await open()).keyFor(place);
    await sql('UPDATE keys SET wrapped = $1', [randomBytes(60)]);
    await expect((await open()).keyFor(place)).rejects.toThrow(`the data key ${keyId} cannot be unwrapped`);
  });
});

describe('look-ups', () => {
  it('read many keys at once and leave unknown ids out', async () => {
    const made = await open();
    const ids: string[] = [];
    for (let n = 0; n < 20; n++)
      ids.push((await made.keyFor({ ...place, subjectId: `m${n % 10}`, scope: `s${n}` })).keyId);
    const keyring = await open();
    const keys = await keyring.keys([...ids, 'none']);
    expect([...keys.keys()].sort()).toEqual([...ids].sort());
    expect(keyring.seen.queries).toHaveLength(1);
    expect(await keyring.subjectsOf([...ids, ids[0]!])).toEqual(
      Array.from({ length: 10 }, (_, n) => `m${n}`),
    );
    expect(keyring.seen.queries).toHaveLength(1);
    expect(await keyring.keys([])).toEqual(new Map());
  });

  it('hold no more keys than they may', async () => {
    const keyring = await open({ maxKeys: 2 });
    const sealed = [];
    for (const subjectId of ['a', 'b', 'c', 'd']) {
      sealed.push(sealValue(await keyring.keyFor({ ...place, subjectId }), 'c/a', subjectId));
    }
    expect(await openValues(sealed, keyring)).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('a destroyed key', () => {
  it('reads as its certificate, refuses to seal and still names its subject', async () => {
    const other = await open();
    const key = await other.keyFor(place);
    const sealed = sealValue(key, 'c/a', 'secret');
    await destroy(key.keyId);
    const keyring = await open();
    expect(await openValues({ sealed }, keyring)).toEqual({ sealed: { erased: 'certificate-1' } });
    await expect(keyring.keyFor(place)).rejects.toMatchObject({
      code: 'subject-erased',
      row: { status: 410 },
    });
    await expect(keyring.keyFor(place)).rejects.toMatchObject({ code: 'subject-erased' });
    expect(await keyring.subjectsOf([key.keyId])).toEqual(['bob']);
    expect((await keyring.keyFor({ ...place, scope: 's-t_2' })).keyId).not.toBe(key.keyId);
    expect(await sql(`SELECT count(*)::int AS n FROM keys WHERE scope = 's-t_1'`)).toEqual([{ n: 1 }]);
  });

  it('is forgotten by every process within a second', async () => {
    const [one, two] = [await open(), await open()];
    const key = await one.keyFor(place);
    const kept = await one.keyFor({ ...place, subjectId: 'cleo' });
    const sealed = sealValue(key, 'c/a', 'secret');
    expect(await openValues(sealed, two)).toBe('secret');
    await destroy(key.keyId);
    const erased = { erased: 'certificate-1' };
    for (const each of [one, two]) {
      await vi.waitFor(async () => expect(await openValues(sealed, each)).toEqual(erased), {
        timeout: 1_000,
        interval: 20,
      });
      await expect(each.keyFor(place)).rejects.toMatchObject({ code: 'subject-erased' });
    }
    expect((await one.keyFor({ ...place, subjectId: 'cleo' })).keyId).toBe(kept.keyId);
  });

  it('is not kept by one who read it just before', async () => {
    const key = await (await open()).keyFor(place);
    const sealed = sealValue(key, 'c/a', 'secret');
    const keyring = await open({ pollMs: 20 });
    keyring.seen.meanwhile = async () => {
      keyring.seen.meanwhile = undefined;
      await destroy(key.keyId);
      const polls = keyring.seen.polls;
      await vi.waitFor(() => expect(keyring.seen.polls).toBeGreaterThan(polls + 1), { interval: 10 });
    };
    expect(await openValues(sealed, keyring)).toBe('secret');
    expect(await openValues(sealed, keyring)).toEqual({ erased: 'certificate-1' });
  });

  it('moves the epoch, however it is destroyed; other changes do not', async () => {
    const { keyId } = await (await open()).keyFor(place);
    const before = await epoch();
    await sql('UPDATE keys SET created_at = created_at');
    expect(await epoch()).toBe(before);
    await destroy(keyId);
    expect(await epoch()).toBe(before + 1);
    await sql('DELETE FROM keys');
    expect(await epoch()).toBe(before + 2);
    await sql('TRUNCATE keys');
    expect(await epoch()).toBe(before + 3);
  });

  it('leaves nothing of the key in its row', async () => {
    await (await open()).keyFor(place);
    await expect(sql(`UPDATE keys SET state = 'destroyed', certificate_id = 'c'`)).rejects.toThrow('check');
    await expect(sql(`UPDATE keys SET state = 'destroyed', wrapped = NULL`)).rejects.toThrow('check');
    await expect(sql('UPDATE keys SET wrapped = NULL')).rejects.toThrow('check');
  });
});

describe('the key-encryption key', () => {
  it('must be the one of the first start', async () => {
    await open();
    await expect(open({ kek: randomBytes(32) })).rejects.toThrow(
      'the key-encryption key (DRAMATIS_KEK) is not the one that the keys database was made with',
    );
    await expect(open()).resolves.toBeDefined();
    const [{ digest }] = (await sql('SELECT digest FROM kek_check')) as [{ digest: Buffer }];
    expect(digest.equals(kek)).toBe(false);
  });
});

describe('without the epoch', () => {
  const impatient = { pollMs: 30, freshMs: 200 };
  const works = async (keyring: Keyring, keyId: string): Promise<void> => {
    await keyring.keyFor(place);
    expect(await keyring.keys([keyId])).toHaveProperty('size', 1);
    expect(await keyring.subjectsOf([keyId])).toEqual(['bob']);
  };
  const stopped = async (keyring: Keyring, keyId: string): Promise<void> => {
    await expect(keyring.keyFor(place)).rejects.toThrow(StoreUnavailable);
    await expect(keyring.keys([keyId])).rejects.toThrow(StoreUnavailable);
    await expect(keyring.subjectsOf([keyId])).rejects.toThrow(StoreUnavailable);
  };

  it('sealing and opening stop, and go on when it is back', async () => {
    const keyring = await open(impatient);
    const { keyId } = await keyring.keyFor(place);
    await sql('ALTER TABLE epoch RENAME TO gone');
    try {
      await works(keyring, keyId);
      await vi.waitFor(() => stopped(keyring, keyId), { timeout: 3_000, interval: 20 });
    } finally {
      await sql('ALTER TABLE gone RENAME TO epoch');
    }
    await vi.waitFor(() => works(keyring, keyId), { timeout: 3_000, interval: 20 });
    expect(keyring.seen.logged).toEqual([
      'the epoch of the data keys cannot be read',
      'the epoch of the data keys can be read again',
    ]);
  });

  it('they stop too when the database hangs', async () => {
    const keyring = await open(impatient);
    const { keyId } = await keyring.keyFor(place);
    const client = await admin.connect();
    await client.query('BEGIN; LOCK TABLE epoch');
    try {
      await vi.waitFor(() => stopped(keyring, keyId), { timeout: 3_000, interval: 20 });
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
    await vi.waitFor(() => works(keyring, keyId), { timeout: 3_000, interval: 20 });
  });

  it('a keyring does not open', async () => {
    await sql('ALTER TABLE epoch RENAME TO gone');
    try {
      await expect(open()).rejects.toThrow(StoreUnavailable);
    } finally {
      await sql('ALTER TABLE gone RENAME TO epoch');
    }
  });
});
