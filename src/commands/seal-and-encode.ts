import { v5 as uuidv5 } from 'uuid';
import type { Actor, Caller, DomainEvent } from '../domain/kernel.js';
import type { EncodedEvent } from './codec.js';
import type { PipelineDeps, Prepared } from './prepare.js';
import type { Principal } from './receipt.js';
import { keyIdsIn, sealInput } from './sealing/seal.js';
import { subjectsDrawn } from './subjects.js';

/** The actor of a principal, as events keep it: the tenant stands in the stream's name, teams come and go. */
export const actorOf = ({ tenantId: _, teams: __, ...actor }: Principal): Actor => actor;

/** The same with its teams, as decisions see it. */
export const callerOf = (principal: Principal): Caller => ({
  ...actorOf(principal),
  teams: principal.teams,
});

/** Seals the input's personal values; a subject the input leaves to be drawn has the id that decide will draw. */
export async function seal(c: Prepared): Promise<Record<string, unknown>> {
  if (!c.isPersonal) return c.input;
  const schema = c.operation.command.input;
  const drawn = subjectsDrawn(schema, c.input, (name) => uuidv5(name, c.commandId));
  const sealed = (await sealInput({
    schema,
    input: { ...c.input, ...drawn },
    tenantId: c.tenantId,
    scope: c.stream,
    commandId: c.commandId,
    actorId: c.principal.id,
    keyring: c.keys,
  })) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(sealed).filter(([name]) => !(name in drawn)));
}

/** The decided events as text for the log, with the subjects whose values they hold. */
export async function encode(
  deps: PipelineDeps,
  c: Prepared,
  events: DomainEvent[],
): Promise<EncodedEvent[]> {
  const occurredAt = deps.store.now();
  return Promise.all(
    events.map(async (event, index) => {
      const keyIds = keyIdsIn(event.data);
      return deps.codec.encode(c.operation.decider, event, index, {
        actor: actorOf(c.principal),
        commandId: c.commandId,
        correlationId: c.request.correlationId,
        causationId: c.request.causationId ?? null,
        subjects: keyIds.length > 0 ? await deps.keyring.subjectsOf(keyIds) : [],
        occurredAt,
      });
    }),
  );
}
