/** The events of the record as reactors get them: decoded where one of them reacts, and passed by where none does. */
import type { Actor, Module, Reactor } from '../domain/kernel.js';
import type { Decode, FeedEvent } from '../projections/engine/feed.js';
import type { Codec } from './codec.js';
import type { StoredEvent } from './event-store/port.js';
import { logOf } from './states.js';

/** An event with what a command that follows from it has to carry on. */
export interface ReactorEvent extends FeedEvent {
  correlationId: string;
}

/**
 * The reactors of all modules.
 * @throws when two have one name, when a name is none, or when one waits for an event that no module declares or that
 *   is not kept in the record
 */
export function reactorsOf(modules: readonly Module[]): Reactor[] {
  const record = modules.filter(({ decider }) => logOf(decider) === 'record');
  const types = new Set(record.flatMap(({ decider }) => Object.keys(decider.events)));
  const found = new Map<string, Reactor>();
  for (const reactor of modules.flatMap(({ reactors }) => reactors)) {
    const { name, on } = reactor;
    if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) throw new Error(`${name} is not a name for a reactor`);
    if (found.has(name)) throw new Error(`two reactors are called ${name}`);
    const missing = Object.keys(on).find((type) => !types.has(type));
    if (missing !== undefined) throw new Error(`the reactor ${name} waits for ${missing}, which is no event`);
    found.set(name, reactor);
  }
  return [...found.values()];
}

/** The retired names of events, with the names of those that their decider has now. */
function retiredNames(modules: readonly Module[]): Map<string, string[]> {
  return new Map(
    modules.flatMap(({ decider }) =>
      Object.keys(decider.upcasters).map((type): [string, string[]] => [type, Object.keys(decider.events)]),
    ),
  );
}

/**
 * Decodes what concerns any of the reactors. Everything else is only looked at by its name, because a reader that
 * sees every name is the one that notices an event of a newer process.
 */
export function reactorDecode(
  codec: Codec,
  modules: readonly Module[],
  reactors: readonly Reactor[],
): Decode {
  const wanted = new Set(reactors.flatMap(({ on }) => Object.keys(on)));
  const retired = retiredNames(modules);
  return (stored) => {
    if (!wanted.has(stored.type) && !retired.has(stored.type)) {
      return codec.types.has(stored.type)
        ? { kind: 'event', event: passing(stored) }
        : { kind: 'outdated', type: stored.type };
    }
    const decoded = codec.decode(stored);
    if (decoded.kind === 'outdated') return decoded;
    const { correlationId } = JSON.parse(stored.meta) as { correlationId: string };
    return { kind: 'event', event: { ...decoded.event, correlationId } as ReactorEvent };
  };
}

/**
 * Whether an event is for a reactor: of a type that it handles, or unreadable under a retired name of a decider whose
 * events it handles, since nobody can tell what it was.
 */
export function reactsTo(
  { on }: Reactor,
  modules: readonly Module[],
): (event: FeedEvent) => event is ReactorEvent {
  const retired = retiredNames(modules);
  return (event): event is ReactorEvent =>
    Object.hasOwn(on, event.type) ||
    (event.unreadable !== undefined &&
      (retired.get(event.type) ?? []).some((type) => Object.hasOwn(on, type)));
}

const nobody: Actor = { kind: 'service', id: 'passing', roles: [] };

function passing({
  log,
  position,
  eventId,
  type,
  tenantId,
  stream,
  version,
  ...stored
}: StoredEvent): FeedEvent {
  const { occurredAt, recordedAt } = stored;
  const meta = {
    tenantId,
    stream,
    streamId: '',
    version,
    occurredAt,
    recordedAt,
    actor: nobody,
    commandId: '',
  };
  return { log, position, eventId, type, data: {}, meta };
}
