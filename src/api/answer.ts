import type { ServerResponse } from 'node:http';

export type Headers = Record<string, string>;

/**
 * Ends a response in one write. `end(text)` without `writeHead` lets Node send the length and one packet.
 * @param body empty for 204 and 304
 */
export function send(
  res: ServerResponse,
  status: number,
  headers: Headers,
  body: string | Buffer = '',
): void {
  res.statusCode = status;
  for (const name in headers) res.setHeader(name, headers[name]!);
  res.end(body);
}

/** Ends a response with a JSON text, and a newline: in a terminal the next prompt begins on a line of its own. */
export function sendJson(res: ServerResponse, status: number, text: string, headers: Headers = {}): void {
  res.setHeader('Content-Type', 'application/json');
  send(res, status, headers, `${text}\n`);
}

/** The sealed form of a personal value has this member; a text without it has nothing to open. */
const sealedMember = '"$sealed"';

/** Opens every sealed value in a JSON value, or puts what tells of its erasure in its place. */
export type Open = (value: unknown) => Promise<unknown>;

/** A value as JSON text with its sealed parts opened; what holds none is not walked through. */
export async function openedText(value: unknown, open: Open): Promise<string> {
  const text = JSON.stringify(value);
  return text.includes(sealedMember) ? JSON.stringify(await open(value)) : text;
}

/** A JSON text with its sealed parts opened. */
export async function reopenedText(text: string, open: Open): Promise<string> {
  return text.includes(sealedMember) ? JSON.stringify(await open(JSON.parse(text))) : text;
}
