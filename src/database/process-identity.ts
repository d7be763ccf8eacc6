import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process that can be recognised again: a pid alone is reused, a pid with its start is not. */
export type ProcessIdentity = { pid: number; started: string };

/**
 * Who runs under this pid now, or null when nobody does. A zombie counts as nobody: it holds no files and
 * answers nothing, and an init process that never reaps would keep it for ever.
 */
export function identityOf(pid: number): ProcessIdentity | null {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  const started = process.platform === 'linux' ? startOnLinux(pid) : startFromPs(pid);
  return started === null ? null : { pid, started };
}

/** This very process. */
export function ownIdentity(): ProcessIdentity {
  const own = identityOf(process.pid);
  if (own === null)
    throw new Error('cannot read the start time of this process (neither /proc nor ps works)');
  return own;
}

/** Whether the process that left this identity behind still runs. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
  return identityOf(pid)?.started === started;
}

function startOnLinux(pid: number): string | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The command name stands in parentheses and may hold spaces and parentheses itself: what follows the
  // last one is the state (field 3) and on; the start in clock ticks since boot is field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  // Ticks count from the boot, so they repeat after a reboot; the boot's id does not.
  return `${readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}:${fields[19]}`;
}

function startFromPs(pid: number): string | null {
  try {
    const out = execFileSync('/bin/ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    const [, state, started] = /^(\S+)\s+(.+)$/.exec(out) ?? [];
    return state === undefined || started === undefined || state.startsWith('Z') ? null : started;
  } catch {
    return null;
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
