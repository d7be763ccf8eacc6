import { exitCodes, fail } from './output.js';

/** A small client of the HTTP API for the command line: JSON in and out, problems become messages. */
export interface Client {
  url: string;
  /** @throws CliFailure 1 (refused, with its status) or 5 (unavailable), naming the problem and its fields */
  request<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T>;
  /** The body of a streamed answer, for data that is passed on as it comes. */
  stream(path: string, accept: string): Promise<AsyncIterable<Uint8Array>>;
}

interface ProblemBody {
  title?: string;
  detail?: string;
  code?: string;
  errors?: { pointer: string; detail: string }[];
}

export function openClient(url: string, key: string): Client {
  const base = new URL(url).origin;
  async function send(
    path: string,
    init: { method?: string; headers: Record<string, string>; body?: string },
  ): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${base}/api/v1${path}`, {
        ...init,
        headers: { authorization: `Bearer ${key}`, ...init.headers },
      });
    } catch (error) {
      const cause = (error as Error).cause as Error | undefined;
      return fail('unavailable', `${base} does not answer: ${cause?.message ?? (error as Error).message}`);
    }
    if (!response.ok) await refused(response);
    return response;
  }
  return {
    url: base,
    async request<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
      const response = await send(path, {
        method,
        headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return (await response.json()) as T;
    },
    async stream(path, accept) {
      const response = await send(path, { headers: { accept } });
      return response.body as unknown as AsyncIterable<Uint8Array>;
    },
  };
}

async function refused(response: Response): Promise<never> {
  const problem = (await response.json().catch(() => ({}))) as ProblemBody;
  const lines = [
    `${response.status} ${problem.title ?? response.statusText}${problem.detail ? `: ${problem.detail}` : ''}`,
    ...(problem.errors ?? []).map(({ pointer, detail }) => `  ${pointer || '/'}: ${detail}`),
  ];
  const kind: keyof typeof exitCodes = response.status === 503 ? 'unavailable' : 'failed';
  return fail(kind, lines.join('\n'), { status: response.status });
}
