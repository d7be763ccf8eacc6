import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { isUnstorable } from '../commands/parse-input.js';
import { personaFromPrompt, type PromptImport, type PromptRecord } from '../domain/personas/prompt-import.js';
import { withServer } from './connect.js';
import { asking, storing, type Destination } from './import-destination.js';
import { withClient, type ClientOptions } from './options.js';
import { fail, printResult, progressBar } from './output.js';
import { promptRecords } from './prompt-file.js';

interface ImportReport {
  file: string;
  dryRun: boolean;
  records: number;
  imported: number;
  unchanged: number;
  refused: { record: number; name: string; reason: string }[];
}

/** `dramatis import FILE`: personas from a CSV with the columns `act,prompt`; a second run adds nothing. */
export function importCommand(program: Command): void {
  withClient(program.command('import <file>').description('import personas from a CSV file (act,prompt)'))
    .option('--dry-run', 'say what would be imported, without storing anything')
    .action(async (file: string, { url, key, json, dryRun }: ClientOptions & { dryRun?: boolean }) => {
      const bytes = statSync(file, { throwIfNoEntry: false })?.size;
      if (bytes === undefined) return fail('usage', `there is no file ${file}`);
      const report: ImportReport = {
        file,
        dryRun: dryRun ?? false,
        records: 0,
        imported: 0,
        unchanged: 0,
        refused: [],
      };
      await withServer({ url, key }, async (client) => {
        await importFile(report, bytes, dryRun ? await asking(client) : storing(client));
      });
      printResult(json, report, summary(report));
    });
}

function summary({ records, imported, unchanged, refused, dryRun }: ImportReport): string[] {
  const verb = dryRun ? 'would be imported' : 'imported';
  return [
    `${records} records: ${imported} ${verb}, ${unchanged} there already, ${refused.length} refused`,
    ...refused.map(({ record, name, reason }) => `  record ${record} (${JSON.stringify(name)}): ${reason}`),
  ];
}

interface Waiting {
  record: number;
  name: string;
  input: Record<string, unknown>;
}

async function importFile(report: ImportReport, bytes: number, destination: Destination): Promise<void> {
  const bar = progressBar('import', bytes);
  let waiting: Waiting[] = [];
  const flush = async (): Promise<void> => {
    const outcomes = await destination.take(waiting.map(({ input }) => input));
    outcomes.forEach((outcome, index) => {
      const { record, name } = waiting[index]!;
      if (typeof outcome === 'string') report[outcome]++;
      else report.refused.push({ record, name, reason: outcome.refused });
    });
    waiting = [];
  };
  try {
    for await (const found of promptRecords(report.file, (read) => bar.update(read))) {
      const entry = { record: ++report.records, name: found.act ?? '' };
      const mapped = personaFrom(found);
      if ('refused' in mapped) report.refused.push({ ...entry, reason: mapped.refused });
      else waiting.push({ ...entry, input: mapped.input });
      if (waiting.length >= destination.atOnce) await flush();
    }
    await flush();
    bar.update(bytes);
  } finally {
    bar.stop();
  }
}

/** What the server would not even read is refused here, where it cannot take a whole request with it. */
function personaFrom(record: PromptRecord): PromptImport {
  const { act = '', prompt = '' } = record;
  if ([act, prompt].some(isUnstorable)) return { refused: 'NUL and lone surrogates cannot be stored' };
  return personaFromPrompt(record);
}
