/**
 * The write path: prepare (parse → authorise → locate) → load → facts → seal → decide → encode → append →
 * receipt.
 * It knows no area. A decision is taken on a cached state when there is one; nothing is refused, and
 * nothing is called unchanged, before the stream's tail was read (only an append validates a cache).
 */
import { v5 as uuidv5 } from 'uuid';
import { evolve, Rejection, type DecideContext, type DomainEvent, type EventMeta } from '../domain/kernel.js';
import type { EncodedEvent } from './codec.js';
import { StoreUnavailable, type AppendResult } from './event-store/port.js';
import { openFacts, type Facts } from './facts.js';
import { perKey } from './per-key.js';
import { underPreconditions } from './preconditions.js';
import { prepare, type PipelineDeps, type Prepared } from './prepare.js';
import type { Handle, Receipt } from './receipt.js';
import { receiptFromLog } from './receipt-from-log.js';
import { commandsOf } from './registry.js';
import { refuse } from './rejections.js';
import { actorOf, encode, seal, sealForTrial } from './seal-and-encode.js';
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
    const { loaded, certain } = await load(deps, c, attempt > 0);
    const facts = openFacts(deps, c.tenantId);
    let events: DomainEvent[];
    try {
      events = await decide(deps, c, loaded, facts);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      if (!certain && (await hasMoved(deps, c, loaded))) continue;
      const replay = await replayOf(deps, c, error);
      if (replay) return replay;
      throw error;
    }
    if (events.length === 0) {
      if (!certain && (await hasMoved(deps, c, loaded))) continue;
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

async function decide(deps: PipelineDeps, c: Prepared, loaded: Loaded, facts: Facts): Promise<DomainEvent[]> {
  const { command, decider } = c.operation;
  const read = command.facts ? await command.facts(c.input as never, facts.reader) : undefined;
  const context: DecideContext<string, never> = {
    now: deps.store.now(),
    tenantId: c.tenantId,
    streamId: c.streamId,
    actor: { ...actorOf(c.principal), teams: c.principal.teams },
    commandId: c.commandId,
    facts: read as never,
    get secret() {
      return c.secret();
    },
    id: (name) => uuidv5(name, c.commandId),
    reject: (code, detail, more) => {
      const row = decider.rejections[code];
      if (!row) throw new Error(`${decider.name} has no rejection ${code}`);
      throw new Rejection(code, row, detail, more);
    },
  };
  const decided = (sealed: Record<string, unknown>): DomainEvent[] =>
    underPreconditions(c.request, loaded.version, () =>
      command.decide(loaded.state as never, sealed as never, context),
    );
  if (c.sealed) return decided(c.sealed);
  const { input, isTrial } = await sealForTrial(deps, c);
  const events = decided(input);
  if (isTrial && events.length === 0) return events;
  c.sealed = isTrial ? await seal(deps, c) : input;
  return isTrial ? decided(c.sealed) : events;
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
    guards: facts.guards().filter((guard) => guard.stream !== c.stream),
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
  if (result.version > 0) deps.states.keep(c.stream, after, bytes);
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
  const reply = command.reply?.(after.state as never, events as never, {
    tenantId: c.tenantId,
    streamId: c.streamId,
    get secret() {
      return c.secret();
    },
  });
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
  if (result.outcome === 'version-conflict') {
    if (c.isNew) throw new StoreUnavailable('a drawn id was taken already');
    if (result.currentVersion < (deps.states.cached(c.stream)?.version ?? 0)) deps.states.forget(c.stream);
  }
  if (result.outcome !== 'claim-conflict') return;
  const { command, decider } = c.operation;
  // A command with facts can look again and decide otherwise (the next free slug); any other would only repeat itself.
  if (command.facts) return;
  const code = decider.claimRejections[result.kind];
  if (!code) throw new Error(`${decider.name} has no rejection for the claim ${result.kind}`);
  const row = decider.rejections[code]!;
  throw new Rejection(code, row, `${result.kind} ${result.key} is taken`);
}
