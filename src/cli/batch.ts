import type { Client } from './client.js';

export interface BatchItem {
  type: string;
  input: Record<string, unknown>;
}

/** What became of one command of a batch. */
export interface BatchAnswer {
  /** Events were stored. */
  changed: boolean;
  /** Of the stream, and how many events it has now. */
  id?: string;
  version?: number;
  /** Why it was refused. */
  problem?: string;
  code?: string;
  reply?: unknown;
}

interface AnsweredItem {
  status: number;
  body: {
    id?: string;
    version?: number;
    events?: unknown[];
    reply?: unknown;
    title?: string;
    detail?: string;
    code?: string;
    errors?: { pointer: string; detail: string }[];
  };
}

/** Sends commands in one request (`POST /commands`); each is answered on its own, in order. */
export async function sendBatch(client: Client, commands: BatchItem[]): Promise<BatchAnswer[]> {
  if (commands.length === 0) return [];
  const { items } = await client.request<{ items: AnsweredItem[] }>('POST', '/commands', { commands });
  return items.map(({ status, body }) => {
    if (status < 400) {
      const { id, version, events = [], reply } = body;
      return { changed: events.length > 0, reply, ...(id && { id }), ...(version && { version }) };
    }
    const fields = (body.errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ');
    const problem = fields || body.detail || body.title || `status ${status}`;
    return { changed: false, problem, ...(body.code && { code: body.code }) };
  });
}
