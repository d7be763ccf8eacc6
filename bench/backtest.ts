import { pino } from 'pino';
import { v7 } from 'uuid';
import { openCodec } from '../src/commands/codec.js';
import type { EventStore } from '../src/commands/event-store/port.js';
import { openPostgresStore } from '../src/commands/event-store/postgres.js';
import { pastEvents } from '../src/commands/past-events.js';
import { modules } from '../src/commands/registry.js';
import { openPool } from '../src/database/pool.js';
import { backtested, type RecordedDecision } from '../src/domain/safety/backtest.js';
import { decision } from '../src/domain/safety/decision.js';
import { completePolicy } from '../src/domain/safety/policy-input.js';
import { seedPolicies } from '../src/domain/safety/seed-policies.js';
import { decidedAt, inForce } from '../test/support/recorded-decisions.js';
import type { BenchContext, BenchResult } from './context.js';

/** `BENCH_DECISIONS=1000000 npm run bench -- backtest` for a longer history. */
const decisions = Number(process.env['BENCH_DECISIONS'] ?? 200_000);
const leastPerSecond = 30_000;
const mostMb = 512;
const tenantId = 'acme';
const actions = ['tool:docs.read', 'tool:email.send', 'tool:payment.refund', 'tool:shell.run', 'say'];

/** A back-test of the floor, beside a policy of the persona's own, over decisions read from the database. */
export async function backtestBench({ freshDatabase, progress }: BenchContext): Promise<BenchResult[]> {
  const urls = await freshDatabase();
  const pool = openPool({ url: urls.app, max: 8, applicationName: 'bench' });
  const store = await openPostgresStore({ pool, log: pino({ level: 'silent' }) });
  try {
    progress(`backtest: recording ${decisions} decisions`);
    await record(store);
    progress('backtest: folding');
    const { perSecond, peakMb } = await folded(store);
    const ratio = Math.round((perSecond / leastPerSecond) * 1_000) / 1_000;
    return [
      {
        name: 'backtest: recorded decisions taken again',
        figure: Math.round(perSecond),
        unit: 'decisions/s',
        limit: leastPerSecond,
        ratio,
        bar: 1,
        met: perSecond >= leastPerSecond,
        note: `${decisions} decisions`,
      },
      {
        name: 'backtest: peak memory',
        figure: peakMb,
        unit: 'MB',
        limit: mostMb,
        ratio: Math.round((peakMb / mostMb) * 1_000) / 1_000,
        bar: 1,
        met: peakMb < mostMb,
        note: 'less is better; recording included',
      },
    ];
  } finally {
    await store.close();
    await pool.end();
  }
}

/** Decisions as checks record them, each in its own stream: by the seed policy of a persona and a floor. */
async function record(store: EventStore): Promise<void> {
  const codec = openCodec(modules);
  const policies = [inForce(seedPolicies.general), inForce(seedPolicies.code, { source: 'floor' })];
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < decisions) {
      const n = next++;
      const action = actions[n % actions.length]!;
      const { data } = decidedAt(n + 1, {
        policies,
        facts: { action, affectsExternal: n % 3 === 0 },
        more: { checkId: v7(), subjectId: `subject-${n % 5_000}` },
      });
      const envelope = {
        actor: { kind: 'service' as const, id: 'app', roles: ['service' as const] },
        commandId: v7(),
        correlationId: 'bench',
        causationId: null,
        subjects: [],
        occurredAt: store.now(),
      };
      const { stored } = codec.encode(decision, { type: 'ActionChecked', data }, 0, envelope);
      const { outcome } = await store.append({
        log: 'record',
        tenantId,
        stream: `decision-${tenantId}_${data.checkId}`,
        expectedVersion: 0,
        events: [stored],
        claims: [],
        guards: [],
        commandId: envelope.commandId,
      });
      if (outcome !== 'appended') throw new Error(outcome);
    }
  };
  await Promise.all(Array.from({ length: 64 }, caller));
}

async function folded(store: EventStore): Promise<{ perSecond: number; peakMb: number }> {
  const deps = { store, codec: openCodec(modules), modules };
  const types = { types: ['ActionChecked'] };
  const range = { after: 0, to: await store.head('record') };
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
  const started = performance.now();
  const result = await backtested(
    { candidate: completePolicy({ seed: 'code', blockedActions: ['tool:shell.*'] }) },
    {
      policyOf: () => Promise.resolve(seedPolicies.general),
      textsOf: () => Promise.reject(new Error('no text is needed')),
      pause: () => Promise.resolve(),
    },
    pastEvents(deps, tenantId, types, range) as AsyncIterable<unknown> as AsyncIterable<RecordedDecision>,
  );
  const seconds = (performance.now() - started) / 1_000;
  clearInterval(watch);
  if (result.decisions !== decisions) throw new Error(`${result.decisions} of ${decisions}`);
  return { perSecond: decisions / seconds, peakMb: Math.round(peak / 1_048_576) };
}
