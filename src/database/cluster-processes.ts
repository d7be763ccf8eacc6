import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { folderIdentity } from './folder-identity.js';

/** A living PostgreSQL process with its command line, or, for a backend, its title. */
export type PostgresProcess = { pid: number; command: string };

/**
 * The name under which a cluster's processes are found: PostgreSQL shows it in the title of every backend
 * and in the command line of the postmaster (`cluster_name`). It is derived from the folder's device and
 * inode, so it stays when the folder is moved and differs for a copy of it, whose server is another one.
 */
export function clusterTag(cluster: string): string {
  return `dramatis-${createHash('sha256').update(folderIdentity(cluster)).digest('hex').slice(0, 12)}`;
}

/**
 * The PostgreSQL processes of a user. Command lines are readable for everybody, also where a container hides
 * the working directories of other users' processes from root.
 */
export function postgresProcesses(uid: number): PostgresProcess[] {
  return process.platform === 'linux' ? fromProc(uid) : fromPs(uid);
}

function fromProc(uid: number): PostgresProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (statSync(`/proc/${name}`).uid !== uid) return [];
        if (readFileSync(`/proc/${name}/comm`, 'utf8') !== 'postgres\n') return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        // A zombie has no command line left.
        return command === '' ? [] : [{ pid: Number(name), command }];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
}

function fromPs(uid: number): PostgresProcess[] {
  const out = execFileSync('/bin/ps', ['-axww', '-o', 'pid=,uid=,state=,command='], {
    encoding: 'utf8',
    env: { LC_ALL: 'C' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return out.split('\n').flatMap((line) => {
    const [, pid, owner, state, command] = /^\s*(\d+)\s+(-?\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (state === undefined || command === undefined || state.startsWith('Z')) return [];
    if (Number(owner) >>> 0 !== uid || !/(^|\/)postgres[: ]/.test(command)) return [];
    return [{ pid: Number(pid), command }];
  });
}
