/**
 * Runs the shell sessions of a document as a reader would paste them: every `sh` block, in order, in one shell.
 * A `text` block right behind one is what it prints, but for what differs from run to run.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { environmentOf, ownerKey, type TestServer } from './server.js';

const root = resolve(import.meta.dirname, '../..');
const block = /^```sh\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm;

export interface Step {
  commands: string;
  /** What the document says is printed; undefined where it says nothing. */
  said: string | undefined;
  printed: string;
}

/** Ids, instants, digests, keys and pseudonyms as placeholders: they are other ones in every run. */
const normalised = (text: string): string =>
  text
    .replaceAll('\r', '')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<instant>')
    .replace(/\S+\/tmp\.\w+/g, '<folder>')
    .replace(/dk_[\w.]+/g, '<key>')
    .replace(/(?<=\[[a-z-]+:)[0-9a-f]{10}(?=\])/g, '<pseudonym>')
    .replace(/\b[0-9a-f]{32,64}\b/g, '<digest>')
    .trimEnd();

/** Whether a step prints what the document says. */
export const isTrue = ({ said, printed }: Step): boolean =>
  said === undefined || normalised(said) === normalised(printed);

/** @returns the steps of a document with what they print on a server */
export async function pasted(document: string, server: TestServer): Promise<Step[]> {
  const text = await readFile(join(root, document), 'utf8');
  const steps = [...text.matchAll(block)].map(([, commands, said]) => ({ commands: commands!, said }));
  const folder = await mkdtemp(join(tmpdir(), 'dramatis-session-'));
  const mark = '=== the next block ===';
  const script = [
    'set -e',
    // What a reader has from the repository's folder, without building it first.
    `npx() { shift; node --import ${join(root, 'node_modules/tsx/dist/esm/index.mjs')} ${join(root, 'src/cli/main.ts')} "$@"; }`,
    ...steps.flatMap(({ commands }) => [
      commands
        .replaceAll('http://127.0.0.1:4000', server.running.url)
        .replaceAll(/(?<=[ "'=])docs\//g, `${root}/docs/`),
      `echo; echo '${mark}'`,
    ]),
  ].join('\n');
  try {
    await mkdir(join(folder, '.dramatis'));
    await writeFile(join(folder, '.dramatis/owner.key'), ownerKey);
    const env = { ...environmentOf(server), DRAMATIS_URL: server.running.url, DRAMATIS_KEY: ownerKey };
    const { stdout } = await promisify(execFile)('bash', ['-c', script], {
      cwd: folder,
      env,
      maxBuffer: 64 * 1024 * 1024,
      timeout: 120_000,
    });
    const printed = stdout.split(`\n${mark}\n`);
    return steps.map((step, index) => ({ ...step, printed: printed[index]! }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes what the steps print into the document, wherever it says what is printed. */
export async function corrected(document: string, steps: Step[]): Promise<void> {
  const file = join(root, document);
  let index = 0;
  const text = (await readFile(file, 'utf8')).replace(block, (whole, commands: string, said?: string) => {
    const step = steps[index++]!;
    if (said === undefined || isTrue(step)) return whole;
    const { printed } = step;
    return `\`\`\`sh\n${commands}\`\`\`\n\n\`\`\`text\n${printed.replaceAll('\r', '').trimEnd()}\n\`\`\`\n`;
  });
  await writeFile(file, text);
}
