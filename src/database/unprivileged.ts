import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chown, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Binaries } from './binaries.js';

/** Starts PostgreSQL's programs as a user that PostgreSQL accepts, and hands files over to that user. */
export type Launcher = {
  /** The user the programs run as. */
  uid: number;
  spawn(program: string, args: readonly string[], stdio: StdioOptions): ChildProcess;
  /** Makes `path` belong to the user the programs run as. */
  handOver(path: string): Promise<void>;
};

/** A user other than root; `name` only for messages. */
type Account = { name: string; uid: number; gid: number };

// A fixed environment: what the server runs with never depends on who started it, and the secrets in the
// environment of this process (keys, tokens) do not reach it.
const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

// These exist on every system that has them already; this product never creates a system user.
const accounts = ['nobody', 'postgres'];

/**
 * Decides how PostgreSQL's programs are started. A normal user runs them as itself. Root, which PostgreSQL
 * refuses, becomes the owner of the existing `cluster`, else `nobody` or `postgres`; where that user cannot enter a
 * folder on the way (a 0700 home, say), util-linux `setpriv` lends it the capability to pass through
 * (docs/adr/0001-embedded-postgresql-as-root.md).
 */
export async function launcherFor({
  binaries,
  dataDir,
  cluster,
}: {
  binaries: Binaries;
  dataDir: string;
  cluster: string;
}): Promise<Launcher> {
  const owner = await ownerOf(cluster);
  const uid = process.getuid?.() ?? -1;
  if (uid !== 0) {
    if (owner !== null && owner.uid !== uid) {
      throw new Error(
        `${cluster} belongs to user ${owner.uid}, this process runs as ${uid}: start it as the user who made it` +
          ' (root, when that is who did), or use another data directory (DRAMATIS_DATA_DIR)',
      );
    }
    return direct(uid);
  }
  if (owner?.uid === 0)
    throw new Error(`${cluster} belongs to root; PostgreSQL runs only below its own user`);
  const account = owner ?? (await unprivilegedAccount());
  const blocked =
    (await blockedFor(account, binaries.postgres)) ??
    (await blockedFor(account, join(binaries.native, 'lib'))) ??
    (await blockedFor(account, join(binaries.native, 'share', 'postgresql', 'postgres.bki'))) ??
    (await blockedFor(account, await realpath(dataDir)));
  return blocked === null ? dropped(account) : passing(account, binaries, blocked);
}

function direct(uid: number): Launcher {
  return {
    uid,
    spawn: (program, args, stdio) => spawn(program, args, { stdio, env, cwd: '/', detached: true }),
    handOver: async () => {},
  };
}

function dropped({ uid, gid }: Account): Launcher {
  return {
    uid,
    spawn: (program, args, stdio) =>
      spawn(program, args, { stdio, env, cwd: '/', detached: true, uid: uid | 0, gid: gid | 0 }),
    handOver: (path) => chown(path, uid, gid),
  };
}

async function passing(account: Account, binaries: Binaries, blocked: string): Promise<Launcher> {
  const setpriv = await firstExecutable(env.PATH.split(':').map((folder) => join(folder, 'setpriv')));
  const capability = await lendableCapability();
  const ways =
    `Either install util-linux (its setpriv), or let others enter that folder (chmod o+x ${blocked}), or move ` +
    'the installation and DRAMATIS_DATA_DIR to a folder they can enter, or run as a normal user, or set ' +
    'DRAMATIS_DATABASE_URL to use a server of your own.';
  const why = `PostgreSQL refuses to run as root, and user ${account.name} cannot enter ${blocked}.`;
  if (setpriv === null) throw new Error(`${why} ${ways}`);
  if (capability === null) {
    throw new Error(`${why} This root holds no capability to lend (a restricted container). ${ways}`);
  }
  const lend = [
    '--securebits=+no_setuid_fixup',
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    '--clear-groups',
    `--inh-caps=+${capability}`,
    `--ambient-caps=+${capability}`,
  ];
  const probe = spawnSync(setpriv, [...lend, binaries.postgres, '--version'], {
    env,
    cwd: '/',
    encoding: 'utf8',
  });
  if (probe.status !== 0) {
    throw new Error(
      `${why} ${setpriv} does not help: ${probe.error?.message ?? probe.stderr.trim()} ${ways}`,
    );
  }
  return {
    uid: account.uid,
    // setpriv becomes the program by exec: the child's pid is the server's.
    spawn: (program, args, stdio) =>
      spawn(setpriv, [...lend, program, ...args], { stdio, env, cwd: '/', detached: true }),
    handOver: (path) => chown(path, account.uid, account.gid),
  };
}

/**
 * The weaker of the two capabilities that open the way: read_search passes through folders, override also
 * writes anywhere. Containers often hold only the latter.
 */
async function lendableCapability(): Promise<string | null> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const held = BigInt(`0x${/^CapPrm:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  if ((held & (1n << 2n)) !== 0n) return 'dac_read_search';
  return (held & (1n << 1n)) === 0n ? null : 'dac_override';
}

/** The first component on the way to `path` (itself included) that `account` may not enter or read, or null. */
async function blockedFor({ uid, gid }: Account, path: string): Promise<string | null> {
  const way = [path];
  while (dirname(way[0] as string) !== way[0]) way.unshift(dirname(way[0] as string));
  for (const component of way) {
    const { mode, uid: ownerUid, gid: ownerGid } = await stat(component);
    const shift = ownerUid === uid ? 6 : ownerGid === gid ? 3 : 0;
    const isFolder = (mode & constants.S_IFMT) === constants.S_IFDIR;
    if (((mode >> shift) & (isFolder ? 0o1 : 0o4)) === 0) return component;
  }
  return null;
}

async function unprivilegedAccount(): Promise<Account> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of accounts) {
    const [, , uid, gid] = lines.find((fields) => fields[0] === name) ?? [];
    // macOS writes nobody's ids as -2; chown wants them unsigned.
    if (Number(uid) && gid !== undefined) return { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and this system has none of the users ${accounts.join(', ')} to run it as: ` +
      'run as a normal user, or set DRAMATIS_DATABASE_URL to use a server of your own',
  );
}

async function ownerOf(path: string): Promise<Account | null> {
  try {
    const { uid, gid } = await stat(path);
    return { name: String(uid), uid, gid };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function firstExecutable(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return null;
}
