import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { completeBinaries, embeddedBinaries } from '../../src/database/binaries.js';
import { temporaryFolder } from './own-server.js';

type Links = { source: string; target: string }[];
const linksOf = (root: string): Links =>
  JSON.parse(readFileSync(join(root, 'native', 'pg-symlinks.json'), 'utf8')) as Links;

it('completes a package that was installed without its script, so that its programs run', async () => {
  const root = join(temporaryFolder(), 'package');
  cpSync(dirname((await embeddedBinaries()).native), root, { recursive: true, verbatimSymlinks: true });
  for (const { target } of linksOf(root)) rmSync(join(root, target), { force: true });
  chmodSync(join(root, 'native', 'bin', 'postgres'), 0o644);
  const [binaries] = await Promise.all([completeBinaries(root), completeBinaries(root)]);
  expect(execFileSync(binaries.postgres, ['--version'], { encoding: 'utf8' })).toMatch(
    /^postgres \(PostgreSQL\) 18\./,
  );
  for (const { target } of linksOf(root)) expect(lstatSync(join(root, target)).isSymbolicLink()).toBe(true);
});

it('says what to do when the package cannot be completed by this user', async () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o711);
  const root = join(folder, 'package');
  mkdirSync(join(root, 'native', 'lib'), { recursive: true });
  mkdirSync(join(root, 'native', 'bin'));
  writeFileSync(join(root, 'native', 'lib', 'libx.so.1'), '');
  const links = [{ source: 'native/lib/libx.so.1', target: 'native/lib/libx.so' }];
  writeFileSync(join(root, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  chmodSync(join(root, 'native', 'lib'), 0o555);
  const isRoot = process.getuid?.() === 0;
  // Root writes everywhere: it has to step down to see the refusal.
  if (isRoot) process.seteuid?.(65_534);
  try {
    await expect(completeBinaries(root)).rejects.toThrow(
      /installed without its install script.*hydrate-symlinks/,
    );
  } finally {
    if (isRoot) process.seteuid?.(0);
    // A normal user could not remove what is in it otherwise.
    chmodSync(join(root, 'native', 'lib'), 0o755);
  }
});
