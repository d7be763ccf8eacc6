import { execFileSync, spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { completeBinaries, embeddedBinaries } from '../../src/database/binaries.js';
import { clusterTag } from '../../src/database/cluster-processes.js';
import { makeCluster } from '../../src/database/cluster.js';
import { freePort } from '../../src/database/credentials.js';
import { startPostmaster, stopServer, type Site } from '../../src/database/postmaster.js';
import { launcherFor } from '../../src/database/unprivileged.js';
import {
  ask,
  childArguments,
  eventually,
  repository,
  silent,
  startHere,
  startInChild,
  temporaryFolder,
} from './own-server.js';

const nobody = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;
const hasSetpriv = ['/usr/bin/setpriv', '/bin/setpriv'].some((path) => existsSync(path));
const repositoryIsOpen = isRoot && opens(repository);

if (!isRoot) console.log('skipped: how root starts PostgreSQL (this is not root; run as root to see it)');
else if (!hasSetpriv) console.log('skipped: root below a closed folder (no setpriv; install util-linux)');
if (isRoot && !repositoryIsOpen)
  console.log(`skipped: another user than root (it cannot enter ${repository})`);

/** Whether others may enter every folder on the way. */
function opens(path: string): boolean {
  const open = (statSync(path).mode & 0o001) !== 0;
  return open && (dirname(path) === path || opens(dirname(path)));
}

it.runIf(isRoot)('root runs it as nobody, plainly where nobody can enter', async () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o711);
  const dataDir = join(folder, 'data');
  const server = await startHere({ dataDir });
  expect(statSync(`/proc/${server.pid}`).uid).toBe(nobody.uid);
  expect(statSync(join(dataDir, 'postgres')).uid).toBe(nobody.uid);
  expect(execFileSync('cat', [`/proc/${server.pid}/status`], { encoding: 'utf8' })).toMatch(/CapEff:\s+0+\n/);
  expect(await ask(server.urls.app, 'SELECT 1')).toEqual([1]);
});

it.runIf(isRoot && hasSetpriv)('root runs it in a folder that only root may enter', async () => {
  const folder = temporaryFolder();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const server = await startHere({ dataDir: join(folder, 'data') });
  expect(statSync(`/proc/${server.pid}`).uid).toBe(nobody.uid);
  await ask(server.urls.owner, 'CREATE TABLE kept AS SELECT generate_series(1, 10000) AS n');
  await ask(server.urls.superuser, 'CHECKPOINT');
  expect(await ask(server.urls.owner, 'SELECT count(*)::int FROM kept')).toEqual([10_000]);
});

it.runIf(isRoot && hasSetpriv)(
  '… also when the programs are in there, installed for root alone',
  async () => {
    const folder = temporaryFolder();
    const root = join(folder, 'package');
    cpSync(dirname((await embeddedBinaries()).native), root, { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'go=', root]);
    const binaries = await completeBinaries(root);
    const [dataDir, cluster] = [join(folder, 'data'), join(folder, 'data', 'postgres')];
    mkdirSync(dataDir);
    const launcher = await launcherFor({ binaries, dataDir, cluster });
    await makeCluster({
      dataDir,
      cluster,
      binaries,
      launcher,
      superuserPassword: 'not-a-secret',
      durable: false,
    });
    const logFile = join(dataDir, 'postgres.log');
    const site: Site = {
      cluster,
      logFile,
      tag: clusterTag(cluster),
      binaries,
      launcher,
      settings: {},
      log: silent,
    };
    const port = await freePort();
    const postmaster = await startPostmaster(site, port);
    try {
      expect(await ask(`postgresql://postgres:not-a-secret@127.0.0.1:${port}/postgres`, 'SELECT 1')).toEqual([
        1,
      ]);
    } finally {
      await stopServer(site);
    }
    await postmaster.gone;
  },
);

it.runIf(repositoryIsOpen)('a normal user runs it as itself, in a folder of its own', async () => {
  const folder = temporaryFolder();
  chownSync(folder, nobody.uid, nobody.gid);
  const dataDir = join(folder, 'data');
  const { child, pid, urls } = await startInChild(dataDir, nobody);
  expect(await ask(urls.app, 'SELECT 1')).toEqual([1]);
  for (const path of [`/proc/${pid}`, join(dataDir, 'postgres'), join(dataDir, 'embedded.json')]) {
    expect(statSync(path).uid).toBe(nobody.uid);
  }
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  child.stdin?.end();
  await eventually(() => !existsSync(join(dataDir, 'postgres', 'postmaster.pid')));
});

it.runIf(repositoryIsOpen)('tells a user whose directory it is not', async () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o777);
  const dataDir = join(folder, 'data');
  await (await startHere({ dataDir })).stop();
  chmodSync(dataDir, 0o777);
  const { status, stderr } = spawnSync(process.execPath, childArguments(dataDir), {
    cwd: repository,
    encoding: 'utf8',
    uid: 12_345,
    gid: 12_345,
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/belongs to user 65534, this process runs as 12345/);
});

it('finds programs that this user may run', async () => {
  const { initdb, postgres } = await embeddedBinaries();
  for (const program of [initdb, postgres]) accessSync(program, constants.X_OK);
});
