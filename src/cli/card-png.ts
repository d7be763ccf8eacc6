/**
 * Character cards in PNG images: base64 of the card's JSON in a tEXt chunk, `ccv3` for V3 and `chara` for V2 and
 * V1. Images are taken apart into chunks and put together again; pixels are never decoded, so that an image
 * costs what its file has and no more, whatever it says it would inflate to.
 */
import { crc32 } from 'node:zlib';
import { encode } from 'fast-png';
import { fail } from './output.js';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** The largest image file that is read. */
export const maxImageBytes = 64 * 1024 * 1024;
const maxPixels = 64_000_000;

interface Chunk {
  type: string;
  data: Buffer;
}

const broken = (problem: string): never => fail('failed', `the image ${problem}`);

/** The chunks of an image, checked: in order, whole, with the sums that they say. @throws CliFailure 1 */
function chunksOf(image: Buffer): Chunk[] {
  if (image.length > maxImageBytes) broken('is larger than 64 MB');
  if (!image.subarray(0, signature.length).equals(signature)) broken('is no PNG');
  const chunks: Chunk[] = [];
  let at = signature.length;
  while (chunks.at(-1)?.type !== 'IEND') {
    if (at + 12 > image.length) broken('is cut off');
    const length = image.readUInt32BE(at);
    const end = at + 8 + length;
    if (end + 4 > image.length) broken('is cut off');
    const type = image.toString('latin1', at + 4, at + 8);
    const data = image.subarray(at + 8, end);
    if (crc32(image.subarray(at + 4, end)) !== image.readUInt32BE(end)) {
      broken(`is damaged: the checksum of the chunk at byte ${at} is wrong`);
    }
    chunks.push({ type, data });
    at = end + 4;
  }
  checkHeader(chunks);
  return chunks;
}

function checkHeader([header, ...others]: Chunk[]): void {
  if (header?.type !== 'IHDR' || header.data.length !== 13) return broken('is no PNG: it has no header');
  const [width, height] = [header.data.readUInt32BE(0), header.data.readUInt32BE(4)];
  if (width === 0 || height === 0) broken('has no pixels');
  if (width * height > maxPixels) broken(`has ${width}×${height} pixels, and 64 million is the most`);
  if (!others.some(({ type }) => type === 'IDAT')) broken('has no pixels');
}

/** The kinds of chunks that hold text; a card stands in the first. */
const textKinds = new Set(['tEXt', 'zTXt', 'iTXt']);

/** What a chunk's text is called, in lower case; undefined for other chunks. */
function keywordOf({ type, data }: Chunk): string | undefined {
  const end = textKinds.has(type) ? data.indexOf(0) : -1;
  return end < 0 ? undefined : data.toString('latin1', 0, end).toLowerCase();
}

const cardNames = ['ccv3', 'chara'];
const cardNameOf = (chunk: Chunk): string | undefined => cardNames.find((name) => name === keywordOf(chunk));

/**
 * The JSON text of the card in an image; a V3 card wins over another.
 * @throws CliFailure 1 for what is no whole PNG, and for an image without a card
 */
export function cardInPng(image: Buffer): Buffer {
  const named = chunksOf(image).filter(cardNameOf);
  const texts = named.filter(({ type }) => type === 'tEXt');
  const chunk = texts.find((one) => cardNameOf(one) === 'ccv3') ?? texts[0];
  if (!chunk) return withoutCard(named[0]);
  const text = chunk.data.toString('latin1', chunk.data.indexOf(0) + 1).trim();
  if (!/^[A-Za-z0-9+/\s]+={0,2}$/.test(text)) broken('has a character card that is not base64');
  return Buffer.from(text, 'base64');
}

function withoutCard(other: Chunk | undefined): never {
  if (other)
    return broken(`has its character card in a chunk ${other.type}, and only those in tEXt chunks are read`);
  return broken('has no character card: there is no text called chara or ccv3');
}

function written({ type, data }: Chunk): Buffer[] {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return [length, named, sum];
}

const cardChunk = (keyword: string, card: unknown): Chunk => ({
  type: 'tEXt',
  data: Buffer.from(`${keyword}\0${Buffer.from(JSON.stringify(card)).toString('base64')}`, 'latin1'),
});

/** An image of one colour, for a character that nobody has drawn. */
function plainImage(): Buffer {
  const [width, height] = [400, 600];
  const image = {
    width,
    height,
    depth: 8 as const,
    channels: 1,
    data: new Uint8Array(width * height).fill(96),
  };
  return Buffer.from(encode(image));
}

/**
 * An image with a character card in it, as V2 and as V3. Of the image that is given everything stays — pixels,
 * profiles, other texts —, but for cards that are in it.
 * @throws CliFailure 1 when the image is no whole PNG
 */
export function pngWithCards(cards: { v2: unknown; v3: unknown }, image: Buffer = plainImage()): Buffer {
  const chunks = chunksOf(image).filter((chunk) => !cardNameOf(chunk));
  const end = chunks.pop()!;
  const all = [...chunks, cardChunk('chara', cards.v2), cardChunk('ccv3', cards.v3), end];
  return Buffer.concat([signature, ...all.flatMap(written)]);
}
