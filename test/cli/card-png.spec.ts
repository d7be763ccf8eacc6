import { crc32, deflateSync } from 'node:zlib';
import { decode, encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { cardInPng, pngWithCards } from '../../src/cli/card-png.js';

const v2 = { spec: 'chara_card_v2', data: { name: 'Ada €😀' } };
const v3 = { spec: 'chara_card_v3', data: { name: 'Ada €😀' } };
const both = pngWithCards({ v2, v3 });
const cardIn = (image: Buffer): unknown => JSON.parse(cardInPng(image).toString());

const signature = both.subarray(0, 8);
function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
function header(width: number, height: number): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width);
  data.writeUInt32BE(height, 4);
  data.set([8, 0, 0, 0, 0], 8);
  return chunk('IHDR', data);
}
const end = chunk('IEND', Buffer.alloc(0));
const pixels = chunk('IDAT', deflateSync(Buffer.alloc(2)));
const imageOf = (...chunks: Buffer[]): Buffer =>
  Buffer.concat([signature, header(1, 1), ...chunks, pixels, end]);
const text = (keyword: string, value: string, kind = 'tEXt'): Buffer =>
  chunk(kind, Buffer.from(`${keyword}\0${value}`, 'latin1'));
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');

describe('a card in an image', () => {
  it('is read as it was written, V3 first', () => {
    expect(cardIn(both)).toEqual(v3);
    expect(cardIn(imageOf(text('chara', base64(v2))))).toEqual(v2);
    expect(cardIn(imageOf(text('chara', base64(v2)), text('ccv3', base64(v3))))).toEqual(v3);
  });

  it('is read where another one stands that is written in another way', () => {
    expect(cardIn(imageOf(text('ccv3', 'x', 'iTXt'), text('chara', base64(v2))))).toEqual(v2);
  });

  it('is read whatever the case of its name, and with line breaks in it', () => {
    expect(cardIn(imageOf(text('Chara', `${base64(v2).slice(0, 8)}\n${base64(v2).slice(8)}\n`)))).toEqual(v2);
  });

  it('stands in an image that others can read, of one colour where there was none', () => {
    const image = decode(both, { checkCrc: true });
    expect([image.width, image.height, new Set(image.data).size]).toEqual([400, 600, 1]);
    expect(image.text).toEqual({ chara: base64(v2), ccv3: base64(v3) });
  });

  it('leaves all else in the image as it is', () => {
    const data = Uint8Array.from({ length: 2 * 3 * 4 }, (_, n) => n * 10);
    const base = Buffer.from(
      encode({ width: 2, height: 3, data, channels: 4, text: { Comment: 'mine', chara: base64(v3) } }),
    );
    const image = decode(pngWithCards({ v2, v3 }, base), { checkCrc: true });
    expect(image.data).toEqual(data);
    expect(image.text).toEqual({ Comment: 'mine', chara: base64(v2), ccv3: base64(v3) });
  });

  it('takes the place of others, also of those that are written in another way', () => {
    const base = imageOf(text('ccv3', base64(v2)), text('ccv3', 'x', 'iTXt'), text('x', 'y'));
    const image = pngWithCards({ v2, v3 }, base);
    expect(cardIn(image)).toEqual(v3);
    expect(image.includes('iTXt')).toBe(false);
    expect(decode(image).text['x']).toBe('y');
  });

  it('costs nothing for what the image would inflate to', () => {
    const bomb = chunk('IDAT', deflateSync(Buffer.alloc(50_000_000)));
    const image = Buffer.concat([signature, header(1, 1), text('chara', base64(v2)), bomb, end]);
    expect(cardIn(image)).toEqual(v2);
  });
});

describe('an image is refused', () => {
  const damaged = Buffer.from(both);
  damaged[100]! ^= 1;
  it.each([
    ['that is none', Buffer.from('not an image'), 'is no PNG'],
    ['that is empty', Buffer.alloc(0), 'is no PNG'],
    ['that is cut off', both.subarray(0, both.length - 20), 'is cut off'],
    ['that ends before its end', both.subarray(0, both.length - 12), 'is cut off'],
    ['with a length beyond its end', Buffer.concat([signature, Buffer.alloc(12, 0xff)]), 'is cut off'],
    ['that is damaged', damaged, 'is damaged: the checksum of the chunk at byte'],
    ['without a header', Buffer.concat([signature, pixels, end]), 'has no header'],
    ['without pixels', Buffer.concat([signature, header(1, 1), end]), 'has no pixels'],
    ['of no size', Buffer.concat([signature, header(0, 1), pixels, end]), 'has no pixels'],
    ['of any size', Buffer.concat([signature, header(2 ** 31, 2 ** 31), pixels, end]), '64 million'],
    ['without a card', imageOf(text('Comment', 'mine')), 'has no character card'],
    ['with a card in a zTXt', imageOf(text('chara', 'x', 'zTXt')), 'in a chunk zTXt, and only those in tEXt'],
    ['with a card in an iTXt', imageOf(text('ccv3', 'x', 'iTXt')), 'in a chunk iTXt, and only those in tEXt'],
    ['with a card that is not base64', imageOf(text('chara', '{"name":"Ada"}')), 'not base64'],
    ['with an empty card', imageOf(text('chara', '')), 'not base64'],
  ])('%s', (_, image, message) => {
    expect(() => cardInPng(image)).toThrow(message);
    expect(() => cardInPng(image)).toThrow(expect.objectContaining({ exitCode: 1 }));
  });
});
