import { createReadStream, statSync } from 'node:fs';
import type { Command } from 'commander';
import { parse } from 'csv-parse';
import { personaFromPrompt, type PromptRecord } from '../domain/personas/prompt-import.js';
import { sendBatch, type BatchItem } from './batch.js';
import type { Client } from './client.js';
import { withServer } from './connect.js';
import { withClient, type ClientOptions } from './options.js';
import { fail, printResult, progressBar } from './output.js';

interface ImportReport {
  file: string;
  dryRun: boolean;
  records: number;
  imported: number;
  unchanged: number;
  refused: { record: number; name: string; reason: string }[];
}

/** Commands in one request: large enough to be quick, small enough for a body of 8 MB. */
const batchSize = 50;

/** `dramatis import FILE`: personas from a CSV with the columns `act,prompt`; a second run adds nothing. */
export function importCommand(program: Command): void {
  withClient(program.command('import <file>').description('import personas from a CSV file (act,prompt)'))
    .option('--dry-run', 'say what would be imported, without storing anything')
    .action(async (file: string, { url, key, json, dryRun }: ClientOptions & { dryRun?: boolean }) => {
      const report: ImportReport = {
        file,
        dryRun: dryRun ?? false,
        records: 0,
        imported: 0,
        unchanged: 0,
        refused: [],
      };
      if (dryRun) await importFile(report, null);
      else await withServer({ url, key }, (client) => importFile(report, client));
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

async function importFile(report: ImportReport, client: Client | null): Promise<void> {
  const bytes = statSync(report.file, { throwIfNoEntry: false })?.size;
  if (bytes === undefined) return fail('usage', `there is no file ${report.file}`);
  const bar = progressBar('import', bytes);
  let waiting: Waiting[] = [];
  const flush = async (): Promise<void> => {
    if (client) await send(client, waiting, report);
    else report.imported += waiting.length;
    waiting = [];
  };
  const input = createReadStream(report.file);
  try {
    for await (const record of records(input)) {
      report.records++;
      const mapped = personaFromPrompt(record);
      if ('refused' in mapped) {
        report.refused.push({ record: report.records, name: record.act ?? '', reason: mapped.refused });
      } else {
        waiting.push({ record: report.records, name: record.act ?? '', input: mapped.input });
      }
      if (waiting.length >= batchSize) await flush();
      bar.update(input.bytesRead);
    }
    await flush();
    bar.update(bytes);
  } finally {
    bar.stop();
  }
}

interface Waiting {
  record: number;
  name: string;
  input: Record<string, unknown>;
}

/** The records of a CSV file; a record that lacks its last column is one without a prompt, not a broken file. */
async function* records(input: NodeJS.ReadableStream): AsyncIterable<PromptRecord> {
  const parser = input.pipe(parse({ columns: header, bom: true, relax_column_count: true }));
  // A pipe does not hand errors on: without this a file that cannot be read would wait for ever.
  input.on('error', (error) => parser.destroy(error));
  try {
    yield* parser as AsyncIterable<PromptRecord>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('CSV_')) {
      return fail('failed', `the file is no CSV: ${(error as Error).message}`);
    }
    throw error;
  }
}

function header(names: string[]): string[] {
  if (names.includes('act') && names.includes('prompt')) return names;
  return fail('failed', 'the first line must name the columns act and prompt');
}

async function send(client: Client, waiting: Waiting[], report: ImportReport): Promise<void> {
  const items = waiting.map(({ input }): BatchItem => ({ type: 'importPersona', input }));
  const answers = await sendBatch(client, items);
  answers.forEach((answer, index) => {
    const { record, name } = waiting[index]!;
    if (answer.problem) report.refused.push({ record, name, reason: answer.problem });
    else if (answer.changed) report.imported++;
    else report.unchanged++;
  });
}
