/**
 * Timers: when a deadline that stands in a stream has come, the stream gets its command. One process at a time sends;
 * that another one is still at it, or that the same is sent again after a crash, has no second effect, because a
 * command changes something only while the deadline that it names still stands. It has no idempotency key: that
 * nothing was changed yet — one clock is a moment ahead of another — must not be remembered as the outcome.
 */
import { v5 as uuidv5 } from 'uuid';
import type { AnyDecider, Module } from '../domain/kernel.js';
import type { DatabaseLog } from '../database/log.js';
import { causeOf } from '../projections/engine/failures.js';
import { concurrently } from './concurrently.js';
import { StoreUnavailable, type EventStore } from './event-store/port.js';
import { lead, pause, backoff, type LeaseTimes, type Term } from './leadership.js';
import type { Leases } from './leases.js';
import type { Handle } from './receipt.js';
import { commandsOf } from './registry.js';

/** The running timers of one stream. */
export interface Deadline {
  tenantId: string;
  stream: string;
  streamId: string;
  /** The name of its decider. */
  decider: string;
  /** By timer, the instant when it is due. */
  timers: Record<string, string>;
  /** The earliest of them. */
  nextDueAt: string;
}

/** Reads running timers of all tenants, the earliest first: those behind `after`, at most `limit`. */
export type ReadDeadlines = (
  after: Pick<Deadline, 'nextDueAt' | 'tenantId' | 'stream'> | null,
  limit: number,
) => Promise<Deadline[]>;

export interface TimersDeps {
  store: Pick<EventStore, 'now'>;
  handle: Handle;
  modules: readonly Module[];
  readDeadlines: ReadDeadlines;
  leases: Leases;
  /** Names this process. */
  holder: string;
  log: DatabaseLog;
  /** The clock that timers run by; the store's by default. */
  now?: () => string;
  times?: LeaseTimes;
  /** How often it is looked for what is due, at least. */
  pollMs?: number;
}

export interface TimersStatus {
  /** Whether this process sends. */
  leads: boolean;
  /** Timers whose command failed, and which are tried again. */
  failing: number;
  /** Why the last look failed; it is repeated until it succeeds. */
  error: string | null;
}

export interface Timers {
  /** Of this process: one that does not lead knows nothing of what the leader runs into. */
  status(): TimersStatus;
  /** Resolves when nothing is sent any more; commands under way are finished first. */
  stop(): Promise<void>;
}

/** Names the commands of timers: their ids are made of it. */
const namespace = '6d0f3a0e-52c4-5d0b-9c52-0b8f6c1d7e11';
const leaseName = 'timers';
const width = 8;
const pageSize = 500;
/** How long a timer that had its effect waits to be gone from the model, and any other for another attempt; at least. */
const sentMs = 10_000;
const failedMs = 1_000;
const againLimitMs = 600_000;
const troubleMs = 50;
const troubleLimitMs = 5_000;

/** Starts sending what timers ask for, beside any number of other processes. */
export function startTimers(deps: TimersDeps): Timers {
  const stopping = new AbortController();
  const status: TimersStatus = { leads: false, failing: 0, error: null };
  const send = openSender(deps, status);
  const pollMs = deps.pollMs ?? 500;

  async function work({ over }: Term): Promise<void> {
    let failures = 0;
    status.leads = true;
    try {
      while (!over.aborted) {
        try {
          const waitMs = await send(over);
          if (failures > 0) deps.log.info({}, 'the timers go on');
          status.error = null;
          failures = 0;
          await pause(Math.max(1, Math.min(pollMs, waitMs)), over);
        } catch (error) {
          status.error = causeOf(error);
          if (failures === 0) deps.log.warn({ error }, 'the timers wait and retry');
          await pause(backoff(failures, troubleMs, troubleLimitMs), over);
          failures += 1;
        }
      }
    } finally {
      Object.assign(status, { leads: false, failing: 0 });
    }
  }

  const onTrouble = (error: unknown): void =>
    void (status.error = error === undefined ? null : causeOf(error));
  const working = lead({ ...deps, name: leaseName, signal: stopping.signal, onTrouble }, work);
  return {
    status: () => ({ ...status }),
    async stop() {
      stopping.abort();
      await working;
    },
  };
}

/** A timer that is due. */
interface DueTimer extends Deadline {
  timer: string;
  dueAt: string;
  /** Names this timer with this deadline among all. */
  id: string;
}

/** A timer that was sent and may still stand in the model, or that has to be sent again. */
interface Known {
  sends: number;
  /** Of its last sends, those that failed in a row. */
  failures: number;
  /** Of the timers' clock, in milliseconds since 1970. */
  notBefore: number;
}

/** Returns what sends everything that is due, and tells in how many milliseconds the next timer will be. */
function openSender(deps: TimersDeps, status: TimersStatus): (over: AbortSignal) => Promise<number> {
  const { readDeadlines, store, now = () => store.now() } = deps;
  const commands = timerCommands(deps.modules);
  const known = new Map<string, Known>();

  async function once(due: DueTimer): Promise<void> {
    const { sends, failures, notBefore } = known.get(due.id) ?? { sends: 0, failures: 0, notBefore: 0 };
    if (notBefore > Date.parse(now())) return;
    const again = (waitMs: number, failed: number): void =>
      void known.set(due.id, { sends: sends + 1, failures: failed, notBefore: Date.parse(now()) + waitMs });
    try {
      const hadEffect = await send(deps, commands, due);
      again(backoff(sends, hadEffect ? sentMs : failedMs, againLimitMs), 0);
    } catch (error) {
      // Nothing can be sent now: the whole look is repeated.
      if (error instanceof StoreUnavailable) throw error;
      again(backoff(failures, failedMs, againLimitMs), failures + 1);
      const { stream, timer, dueAt } = due;
      if (failures === 0) deps.log.warn({ stream, timer, dueAt, error }, 'a timer failed and is tried again');
    }
  }

  return async (over) => {
    const at = now();
    let next: string | undefined;
    let last: Deadline | null = null;
    do {
      const page: Deadline[] = await readDeadlines(last, pageSize);
      const due = page.filter(({ nextDueAt }) => nextDueAt <= at);
      next = page[due.length]?.nextDueAt;
      last = due.length === pageSize ? page.at(-1)! : null;
      await concurrently(due, width, async (deadline) => {
        for (const timer of dueTimers(deadline, at)) if (!over.aborted) await once(timer);
      });
    } while (last && !over.aborted);
    // Whatever still stands in the model was sent just now, and is not yet to be sent again.
    for (const [id, { notBefore }] of known) if (notBefore <= Date.parse(at)) known.delete(id);
    status.failing = [...known.values()].filter(({ failures }) => failures > 0).length;
    return next === undefined ? Infinity : Date.parse(next) - Date.parse(at);
  };
}

const dueTimers = (deadline: Deadline, at: string): DueTimer[] =>
  Object.entries(deadline.timers)
    .filter(([, dueAt]) => dueAt <= at)
    .sort(([, a], [, b]) => (a < b ? -1 : 1))
    .map(([timer, dueAt]) => ({ ...deadline, timer, dueAt, id: `${deadline.stream}/${timer}/${dueAt}` }));

/** What to send for the timers of each decider. */
type TimerCommands = ReadonlyMap<string, AnyDecider>;

/** @throws when a decider names for a timer what cannot be its command */
function timerCommands(modules: readonly Module[]): TimerCommands {
  const commands = commandsOf(modules);
  const timed = modules.map(({ decider }) => decider).filter(({ timers }) => Object.keys(timers).length > 0);
  for (const { name, id, timerCommands: named } of timed) {
    for (const [timer, operationId] of Object.entries(named)) {
      const command = commands.get(operationId)?.command;
      const fits =
        command?.http === 'internal' &&
        [id, 'expectedDeadline'].every((member) => member in command.input.shape);
      if (!fits) throw new Error(`the timer ${timer} of ${name} has no command: ${operationId}`);
    }
  }
  return new Map(timed.map((decider) => [decider.name, decider]));
}

/** Sends a timer's command; false when it changed nothing: the deadline stands no longer, or not quite yet. */
async function send({ handle }: TimersDeps, commands: TimerCommands, due: DueTimer): Promise<boolean> {
  const { tenantId, stream, streamId, timer, dueAt } = due;
  const decider = commands.get(due.decider);
  const operationId = decider?.timerCommands[timer];
  if (!decider || operationId === undefined)
    throw new Error(`nothing is known of the timer ${timer} of ${stream}`);
  const commandId = uuidv5(due.id, namespace);
  const { events } = await handle(
    { tenantId, kind: 'timer', id: 'timer:scheduler', roles: [], teams: [] },
    {
      operationId,
      input: { [decider.id]: streamId, expectedDeadline: dueAt },
      commandId,
      correlationId: commandId,
    },
  );
  return events.length > 0;
}
