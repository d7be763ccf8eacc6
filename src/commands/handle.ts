/**
 * The write path: prepare (parse → authorise → locate) → load → facts → seal → decide → encode → append →
 * receipt.
 * It knows no area. A decision is taken on cached states when there are some, its own and those that its facts
 * look at; nothing is refused, and nothing is called unchanged, before the tails of these streams were read (only an
 * append validates a cache).
 */
import { evolve, Rejection, type DomainEvent, type EventMeta } from '../domain/kernel.js';
import type { EncodedEvent } from './codec.js';
import { CommandContext, decide } from './decide.js';
import { StoreUnavailable, type AppendResult } from './event-store/port.js';
import { openFacts, type Facts } from './facts.js';
import { perKey } from './per-key.js';
import { prepare, type PipelineDeps, type Prepared } from './prepare.js';
import type { Handle, Receipt } from './receipt.js';
import { receiptFromLog } from './receipt-from-log.js';
import { commandsOf } from './registry.js';
import { refuse } from './rejections.js';
import { actorOf, encode } from './seal-and-encode.js';
import { logOf, type Loaded } from './states.js';

/**
 * How long a command is decided again because others wrote meanwhile; then 409 `version-conflict`. A time,
 * because a process that has many commands waiting for one stream can win it many times in a row; and a few
 * attempts in any case, because a slow database is no conflict.
 */
const patienceMs = 3_000;
const leastAttempts = 3;
/** How long a command waits for those before it on its stream, which all wait for a database that hangs. */
const waitMs = 10_000;

export function openPipeline(deps: PipelineDeps): Handle {
  const operations = commandsOf(deps.modules);
  const inOrder = perKey();

  return async (principal, request) => {
    const operation = operations.get(request.operationId);
    if (!operation) return refuse('unknown-operation', `there is no operation ${request.operationId}`);
    const prepared = await prepare(deps, operation, principal, request);
    // Commands on one stream run one at a time, so that conflicts are left for other processes.
    const arrived = performance.now();
    return inOrder(prepared.stream, async () => {
      if (performance.now() - arrived > waitMs) {
        throw new StoreUnavailable(`the commands before this one on ${prepared.stream} take too long`);
      }
      return settle(deps, prepared);
    });
  };
}

/** Decides until the outcome stands: appended, unchanged, replayed or refused. */
async function settle(deps: PipelineDeps, c: Prepared): Promise<Receipt> {
  const began = performance.now();
  for (let attempt = 0; attempt < leastAttempts || performance.now() - began < patienceMs; attempt++) {
    const fresh = attempt > 0;
    const { loaded, certain } = await load(deps, c, fresh);
    const facts = openFacts(deps, c, { fresh });
    const isOutdated = async (): Promise<boolean> =>
      (!certain && (await hasMoved(deps, c, loaded))) || facts.haveMoved();
    let events: DomainEvent[];
    try {
      events = await decide(deps, c, loaded, facts);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      // States of different moments need not fit together: what fails on them is no defect yet.
      if (await isOutdated()) continue;
      if (!(error instanceof Rejection)) throw error;
      const replay = await replayOf(deps, c, error);
      if (replay) return replay;
      throw error;
    }
    if (events.length === 0) {
      if (await isOutdated()) continue;
      if (!c.idempotency) return receiptOf(c, loaded, loaded, [], []);
    }
    const encoded = await encode(deps, c, events);
    const result = await append(deps, c, loaded, events, encoded, facts);
    if (result.outcome === 'appended') return appended(deps, c, loaded, events, encoded, result);
    if (result.outcome === 'replayed') return replayed(deps, c, result);
    afterConflict(deps, c, result);
  }
  return refuse('version-conflict', `${c.stream} kept changing while this was decided`);
}

async function load(
  deps: PipelineDeps,
  c: Prepared,
  fresh: boolean,
): Promise<{ loaded: Loaded; certain: boolean }> {
  const { decider } = c.operation;
  if (c.isNew) return { loaded: { state: decider.initialState(), version: 0, position: 0 }, certain: true };
  const cached = fresh ? undefined : deps.states.cached(c.stream);
  if (cached) return { loaded: cached, certain: false };
  return { loaded: await deps.states.load(decider, c.tenantId, c.streamId), certain: true };
}

/** Whether the stream holds more than the cached state knew; afterwards the cache knows it too. */
async function hasMoved(deps: PipelineDeps, c: Prepared, loaded: Loaded): Promise<boolean> {
  const current = await deps.states.load(c.operation.decider, c.tenantId, c.streamId);
  return current.version !== loaded.version;
}

function append(
  deps: PipelineDeps,
  c: Prepared,
  loaded: Loaded,
  events: DomainEvent[],
  encoded: EncodedEvent[],
  facts: Facts,
): Promise<AppendResult> {
  const { decider } = c.operation;
  return deps.store.append({
    log: logOf(decider),
    tenantId: c.tenantId,
    stream: c.stream,
    expectedVersion: loaded.version,
    events: encoded.map(({ stored }) => stored),
    claims: events.flatMap((event) => decider.claims[event.type]?.(event.data as never) ?? []),
    guards: facts.guards(),
    commandId: c.commandId,
    ...(c.idempotency && { idempotency: c.idempotency }),
  });
}

function appended(
  deps: PipelineDeps,
  c: Prepared,
  loaded: Loaded,
  events: DomainEvent[],
  encoded: EncodedEvent[],
  result: Extract<AppendResult, { outcome: 'appended' }>,
): Receipt {
  const { decider } = c.operation;
  let state = loaded.state;
  encoded.forEach(({ stored, data }, index) => {
    const meta: EventMeta = {
      tenantId: c.tenantId,
      stream: c.stream,
      streamId: c.streamId,
      version: loaded.version + index + 1,
      occurredAt: stored.occurredAt,
      recordedAt: result.recordedAt,
      actor: actorOf(c.principal),
      commandId: c.commandId,
    };
    state = evolve(decider, state, { type: stored.type, data }, meta);
  });
  const after = { state, version: result.version, position: result.position };
  const bytes = encoded.reduce((sum, { stored }) => sum + stored.data.length, 0);
  // What was made just now is mostly never asked for again, and would push out what is.
  if (result.version > 0 && !c.isNew) deps.states.keep(c.stream, after, bytes);
  return receiptOf(c, loaded, after, events, encoded);
}

function receiptOf(
  c: Prepared,
  before: Loaded,
  after: Loaded,
  events: DomainEvent[],
  encoded: EncodedEvent[],
): Receipt {
  const { command } = c.operation;
  const reply = command.reply?.(after.state as never, events as never, new CommandContext(c));
  return {
    commandId: c.commandId,
    id: c.streamId,
    stream: c.stream,
    version: after.version,
    position: after.position,
    events: encoded.map(({ stored, data }) => ({ id: stored.eventId, type: stored.type, data })),
    ...(reply !== undefined && { reply }),
    created: before.version === 0 && after.version > 0,
    replayed: false,
  };
}

/**
 * The earlier answer under this request's key, if there is one: a refusal must not hide it. That the key was used
 * otherwise is not said of what is not there, because it would tell what is hidden from it.
 */
async function replayOf(deps: PipelineDeps, c: Prepared, error: Rejection): Promise<Receipt | null> {
  if (!c.idempotency) return null;
  const found = await deps.store.findReplay(c.idempotency.scope, c.idempotency.key);
  if (error.row.status === 404 && found?.fingerprint !== c.idempotency.fingerprint) return null;
  return found ? replayed(deps, c, { outcome: 'replayed', ...found }) : null;
}

function replayed(
  deps: PipelineDeps,
  c: Prepared,
  found: Extract<AppendResult, { outcome: 'replayed' }>,
): Promise<Receipt> {
  if (found.fingerprint !== c.idempotency?.fingerprint)
    return Promise.resolve(refuse('idempotency-key-reused'));
  return receiptFromLog(deps, c.operation.decider, c.operation.command, found);
}

/** Makes the next attempt see what this one ran into, or refuses when no attempt can differ. */
function afterConflict(
  deps: PipelineDeps,
  c: Prepared,
  result: Exclude<AppendResult, { outcome: 'appended' } | { outcome: 'replayed' }>,
): void {
  if (result.outcome !== 'claim-conflict') {
    if (result.outcome === 'version-conflict' && c.isNew) {
      throw new StoreUnavailable('a drawn id was taken already');
    }
    const stream = result.outcome === 'guard-conflict' ? result.stream : c.stream;
    if (result.currentVersion < (deps.states.cached(stream)?.version ?? 0)) deps.states.forget(stream);
    return;
  }
  const { command, decider } = c.operation;
  // A command with facts can look again and decide otherwise (the next free slug); any other would only repeat itself.
  if (command.facts) return;
  const code = decider.claimRejections[result.kind];
  if (!code) throw new Error(`${decider.name} has no rejection for the claim ${result.kind}`);
  const row = decider.rejections[code]!;
  throw new Rejection(code, row, `${result.kind} ${result.key} is taken`);
}
