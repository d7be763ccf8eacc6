import type { Client } from './client.js';

export interface BatchItem {
  type: string;
  input: Record<string, unknown>;
}

/** What became of one command of a batch. */
export interface BatchAnswer {
  /** Events were stored. */
  changed: boolean;
  /** Why it was refused. */
  problem?: string;
  code?: string;
  reply?: unknown;
}

interface AnsweredItem {
  status: number;
  body: {
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
    if (status < 400) return { changed: (body.events?.length ?? 0) > 0, reply: body.reply };
    const fields = (body.errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ');
    const problem = fields || body.detail || body.title || `status ${status}`;
    return { changed: false, problem, ...(body.code && { code: body.code }) };
  });
}
