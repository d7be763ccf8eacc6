import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { maxImageBytes, pngWithCards } from './card-png.js';
import type { Client } from './client.js';
import { withServer } from './connect.js';
import { withClient, type ClientOptions } from './options.js';
import { fail, print, printResult } from './output.js';

interface ExportOptions extends ClientOptions {
  format?: 'dramatis' | 'v2' | 'v3';
  version?: number;
  channel?: string;
  draft?: boolean;
  output?: string;
  image?: string;
}

/** `dramatis export persona PERSONA`: a persona as JSON on stdout or in a file, or as an image with its card. */
export function exportCommand(program: Command): void {
  const group = program.command('export').description('write what is stored to files that others can read');
  withClient(
    group.command('persona <persona>').description('a persona, by its id or slug, as JSON or as a card'),
  )
    .addOption(
      new Option('--format <format>', 'Dramatis’ own JSON (default), or a character card').choices([
        'dramatis',
        'v2',
        'v3',
      ]),
    )
    .addOption(
      new Option('--version <n>', 'this version (default: the configuration in force)')
        .argParser(versionNo)
        .conflicts(['channel', 'draft']),
    )
    .addOption(
      new Option('--channel <channel>', 'the version that this channel points to').conflicts('draft'),
    )
    .option('--draft', 'the draft')
    .option('--output <file>', 'write to this file: .json, or .png for an image with the card as V2 and V3')
    .option('--image <file>', 'put the card into this PNG image; all else in it stays')
    .action(async (persona: string, options: ExportOptions) => {
      const { url, key, json, output } = options;
      const isImage = isImageFile(options);
      const image = isImage && options.image !== undefined ? imageIn(options.image) : undefined;
      await withServer({ url, key }, async (client) => {
        const fetched = (format: string) => exported(client, persona, format, options);
        if (output === undefined) return print(written(await fetched(options.format ?? 'dramatis'), json));
        if (!isImage)
          return writeFileSync(output, `${written(await fetched(options.format ?? 'dramatis'))}\n`);
        const [v2, v3] = [await fetched('v2'), await fetched('v3')];
        writeFileSync(output, pngWithCards({ v2, v3 }, image));
      });
      if (output !== undefined) printResult(json, { persona, file: output }, [`wrote ${output}`]);
    });
}

const written = (document: unknown, isLine = false): string =>
  JSON.stringify(document, null, isLine ? undefined : 2);

function versionNo(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be the number of a version.');
}

/** Whether an image is wanted. @throws CliFailure 2 for options that do not go together */
function isImageFile({ output, format, image }: ExportOptions): boolean {
  const kind = output === undefined ? '.json' : extname(output).toLowerCase();
  if (kind !== '.json' && kind !== '.png') {
    fail('usage', `${output} is of a kind that cannot be written; those that can: .json, .png`);
  }
  const isImage = kind === '.png';
  if (isImage && format !== undefined)
    fail('usage', 'an image has the card as V2 and V3: leave out --format');
  if (!isImage && image !== undefined) fail('usage', '--image wants an --output that ends with .png');
  return isImage;
}

function imageIn(file: string): Buffer {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return fail('usage', `there is no file ${file}`);
  if (found.size > maxImageBytes) fail('failed', 'the image is larger than 64 MB');
  return readFileSync(file);
}

function exported(
  client: Client,
  persona: string,
  format: string,
  { version, channel, draft }: ExportOptions,
): Promise<unknown> {
  const query = new URLSearchParams({
    format,
    ...(version !== undefined && { versionNo: String(version) }),
    ...(channel !== undefined && { channel }),
    ...(draft && { draft: 'true' }),
  });
  return client.request('GET', `/personas/${encodeURIComponent(persona)}/card?${query.toString()}`);
}
