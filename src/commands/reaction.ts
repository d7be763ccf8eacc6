/**
 * What one event makes one reactor do. Each command has an id and an idempotency key that follow from the event, so
 * that an event which is delivered again — after a crash, or by a former leader who wakes up — has no second effect.
 */
import { v5 as uuidv5 } from 'uuid';
import { Rejection, type PastEvent, type Reaction, type Reactor } from '../domain/kernel.js';
import { StoreUnavailable, type EventStore } from './event-store/port.js';
import { idempotencyScope } from './prepare.js';
import type { Handle, Principal } from './receipt.js';
import type { ReactorEvent } from './reactor-events.js';

export interface ReactionDeps {
  store: Pick<EventStore, 'findReplay'>;
  handle: Handle;
  /** Opens the sealed values in a JSON value. */
  open: <T>(json: T) => Promise<T>;
  log: { debug(o: object, m?: string): void };
}

/**
 * Refusals that no rule of an area gives: what was declared does not fit together, or the stream cannot be read. They
 * are defects, which somebody has to look at.
 */
const wiring = new Set(['unknown-operation', 'forbidden', 'event-unreadable']);

/** Whether a failure passes with time, and would meet other commands just the same. */
export const isPassing = (error: unknown): boolean =>
  error instanceof StoreUnavailable ||
  (error instanceof Rejection && error.row.status === 503 && error.row.retryable === true);

/** Whether a stream that a command went to holds events of a newer process. */
export const isOutdated = (error: unknown): boolean =>
  error instanceof Rejection && error.code === 'outdated';

/** Whether a rule refused, so that the same command would be refused again. */
const isRefusal = (error: unknown): error is Rejection =>
  error instanceof Rejection && error.row.retryable !== true && !wiring.has(error.code);

/**
 * Sends what a reactor answers to an event, one command after the other.
 * @throws whatever is not a rule's refusal: a reaction that was sent before it is not sent twice by another attempt
 */
export async function react(deps: ReactionDeps, reactor: Reactor, event: ReactorEvent): Promise<void> {
  if (event.unreadable !== undefined) throw new Error(event.unreadable);
  const { position, eventId, type, data, meta } = event;
  const past: PastEvent = { position, eventId, type, data, meta };
  const reactions = reactor.on[type]?.(past as never) ?? [];
  for (const [n, reaction] of reactions.entries()) {
    await send(deps, reaction, { reactor, event, path: `${reactor.name}/${n}` });
  }
}

/** Where a reaction comes from; its path names it among those of its event. */
interface Source {
  reactor: Reactor;
  event: ReactorEvent;
  path: string;
}

async function send(deps: ReactionDeps, reaction: Reaction, source: Source): Promise<void> {
  const { event, path } = source;
  // Its substitute was sent, because it was refused before: that it would be accepted by now comes too late.
  const substitute = anySubstitute(reaction, source);
  if (substitute && (await wasSent(deps, substitute))) return;
  const commandId = uuidv5(path, event.eventId);
  try {
    await deps.handle(principalOf(source), {
      operationId: reaction.operationId,
      input: await deps.open(reaction.input),
      commandId,
      idempotencyKey: commandId,
      correlationId: event.correlationId,
      causationId: event.eventId,
    });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // It had its effect before, and what refuses it came after that: its subject was erased, its name was taken.
    if (await wasSent(deps, { reaction, source })) return;
    if (reaction.otherwise) {
      const other = instead(reaction, source, { code: error.code, detail: error.message });
      return send(deps, other.reaction, other.source);
    }
    const { type, position } = event;
    deps.log.debug(
      { reaction: path, operationId: reaction.operationId, code: error.code, type, position },
      'a reaction was refused',
    );
  }
}

interface Sent {
  reaction: Reaction;
  source: Source;
}

const instead = (reaction: Reaction, source: Source, refusal: { code: string; detail: string }): Sent => ({
  reaction: reaction.otherwise!(refusal),
  source: { ...source, path: `${source.path}/otherwise` },
});

/** The substitute of a reaction, without a refusal at hand: as far as its name goes, any will do. */
function anySubstitute(reaction: Reaction, source: Source): Sent | null {
  try {
    return reaction.otherwise ? instead(reaction, source, { code: '', detail: '' }) : null;
  } catch {
    // It only knows what to do about real refusals.
    return null;
  }
}

/** Whether a command was accepted before: the pipeline remembers its key, also when nothing changed. */
async function wasSent({ store }: ReactionDeps, { reaction, source }: Sent): Promise<boolean> {
  const { tenantId, id } = principalOf(source);
  const scope = idempotencyScope(tenantId, id, reaction.operationId);
  return (await store.findReplay(scope, uuidv5(source.path, source.event.eventId))) !== null;
}

/** A reactor acts for whoever made the event, so that every change that follows tells whose it is. */
function principalOf({ reactor, event }: Source): Principal {
  const { tenantId, actor } = event.meta;
  const onBehalfOf = actor.kind === 'timer' ? undefined : (actor.onBehalfOf ?? actor.id);
  return {
    tenantId,
    kind: 'service',
    id: `reactor:${reactor.name}`,
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    roles: [],
    teams: [],
  };
}
