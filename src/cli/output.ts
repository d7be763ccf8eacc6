import { MultiBar, Presets, type SingleBar } from 'cli-progress';

/** What every exit code means; the contract of the command line. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  verification: 3,
  configuration: 4,
  unavailable: 5,
  interrupted: 130,
} as const;

export interface CliFailure extends Error {
  exitCode: number;
  /** Of the HTTP answer that refused, where there was one. */
  status?: number;
}

/** Ends a command with a message on stderr and an exit code. */
export function fail(kind: keyof typeof exitCodes, message: string, more: { status?: number } = {}): never {
  throw Object.assign(new Error(message), { exitCode: exitCodes[kind], ...more });
}

/** The status of the HTTP answer that an error stands for, if it stands for one. */
export const statusOf = (error: unknown): number | undefined => (error as Partial<CliFailure>).status;

/** Data goes to stdout: text for people, or JSON with `--json`. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Messages go to stderr, so that stdout can be piped. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Prints a result: as one JSON document with `--json`, else as `lines`. */
export function printResult(json: boolean | undefined, result: unknown, lines: string[]): void {
  print(json ? JSON.stringify(result) : lines.join('\n'));
}

export interface Progress {
  update(done: number, total?: number): void;
  stop(): void;
}

/** A progress bar on stderr, without colours; silent when stderr is no terminal. */
export function progressBar(label: string, total: number): Progress {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const bars = new MultiBar(
    { format: `${label} {bar} {percentage}% {value}/{total}`, stream: process.stderr, hideCursor: true },
    Presets.shades_classic,
  );
  const bar: SingleBar = bars.create(total, 0);
  return {
    update(done, newTotal) {
      if (newTotal !== undefined) bar.setTotal(newTotal);
      bar.update(done);
    },
    stop: () => bars.stop(),
  };
}
