/**
 * Reactors: what follows from an event in other streams. Each has a checkpoint of its own in the record, and one
 * process at a time works for it. Building read models runs none of this: there is no side effect in a replay.
 */
import type { Module, Reactor } from '../domain/kernel.js';
import type { DatabaseLog } from '../database/log.js';
import { causeOf } from '../projections/engine/failures.js';
import { openFeed, type Feed } from '../projections/engine/feed.js';
import type { Checkpoints } from './checkpoints.js';
import type { Codec } from './codec.js';
import type { EventStore } from './event-store/port.js';
import { waiters } from './event-store/waiters.js';
import { lead, pause, type LeaseTimes } from './leadership.js';
import type { Handle } from './receipt.js';
import { react } from './reaction.js';
import { reactorDecode, reactorsOf, reactsTo } from './reactor-events.js';
import { work, type ReactorReport } from './reactor-work.js';
import { openValues } from './sealing/open.js';
import type { Keyring } from './sealing/keyring.js';

export interface ReactorsDeps {
  store: EventStore;
  codec: Codec;
  keyring: Pick<Keyring, 'keys'>;
  handle: Handle;
  modules: readonly Module[];
  checkpoints: Checkpoints;
  /** Names this process. */
  holder: string;
  log: DatabaseLog & { debug(o: object, m?: string): void };
  times?: LeaseTimes;
  /** How often it is looked for what other processes did, and for what was set aside and is due. */
  lookMs?: number;
}

export interface ReactorStatus extends ReactorReport {
  /** Of the record, as far as this process knows. */
  head: number;
  lag: number;
}

export interface Reactors {
  /** By reactor; as of the last second where another process does the work. */
  status(): Record<string, ReactorStatus>;
  /**
   * Resolves when every reactor has come to the head of the record, with everything that its own commands added.
   * @throws Error that names who is behind, after `timeoutMs` (30 s)
   */
  drained(timeoutMs?: number): Promise<void>;
  /** Resolves when nothing of this works any more; commands under way are finished first. */
  stop(): Promise<void>;
}

/** Events in a page: what is delivered again after a crash, at most. */
const pageLimit = 500;
const usualLookMs = 1_000;

/** Starts the reactors of all modules, beside any number of other processes. */
export function startReactors(deps: ReactorsDeps): Reactors {
  const { store, codec, modules, lookMs = usualLookMs } = deps;
  const reactors = reactorsOf(modules);
  const stopping = new AbortController();
  const { signal } = stopping;
  const decode = reactorDecode(codec, modules, reactors);
  const feed = openFeed({ store, log: 'record', decode, signal, limit: pageLimit });
  const moved = waiters();
  const reports = new Map(reactors.map(({ name }) => [name, unknown()]));
  const known = { head: 0 };
  const working = reactors.map((reactor) => {
    const report = reports.get(reactor.name)!;
    return follow({ ...deps, lookMs }, { reactor, report, feed, signal, moved: () => moved.wake() });
  });

  /** What other processes did, and what shows in no report. */
  async function look(): Promise<void> {
    while (!signal.aborted) {
      await refresh(deps, reports, known).catch((error: unknown) => {
        for (const report of reports.values()) report.error ??= causeOf(error);
      });
      moved.wake();
      await pause(lookMs, signal);
    }
  }

  const status = (): Record<string, ReactorStatus> =>
    Object.fromEntries(
      [...reports].map(([name, report]) => {
        const head = Math.max(known.head, report.position);
        return [name, { ...report, head, lag: head - report.position }];
      }),
    );
  const looking = reactors.length > 0 ? look() : Promise.resolve();
  return {
    status,
    async drained(timeoutMs = 30_000) {
      const end = performance.now() + timeoutMs;
      for (;;) {
        const positions = new Map([...reports].map(([name, { position }]) => [name, position]));
        // Asked for afterwards: nobody added anything between the last look of the last reactor and now.
        const head = await store.head('record');
        const behind = [...positions].filter(([, position]) => position < head).map(([name]) => name);
        if (behind.length === 0) return;
        if (performance.now() > end) throw new Error(`behind the record: ${behind.join(', ')}`);
        await moved.wait(20);
      }
    },
    async stop() {
      stopping.abort();
      await Promise.all([looking, ...working]);
    },
  };
}

const unknown = (): ReactorReport => ({
  position: 0,
  leads: false,
  setAside: 0,
  outdated: null,
  error: null,
});

/** Works for one reactor whenever this process leads it. */
function follow(
  {
    store,
    codec,
    keyring,
    handle,
    modules,
    checkpoints,
    holder,
    log,
    times,
    lookMs,
  }: ReactorsDeps & { lookMs: number },
  own: { reactor: Reactor; report: ReactorReport; feed: Feed; signal: AbortSignal; moved: () => void },
): Promise<void> {
  const { reactor, report, signal } = own;
  const reaction = { store, handle, log, open: <T>(json: T) => openValues(json, keyring) };
  return lead(
    {
      leases: checkpoints.leases,
      name: reactor.name,
      holder,
      log,
      signal,
      times,
      // Whoever stood before an event of a newer process waits until such a process has passed it.
      mayLead: () => report.outdated === null,
      onTrouble: (error) => (report.error = error === undefined ? null : causeOf(error)),
    },
    (term) =>
      work(
        {
          ...own,
          store,
          decode: reactorDecode(codec, modules, [reactor]),
          checkpoints,
          concerns: reactsTo(reactor, modules),
          react: (event) => react(reaction, reactor, event),
          lookMs,
          log,
        },
        term,
      ),
  );
}

async function refresh(
  { store, checkpoints }: Pick<ReactorsDeps, 'store' | 'checkpoints'>,
  reports: ReadonlyMap<string, ReactorReport>,
  known: { head: number },
): Promise<void> {
  known.head = await store.head('record');
  const standings = await checkpoints.standings();
  for (const [name, report] of reports) {
    const standing = standings.get(name);
    report.setAside = standing?.setAside ?? 0;
    if (report.leads) continue;
    report.position = standing?.position ?? 0;
    if (report.outdated && report.outdated.position <= report.position) report.outdated = null;
  }
}
