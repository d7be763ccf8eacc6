import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { v7 } from 'uuid';
import type { AppendItem } from '../src/commands/event-store/port.js';
import type { Principal } from '../src/commands/receipt.js';
import { readConfig } from '../src/config.js';
import { openEngines, type Engines } from '../src/engines.js';
import { personaNamed } from '../test/support/personas.js';
import { interleaved, median, type BenchContext, type BenchResult, type Contender } from './context.js';

const callers = 64;
const personas = 16;
const tenantId = 'default';
const owner: Principal = { tenantId, kind: 'user', id: 'ada', roles: ['owner'], teams: [] };
const application: Principal = { tenantId, kind: 'service', id: 'app', roles: ['service'], teams: [] };

/** Checks count; none of those here is to meet its limit. */
const limits = { maxActionsPerMinute: 1_000_000, maxTokensPerConversation: 1_000_000_000 };

/**
 * A check through the pipeline — counters, policies, decision, durable append — against the append of an event of the
 * same size alone: the slowest of a hundred, with as many callers.
 */
export async function decideBench({ freshDatabase, progress }: BenchContext): Promise<BenchResult[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'dramatis-bench-'));
  const engines = await opened(await freshDatabase(), dataDir);
  try {
    const ids = await prepared(engines);
    const plain = checks(engines, ids, () => ({ action: 'tool:search.query' }));
    const withTexts = checks(engines, ids, (n) => ({
      action: 'tool:email.draft',
      subjectId: `subject-${n % 1_000}`,
      args: { to: 'kim@example.org', body: `Dear Kim, ${'lorem ipsum dolor sit amet '.repeat(20)}` },
    }));
    const event = await recorded(engines, ids);
    progress(`decide: ${callers} callers`);
    const p99 = await interleaved(
      { plain, withTexts, append: appends(engines, event) },
      { rounds: 5, forMs: 2_000 },
    );
    const bar = 3;
    return [
      slower({ name: 'check p99 / append p99', bar, note: 'less is better' }, p99.plain, p99.append),
      slower({ name: 'check with arguments p99 / append p99', note: 'a figure' }, p99.withTexts, p99.append),
    ];
  } finally {
    await engines.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function opened(urls: { app: string; keys: string }, dataDir: string): Promise<Engines> {
  const config = readConfig({
    DRAMATIS_DATA_DIR: dataDir,
    DRAMATIS_DATABASE_URL: urls.app,
    DRAMATIS_KEYS_URL: urls.keys,
    DRAMATIS_KEK: randomBytes(32).toString('hex'),
  });
  if ('problems' in config) throw new Error(JSON.stringify(config.problems));
  const installation = { appUrl: urls.app, keysUrl: urls.keys, close: async () => {} };
  return openEngines(config, installation, pino({ level: 'silent' }));
}

/** Personas with policies of their own, beside a floor. */
async function prepared({ handle }: Engines): Promise<string[]> {
  const send = (operationId: string, input: object) =>
    handle(owner, { operationId, input, correlationId: 'bench' });
  await send('draftTenantPolicy', { limits });
  await send('activateTenantPolicy', {});
  const ids: string[] = [];
  for (let n = 0; n < personas; n++) {
    const { id } = await send('registerPersona', { ...personaNamed(`bench-${n}`), isPublic: true });
    await send('draftPolicy', { personaId: id, seed: 'code', limits });
    await send('activatePolicy', { personaId: id });
    ids.push(id);
  }
  return ids;
}

function checks({ handle }: Engines, ids: readonly string[], asked: (n: number) => object): Contender {
  let sent = 0;
  return (forMs) =>
    p99Of(forMs, async () => {
      const n = sent++;
      const input = { personaId: ids[n % ids.length], ...asked(n) };
      await handle(application, { operationId: 'checkAction', input, correlationId: 'bench' });
    });
}

/** The event of a check, as it is in the log. */
async function recorded({ handle, store }: Engines, ids: readonly string[]): Promise<Event> {
  const input = { personaId: ids[0], action: 'tool:search.query' };
  const { stream } = await handle(application, { operationId: 'checkAction', input, correlationId: 'bench' });
  const [event] = await store.readStream('record', stream, 0, 1);
  return event!;
}
type Event = AppendItem['events'][number];

/** Appends of the same event, each to a stream of its own. */
function appends({ store }: Engines, event: Event): Contender {
  const { type, schemaVersion, data, actor, meta, occurredAt } = event;
  return (forMs) =>
    p99Of(forMs, async () => {
      const { outcome } = await store.append({
        log: 'record',
        tenantId,
        stream: `decision-${tenantId}_${v7()}`,
        expectedVersion: 0,
        events: [{ eventId: v7(), type, schemaVersion, data, actor, meta, occurredAt }],
        claims: [],
        guards: [],
        commandId: v7(),
      });
      if (outcome !== 'appended') throw new Error(outcome);
    });
}

/** The time in milliseconds that 99 of 100 calls take at most, with all callers at work. */
async function p99Of(forMs: number, work: () => Promise<void>): Promise<number> {
  const end = performance.now() + forMs;
  const times: number[] = [];
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      const began = performance.now();
      await work();
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)]!;
}

/** A row of how many times slower one is; without a bar it is told, not judged. */
function slower(
  { name, bar, note }: { name: string; bar?: number; note: string },
  figures: readonly number[],
  limits: readonly number[],
): BenchResult {
  const rounded = (value: number): number => Math.round(value * 100) / 100;
  const ratio = median(figures.map((figure, round) => figure / limits[round]!));
  const [figure, limit] = [median(figures), median(limits)].map(rounded) as [number, number];
  const judged = { bar: bar ?? rounded(ratio), met: bar === undefined || ratio <= bar };
  return { name: `decide: ${name}`, figure, unit: 'ms', limit, ratio: rounded(ratio), ...judged, note };
}
