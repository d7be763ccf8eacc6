/** Reads recorded decisions, and what they were taken by, from a server: in bounded memory, however many there are. */
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { instantOf } from '../commands/moment.js';
import type { BacktestReads, KeptTexts, RecordedDecision } from '../domain/safety/backtest.js';
import { decision } from '../domain/safety/decision.js';
import type { PolicyDocument } from '../domain/safety/policy-document.js';
import type { Client } from './client.js';
import { fail, say, statusOf } from './output.js';

/** An event as the API shows it, as far as it is looked into. */
interface ShownEvent {
  position: string;
  recordedAt: string;
  schemaVersion: number;
  data: Record<string, unknown>;
}
interface Page {
  items: ShownEvent[];
  next: string | null;
}

interface PolicyView {
  asked: { policyHash: string; policy: PolicyDocument };
}

/** Positions: `after` is exclusive, `to` inclusive. */
export interface Range {
  after: number;
  to: number;
}

const type = 'ActionChecked';
/** Decisions whose texts are fetched at a time: where one has to be looked into, its neighbours have to be, too. */
const textsAtOnce = 100;

/** The decisions of a range, in log order, as they come. @throws CliFailure 1 for those of a newer version */
export async function* recordedDecisions(
  client: Client,
  { after, to }: Range,
): AsyncGenerator<RecordedDecision> {
  const query = new URLSearchParams({ types: type, after: String(after), to: String(to) });
  for await (const line of lines(
    await client.stream(`/events?${query.toString()}`, 'application/x-ndjson'),
  )) {
    yield decisionOf(JSON.parse(line) as ShownEvent);
  }
}

function decisionOf({ position, schemaVersion, data }: ShownEvent): RecordedDecision {
  if (schemaVersion > (decision.schemaVersions[type] ?? 1)) {
    fail('failed', 'the server is newer than this program: use a dramatis of its version');
  }
  return { position: Number(position), data: data as RecordedDecision['data'] };
}

async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, from)) {
      begun.push(bytes.subarray(from, end));
      yield Buffer.concat(begun).toString();
      begun = [];
      from = end + 1;
    }
    begun.push(bytes.subarray(from));
  }
}

/** What a fold asks the server for: former policies, and texts where the key may open them. */
export function readsFrom(client: Client, to: number): BacktestReads {
  let opened = new Map<number, KeptTexts>();
  let mayOpen = true;
  async function openFrom(position: number): Promise<void> {
    const wanted = { types: type, after: String(position - 1), to: String(to), form: 'open' };
    const query = new URLSearchParams({ ...wanted, limit: String(textsAtOnce) });
    try {
      const { items } = await client.request<Page>('GET', `/events?${query.toString()}`);
      opened = new Map(items.map(decisionOf).map((one) => [one.position, keptIn(one)]));
    } catch (error) {
      if (statusOf(error) !== 403) throw error;
      mayOpen = false;
      say('this key may not open what is sealed: decisions that need their texts count as content-sealed');
    }
  }
  return {
    async policyOf({ source, versionNo, policyHash }, { data: { personaId } }) {
      const path = source === 'persona' ? `/personas/${personaId}/policy` : '/policy';
      try {
        const view = await client.request<PolicyView>('GET', `${path}?versionNo=${versionNo}`);
        return view.asked.policyHash === policyHash ? view.asked.policy : null;
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
        return null;
      }
    },
    async textsOf(recorded) {
      if (mayOpen && !opened.has(recorded.position)) await openFrom(recorded.position);
      return opened.get(recorded.position) ?? keptIn(recorded);
    },
    pause: () => setImmediate(),
  };
}

const keptIn = ({ data: { content, args } }: RecordedDecision): KeptTexts => ({ text: content?.text, args });

const anInstant = z.iso.datetime({ offset: true });

/**
 * The position that a moment means: itself, or for an instant the last position recorded at or before it. The server
 * has no question for that, so the events themselves are asked, some twenty of them.
 * @throws CliFailure 2
 */
export async function positionOf(client: Client, moment: string, head: number): Promise<number> {
  if (/^\d{1,15}$/.test(moment)) {
    if (Number(moment) <= head) return Number(moment);
    return fail('usage', `position ${moment} is beyond the head of the log, ${head}`);
  }
  const instant = anInstant.safeParse(moment).success ? instantOf(moment) : null;
  if (instant === null)
    return fail('usage', `${moment} is no position and no instant such as 2026-03-01T12:00:00.000Z`);
  let [low, high] = [0, head];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const next = await firstAfter(client, middle);
    if (next && next.recordedAt <= instant) low = Number(next.position);
    else high = middle;
  }
  return Math.min(low, head);
}

async function firstAfter(client: Client, position: number): Promise<ShownEvent | undefined> {
  let after: string | null = String(position);
  while (after !== null) {
    const { items, next }: Page = await client.request<Page>('GET', `/events?limit=1&after=${after}`);
    if (items[0]) return items[0];
    after = next;
  }
  return undefined;
}
