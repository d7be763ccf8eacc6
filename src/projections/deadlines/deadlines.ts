import { modules } from '../../commands/registry.js';
import { logOf } from '../../commands/states.js';
import type { AnyDecider, Module } from '../../domain/kernel.js';
import type { ReadModule, Row, RowProjection } from '../engine/declaration.js';

/** The running timers of one stream; a stream without any has no row. */
export interface DeadlineRow extends Row {
  stream: string;
  /** The name of its decider. */
  decider: string;
  streamId: string;
  /** By timer, the instant when it is due. */
  timers: Record<string, string>;
  /** The earliest of them. */
  nextDueAt: string;
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * Folds what deciders say about timers into one row per stream. A decider that begins to set timers by an event which
 * is stored already makes a new version of this model necessary; one that is new does not.
 * @throws when two deciders set timers by one event, or one that is not in the record
 */
export function deadlinesOver(list: readonly Module[]): RowProjection {
  const on: RowProjection['on'] = {};
  for (const { decider } of list) {
    for (const type of Object.keys(decider.timers)) {
      if (Object.hasOwn(on, type)) throw new Error(`two deciders set timers by ${type}`);
      if (logOf(decider) !== 'record')
        throw new Error(`${decider.name} has timers, but is not in the record`);
      on[type] = (row, data, { meta }) =>
        timed(row as DeadlineRow | null, changes(decider, type, data), {
          stream: meta.stream,
          decider: decider.name,
          streamId: meta.streamId,
        });
    }
  }
  return {
    kind: 'row',
    name: 'deadlines',
    version: 1,
    log: 'record',
    key: ({ meta }) => meta.stream,
    on,
    streamKeyed: true,
    indexes: ["row->>'nextDueAt'"],
  };
}

/** What an event does to the timers. @throws for what is no instant: as text it would not sort by time */
function changes(decider: AnyDecider, type: string, data: never): [string, string | null][] {
  const said = Object.entries(decider.timers[type]!(data));
  const wrong = said.find(([, at]) => at !== null && !instant.test(at));
  if (wrong) throw new Error(`${type} sets the timer ${wrong[0]} to no instant`);
  return said;
}

function timed(
  row: DeadlineRow | null,
  said: [string, string | null][],
  of: Pick<DeadlineRow, 'stream' | 'decider' | 'streamId'>,
): DeadlineRow | null {
  const running = new Map(Object.entries(row?.timers ?? {}));
  const news = said.filter(([timer, at]) => (running.get(timer) ?? null) !== at);
  if (news.length === 0) return row;
  for (const [timer, at] of news) {
    if (at === null) running.delete(timer);
    else running.set(timer, at);
  }
  const [nextDueAt] = [...running.values()].sort();
  return nextDueAt === undefined ? null : { ...of, timers: Object.fromEntries(running), nextDueAt };
}

/** The running timers of all streams. The scheduler alone reads it; no query shows it. */
export const deadlines = deadlinesOver(modules);

export const deadlinesReadModule: ReadModule = { projections: [deadlines], queries: {} };
