import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { refuse } from '../../commands/rejections.js';
import type { Projection } from './declaration.js';
import { answered } from './failures.js';

/** A table that serves, with what was known of it at one moment. Its contents are never older than that. */
export interface LiveModel {
  /** Bare name, in schema rm. */
  table: string;
  position: number;
  /** Changes whenever rows change without the position moving. */
  revision: number;
  /** Events are missing in it. */
  degraded: boolean;
}

export interface LiveModels {
  /**
   * The table that serves a projection, once it holds everything up to `wanted`; after `patienceMs` also one
   * that only holds what is `required`. That it was so slow is remembered for a while, in which nobody waits
   * long.
   * @throws Rejection `unavailable`, StoreUnavailable
   */
  at(projection: Projection, positions: { wanted: number; required: number }): Promise<LiveModel>;
  /** Makes the next question go to the database: what is known has proved to be old. */
  forget(): void;
}

const lagRememberedMs = 5_000;
/** What a reader still waits for a model that is known to lag: it may be on its way. */
const hurriedMs = 100;
const freshForMs = 1_000;
const pollMs = [2, 5, 10, 20];

type Catalogue = ReadonlyMap<string, LiveModel>;

/**
 * What serves and how far it is, for all readers of a process together: whoever asks while the question is on
 * its way shares the next answer. `moved` resolves when something may have moved, or after so many milliseconds.
 */
export function openLiveModels({
  pool,
  moved = (timeoutMs) => delay(timeoutMs),
  patienceMs = 2_000,
}: {
  pool: Pool;
  moved?: (timeoutMs: number) => Promise<unknown>;
  patienceMs?: number;
}): LiveModels {
  let known: { catalogue: Catalogue; at: number } | undefined;
  let next: Promise<Catalogue> | undefined;
  let current: Promise<unknown> = Promise.resolve();
  const lagging = new Map<string, number>();

  /** The catalogue as of a moment after the call. */
  function fresh(): Promise<Catalogue> {
    next ??= current.then(async () => {
      next = undefined;
      const at = performance.now();
      const reading = readCatalogue(pool);
      current = reading.catch(() => {});
      try {
        const catalogue = await reading;
        known = { catalogue, at };
        return catalogue;
      } catch (error) {
        known = undefined;
        throw error;
      }
    });
    return next;
  }

  const recent = (): Catalogue | undefined =>
    known && performance.now() - known.at < freshForMs ? known.catalogue : undefined;

  // A database that crashed may have lost the last moments of the read models.
  pool.on('error', () => (known = undefined));

  return {
    forget: () => (known = undefined),
    async at(projection, { wanted, required }) {
      const name = keyOf(projection.name, projection.version);
      const hurried = (lagging.get(name) ?? 0) > performance.now();
      const began = performance.now();
      let model = recent()?.get(name);
      for (let round = 0; ; round += 1) {
        if (model && model.position >= wanted) return model;
        const isEnough = model !== undefined && model.position >= required;
        if (performance.now() - began >= (hurried && isEnough ? hurriedMs : patienceMs)) break;
        if (round > 1) await moved(pollMs[Math.min(round - 2, pollMs.length - 1)]!);
        model = (await fresh()).get(name);
      }
      if (!model) return refuse('unavailable', `${projection.name} is still being built`);
      if (model.position < required) {
        return refuse(
          'unavailable',
          `${projection.name} is behind: at ${model.position}, not yet at ${required}`,
        );
      }
      lagging.set(name, performance.now() + lagRememberedMs);
      return model;
    },
  };
}

const keyOf = (projection: string, version: number): string => `${projection} ${version}`;

async function readCatalogue(pool: Pool): Promise<Catalogue> {
  const { rows } = await answered(
    pool.query<[string, number, string, string, string, boolean]>({
      rowMode: 'array',
      text: `SELECT m.projection, m.version, m.table_name, c.position, c.revision, c.inexact OR c.parked > 0
        FROM rm.models m JOIN rm.checkpoints c USING (table_name) WHERE m.state = 'live'`,
    }),
  );
  return new Map(
    rows.map(([projection, version, table, position, revision, degraded]) => [
      keyOf(projection, version),
      { table, position: Number(position), revision: Number(revision), degraded },
    ]),
  );
}
