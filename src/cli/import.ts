import type { Command } from 'commander';
import { withServer } from './connect.js';
import { asking, storing, type Destination, type ImportItem, type Outcome } from './import-destination.js';
import { importRecords, importSource, type FoundRecord, type ImportSource } from './import-source.js';
import { withClient, type ClientOptions } from './options.js';
import { fail, printResult, progressBar } from './output.js';

interface ImportReport {
  file: string;
  dryRun: boolean;
  records: number;
  imported: number;
  unchanged: number;
  refused: Listed[];
  /** Those of the imported and those there already for which not all was done. */
  incomplete: Listed[];
  /** How many more there are than are listed. */
  unlisted?: number;
}

/** A record of which something is to be told. */
interface Listed {
  file?: string;
  record: number;
  name: string;
  reason: string;
}

interface ImportOptions extends ClientOptions {
  dryRun?: boolean;
  public?: boolean;
  source?: string;
}

/** A report has an end, however many records are refused. */
const maxListed = 1_000;
/** Well below what a request may have, however the records are spelt in it. */
const maxBytesAtOnce = 2_000_000;
/** Requests under way at a time: the server stores some records while it reads others. */
const maxRequests = 4;

/** `dramatis import PATH`: personas from prompts, cards or Dramatis' own JSON; a second run adds nothing. */
export function importCommand(program: Command): void {
  const about =
    'import personas: from a CSV file (act,prompt), from JSON (.json, .ndjson, .jsonl: character cards or exported ' +
    'personas), from a PNG image with a character card in it, or from a folder of such files';
  withClient(program.command('import <path>').description(about))
    .option('--public', 'let everybody in the tenant see what is imported (default: only you)')
    .option(
      '--source <name>',
      'another name for where it comes from, for a copy of what somebody else imported',
    )
    .option('--dry-run', 'say what would be imported, without storing anything')
    .action(
      async (path: string, { url, key, json, dryRun, public: isPublic, source: from }: ImportOptions) => {
        const source = importSource(path);
        const common = { ...(isPublic && { isPublic }), ...(from !== undefined && { source: from }) };
        const report: ImportReport = {
          file: path,
          dryRun: dryRun ?? false,
          records: 0,
          imported: 0,
          unchanged: 0,
          refused: [],
          incomplete: [],
        };
        await withServer({ url, key }, async (client) => {
          const destination = dryRun ? await asking(client) : storing(client);
          await importAll(report, source, { destination, common });
        });
        printResult(json, report, summary(report));
        if (report.records > 0 && report.imported + report.unchanged === 0) {
          fail('failed', 'every record was refused');
        }
      },
    );
}

function summary(report: ImportReport): string[] {
  const { records, imported, unchanged, refused, incomplete, unlisted = 0, dryRun } = report;
  const verb = dryRun ? 'would be imported' : 'imported';
  const count = records - imported - unchanged;
  return [
    `${records} records: ${imported} ${verb}, ${unchanged} there already, ${count} refused`,
    ...[...refused, ...incomplete].map(({ file, record, name, reason }) => {
      const place = file === undefined ? '' : `${file}, `;
      return `  ${place}record ${record} (${JSON.stringify(name)}): ${reason}`;
    }),
    ...(unlisted > 0 ? [`  … and ${unlisted} more`] : []),
  ];
}

function list(
  report: ImportReport,
  as: 'refused' | 'incomplete',
  { file, record, name }: FoundRecord,
  reason: string,
): void {
  if (report[as].length < maxListed) {
    report[as].push({ ...(file !== undefined && { file }), record, name, reason });
  } else {
    report.unlisted = (report.unlisted ?? 0) + 1;
  }
}

function tally(report: ImportReport, record: FoundRecord, outcome: Outcome): void {
  if (typeof outcome === 'string') {
    report[outcome]++;
  } else if ('refused' in outcome) {
    list(report, 'refused', record, outcome.refused);
  } else {
    report[outcome.became]++;
    list(report, 'incomplete', record, outcome.lacks);
  }
}

type Waiting = FoundRecord & ImportItem;

/** Sends records on while others are read: some requests at a time, and their outcomes in order. */
function sending(report: ImportReport, destination: Destination, common: Record<string, unknown>) {
  const underWay: { records: Waiting[]; outcomes: Promise<Outcome[]> }[] = [];
  const settled = async (atMost: number): Promise<void> => {
    while (underWay.length > atMost) {
      const { records, outcomes } = underWay.shift()!;
      for (const [index, outcome] of (await outcomes).entries()) {
        tally(report, records[index]!, outcome);
      }
    }
  };
  return {
    async send(records: Waiting[]): Promise<void> {
      const items = records.map(({ input, after }) => ({ input: { ...input, ...common }, after }));
      const outcomes = destination.take(items);
      // The first that fails ends the import; those that fail with it need not be heard.
      outcomes.catch(() => {});
      underWay.push({ records, outcomes });
      await settled(maxRequests - 1);
    },
    finish: () => settled(0),
  };
}

async function importAll(
  report: ImportReport,
  source: ImportSource,
  { destination, common }: { destination: Destination; common: Record<string, unknown> },
): Promise<void> {
  const bar = progressBar('import', source.bytes);
  const { send, finish } = sending(report, destination, common);
  let waiting: Waiting[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const records = waiting;
    waiting = [];
    bytes = 0;
    await send(records);
  };
  try {
    for await (const found of importRecords(source, (read) => bar.update(read))) {
      report.records++;
      if ('refused' in found) list(report, 'refused', found, found.refused);
      else waiting.push(found);
      bytes += found.bytes;
      if (waiting.length >= destination.atOnce || bytes >= maxBytesAtOnce) await flush();
    }
    await flush();
    await finish();
    bar.update(source.bytes);
  } finally {
    bar.stop();
  }
}
