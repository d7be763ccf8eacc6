/**
 * Reads a JSON body. `express.json()` lets invalid UTF-8 and duplicate keys pass and answers 500 to deep nesting;
 * this reader refuses what could not be stored and given back unchanged (api.md §2).
 */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { refuse } from '../commands/rejections.js';
import { scanJson } from '../commands/json-scan.js';

/** The largest body of one command, and of one item in a batch. */
export const maxCommandBytes = 256 * 1024;

/**
 * The value of a request's body; undefined when there is none.
 * @param maxBytes a larger body is refused, before it is read when it says its length
 * @throws Rejection `malformed-request`, `payload-too-large`, `unsupported-media-type`
 */
export async function readJson(req: IncomingMessage, maxBytes = maxCommandBytes): Promise<unknown> {
  const { headers } = req;
  const announced = headers['content-length'];
  if (announced === undefined && headers['transfer-encoding'] === undefined) return undefined;
  if (announced === '0') return undefined;
  if (Number(announced ?? 0) > maxBytes) return tooLarge(maxBytes);
  if (announced !== undefined) checkMediaType(req);
  const bytes = await readBytes(req, maxBytes);
  if (bytes.length === 0) return undefined;
  if (announced === undefined) checkMediaType(req);
  return parseJson(bytes);
}

/** The value of a JSON text in UTF-8. @throws Rejection `malformed-request` */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) {
    const detail = 'the body is not valid UTF-8';
    return refuse('malformed-request', detail, { errors: [{ pointer: '', detail }] });
  }
  const text = bytes.toString('utf8');
  scanJson(text);
  return JSON.parse(text);
}

function checkMediaType({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    refuse('unsupported-media-type', 'Content-Encoding is not supported; send the body as it is');
  }
  const given = headers['content-type'];
  if (given === 'application/json') return;
  const [type, ...parameters] = (given ?? '').toLowerCase().split(';');
  const charset = parameters
    .map((text) => /^\s*charset\s*=\s*"?([^"]*?)"?\s*$/.exec(text))
    .find(Boolean)?.[1];
  if (type!.trim() !== 'application/json') {
    refuse('unsupported-media-type', 'a body needs Content-Type: application/json');
  }
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    refuse('unsupported-media-type', 'the body must be in UTF-8');
  }
}

const tooLarge = (maxBytes: number): never =>
  refuse('payload-too-large', `the body may have ${maxBytes} bytes at most`, { maxBytes });

function readBytes(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let isSettled = false;
    const settle = (outcome: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      try {
        outcome();
      } catch (error) {
        reject(error);
      }
    };
    // The listeners stay: after a refusal they drop what is still under way, so that the client gets to see
    // the answer; and taking them off would cost every request more than leaving them.
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) settle(() => tooLarge(maxBytes));
      if (!isSettled) chunks.push(chunk);
    });
    req.on('end', () => settle(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))));
    req.on('close', () => settle(() => refuse('malformed-request', 'the request ended within its body')));
  });
}
