import { readFileSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { parseInput } from '../commands/parse-input.js';
import { Rejection, type FieldError } from '../domain/kernel.js';
import { beginBacktest, type BacktestResult } from '../domain/safety/backtest.js';
import type { PolicyDocument } from '../domain/safety/policy-document.js';
import { completePolicy, policyHash, policyInput, policyProblems } from '../domain/safety/policy-input.js';
import { decisionKind } from '../domain/safety/verdict.js';
import type { Client } from './client.js';
import { withServer } from './connect.js';
import { jsonIn } from './json-records.js';
import { withClient, type ClientOptions } from './options.js';
import { fail, printResult, progressBar } from './output.js';
import { positionOf, readsFrom, recordedDecisions, type Range } from './recorded-decisions.js';

interface BacktestOptions extends ClientOptions {
  candidate: string;
  persona?: string;
  from?: string;
  to?: string;
  failOnDivergence?: boolean;
}

/** What is printed: what the server's own back-test answers, but for the id that it is recorded under. */
type Report = BacktestResult & {
  personaId?: string;
  candidateHash: string;
  fromPosition: number;
  toPosition: number;
};

/** As many divergences as people read. */
const maxShown = 20;
/** As many bytes as a policy may have over HTTP. */
const maxCandidateBytes = 256 * 1024;
/** Decisions between two looks at the bar. */
const stride = 500;

/** `dramatis backtest policy`: what a candidate would have decided, worked out here and recorded nowhere. */
export function backtestCommand(program: Command): void {
  const group = program.command('backtest').description('try out on the past what is not in force');
  withClient(
    group
      .command('policy')
      .description('take recorded decisions again with another policy; nothing of it is stored'),
  )
    .requiredOption('--candidate <file>', 'the policy to try: JSON in the form of PUT …/policy')
    .option('--persona <persona>', 'in the place of this persona’s policy (default: of the tenant’s floor)')
    .option('--from <moment>', 'only decisions after this position or instant (default: from the beginning)')
    .option('--to <moment>', 'only decisions up to this position or instant (default: up to now)')
    .option('--fail-on-divergence', 'exit with 3 when any decision differs')
    .action(async (options: BacktestOptions) => {
      const { url, key, json, persona, failOnDivergence } = options;
      const candidate = candidateIn(options.candidate);
      await withServer({ url, key }, async (client, shown) => {
        const personaId = persona === undefined ? undefined : await personaIdOf(client, persona);
        const range = await rangeOf(client, shown.key, options);
        const result = await tested(client, { candidate, personaId, range });
        const report: Report = {
          ...(personaId !== undefined && { personaId }),
          candidateHash: policyHash(candidate),
          fromPosition: range.after,
          toPosition: range.to,
          ...result,
        };
        printResult(json, report, linesOf(report));
        if (failOnDivergence && report.divergent > 0) {
          fail('verification', `${report.divergent} of ${report.decisions} decisions differ`);
        }
      });
    });
}

function candidateIn(file: string): PolicyDocument {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return fail('usage', `there is no file ${file}`);
  if (found.size > maxCandidateBytes) return fail('failed', `${file} is larger than 256 kB`);
  try {
    const candidate = completePolicy(parseInput(policyInput, jsonIn(readFileSync(file))));
    return refuseFaults(file, policyProblems(candidate)) ?? candidate;
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    return refuseFaults(file, error.more.errors ?? []) ?? fail('failed', `${file}: ${error.message}`);
  }
}

function refuseFaults(file: string, errors: readonly FieldError[]): undefined {
  if (errors.length === 0) return;
  const lines = errors.map(({ pointer, detail }) => `  ${pointer || '/'}: ${detail}`);
  fail('failed', [`${file} is no policy:`, ...lines].join('\n'));
}

async function personaIdOf(client: Client, persona: string): Promise<string> {
  const found = await client.request<{ personaId: string }>(
    'GET',
    `/personas/${encodeURIComponent(persona)}`,
  );
  return found.personaId;
}

async function rangeOf(client: Client, key: string, { from, to }: BacktestOptions): Promise<Range> {
  const head = await headOf(client, key);
  const range = {
    after: from === undefined ? 0 : await positionOf(client, from, head),
    to: to === undefined ? head : await positionOf(client, to, head),
  };
  return range.after <= range.to ? range : fail('usage', 'the range ends before it begins');
}

/** The head of the log, which answers tell beside their body. */
async function headOf(client: Client, key: string): Promise<number> {
  // What goes wrong is told by the client's own way of asking.
  await client.request('GET', '/whoami');
  const answer = await fetch(`${client.url}/api/v1/whoami`, { headers: { authorization: `Bearer ${key}` } });
  return Number(answer.headers.get('x-position'));
}

interface Asked {
  candidate: PolicyDocument;
  personaId: string | undefined;
  range: Range;
}

async function tested(client: Client, { candidate, personaId, range }: Asked): Promise<BacktestResult> {
  const fold = beginBacktest({ candidate, personaId }, readsFrom(client, range.to));
  const bar = progressBar('backtest', range.to - range.after);
  let isInterrupted = false;
  const interrupt = (): void => void (isInterrupted = true);
  process.once('SIGINT', interrupt);
  try {
    let seen = 0;
    for await (const decision of recordedDecisions(client, range)) {
      const reading = fold.step(decision);
      if (reading) await reading;
      if (isInterrupted) return fail('interrupted', 'interrupted; nothing was stored');
      if (++seen % stride === 0) bar.update(decision.position - range.after);
    }
    bar.update(range.to - range.after);
    return fold.result();
  } finally {
    process.removeListener('SIGINT', interrupt);
    bar.stop();
  }
}

const perCent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 1)} %`;

function linesOf(report: Report): string[] {
  const { decisions, divergent, firstDivergences, notReplayable, notReplayableShare } = report;
  const lost = Object.values(notReplayable).reduce((sum, count) => sum + count, 0);
  const reasons = Object.entries(notReplayable).filter(([, count]) => count > 0);
  const range = `positions ${report.fromPosition} to ${report.toPosition}`;
  const more = divergent - Math.min(firstDivergences.length, maxShown);
  return [
    `${decisions} decisions (${range}): ${divergent} differ, ${lost} cannot be taken again (${perCent(notReplayableShare)})`,
    '',
    ...matrixLines(report.matrix),
    '',
    ...firstDivergences
      .slice(0, maxShown)
      .map(({ position, action, recorded, candidate, checkId, rules }) => {
        return `${position}  ${action}: ${recorded} → ${candidate}  (${rules.join(', ')})  ${checkId}`;
      }),
    ...(more > 0 ? [`… and ${more} more`] : []),
    `affected: ${amount(report.affectedPersonas)} personas, ${amount(report.affectedSubjects)} subjects`,
    ...reasons.map(([reason, count]) => `not replayable: ${count} ${reason}`),
    `digest ${report.digest}`,
  ];
}

const amount = ({ count, isExact }: { count: number; isExact: boolean }): string =>
  isExact ? String(count) : `${count} or more`;

/** Recorded decisions down, the candidate's across. */
function matrixLines(matrix: BacktestResult['matrix']): string[] {
  const kinds = decisionKind.options;
  const rows = [
    ['recorded ╲ candidate', ...kinds],
    ...kinds.map((kind) => [kind, ...kinds.map((other) => String(matrix[kind][other]))]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!))).join('  '),
  );
}
