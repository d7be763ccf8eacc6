import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.js';

const external = {
  DRAMATIS_DATABASE_URL: 'postgres://app:x@localhost/dramatis',
  DRAMATIS_KEYS_URL: 'postgres://keys:x@localhost/keys',
  DRAMATIS_KEK: 'ab'.repeat(32),
};
const problems = (env: NodeJS.ProcessEnv): string[] => {
  const read = readConfig(env);
  return 'problems' in read ? read.problems : [];
};

describe('the configuration', () => {
  it('has a default for everything', () =>
    expect(readConfig({})).toEqual({
      port: 4000,
      host: '127.0.0.1',
      dataDir: '.dramatis',
      logLevel: 'info',
      cli: {},
      warnings: [],
    }));

  it('takes a PostgreSQL of one’s own with its keys', () =>
    expect(readConfig(external)).toMatchObject({
      database: {
        url: external.DRAMATIS_DATABASE_URL,
        keysUrl: external.DRAMATIS_KEYS_URL,
        kek: external.DRAMATIS_KEK,
      },
    }));

  it('lists every problem at once', () => {
    const found = problems({
      DRAMATIS_PORT: '99999',
      DRAMATIS_DATABASE_URL: 'mysql://x',
      DRAMATIS_KEK: 'short',
      DRAMATIS_OWNER_KEY: 'secret',
      DRAMATIS_LOG_LEVEL: 'loud',
    });
    for (const name of ['PORT', 'DATABASE_URL', 'KEK', 'OWNER_KEY', 'LOG_LEVEL']) {
      expect(found.some((line) => line.startsWith(`DRAMATIS_${name} `))).toBe(true);
    }
  });

  it('takes an owner’s key only of the home tenant, which alone is made at the first start', () => {
    const secret = '0'.repeat(32);
    expect(problems({ DRAMATIS_OWNER_KEY: `dk_my.key_${secret}` })).toHaveLength(1);
    for (const id of ['plain', 'default.mine']) {
      expect(problems({ DRAMATIS_OWNER_KEY: `dk_${id}_${secret}` })).toEqual([]);
    }
  });

  it('never shows a value in a problem', () =>
    expect(problems({ DRAMATIS_KEK: 'canary', DRAMATIS_OWNER_KEY: 'canary' }).join()).not.toContain(
      'canary',
    ));

  it('wants keys and KEK with a database of one’s own', () =>
    expect(problems({ DRAMATIS_DATABASE_URL: external.DRAMATIS_DATABASE_URL })).toHaveLength(2));

  it('takes an empty variable for an absent one', () =>
    expect(readConfig({ DRAMATIS_PORT: '', DRAMATIS_KEK: '' })).toMatchObject({ port: 4000 }));

  it('warns of what nothing reads', () =>
    expect(readConfig({ DRAMATIS_PROT: '1', OTHER: '2' })).toMatchObject({
      warnings: [expect.stringContaining('DRAMATIS_PROT')],
    }));

  it('reads secrets from files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dramatis-config-'));
    const file = join(folder, 'kek');
    writeFileSync(file, `${'cd'.repeat(32)}\n`);
    expect(readConfig({ DRAMATIS_KEK_FILE: file })).toMatchObject({ kek: 'cd'.repeat(32), warnings: [] });
    expect(problems({ DRAMATIS_KEK_FILE: file, DRAMATIS_KEK: 'ef'.repeat(32) })).toHaveLength(1);
    expect(problems({ DRAMATIS_KEK_FILE: join(folder, 'nowhere') })).toHaveLength(1);
    rmSync(folder, { recursive: true });
  });
});
