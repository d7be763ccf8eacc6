import { v5 as uuidv5 } from 'uuid';
import {
  Rejection,
  type Caller,
  type DecideContext,
  type DomainEvent,
  type ReplyContext,
  type Secret,
} from '../domain/kernel.js';
import type { Facts } from './facts.js';
import { underPreconditions } from './preconditions.js';
import type { PipelineDeps, Prepared } from './prepare.js';
import { callerOf, seal } from './seal-and-encode.js';
import type { Loaded } from './states.js';

/**
 * Reads the facts, seals the input and decides. A key that sealing takes is durable when this answers with events, and
 * was never made where it refuses.
 * @throws Rejection of the command, its facts or its preconditions; StoreUnavailable
 */
export async function decide(
  deps: PipelineDeps,
  c: Prepared,
  loaded: Loaded,
  facts: Facts,
): Promise<DomainEvent[]> {
  const { command } = c.operation;
  const read = command.facts ? await command.facts(c.input as never, facts.reader) : undefined;
  const context = new DecisionContext(c, deps.store.now(), read as never);
  const sealed = c.sealed ?? (await seal(c));
  const events = underPreconditions(c.request, loaded.version, () =>
    command.decide(loaded.state as never, sealed as never, context),
  );
  if (events.length === 0) return events;
  // Another process has made a key of its own: this time that one is found.
  if (!(await c.keys.keep())) return decide(deps, c, loaded, facts);
  c.sealed = sealed;
  return events;
}

/**
 * What a command's reply sees. A class, because what is worked out on demand needs accessors that all instances share:
 * with accessors of its own each object has a shape of its own, which keeps all that they see from being freed soon.
 */
export class CommandContext implements ReplyContext {
  protected readonly c: Prepared;
  readonly tenantId: string;
  readonly streamId: string;

  constructor(c: Prepared) {
    this.c = c;
    this.tenantId = c.tenantId;
    this.streamId = c.streamId;
  }
  get secret(): Secret {
    return this.c.secret();
  }
}

/** What a command's decision sees. */
class DecisionContext extends CommandContext implements DecideContext<string, never> {
  readonly actor: Caller;
  readonly commandId: string;

  constructor(
    c: Prepared,
    readonly now: string,
    readonly facts: never,
  ) {
    super(c);
    this.actor = callerOf(c.principal);
    this.commandId = c.commandId;
  }
  get elapsedUs(): number {
    return Math.round((performance.now() - this.c.takenUpAt) * 1_000);
  }
  readonly id = (name: string): string => uuidv5(name, this.commandId);
  readonly reject = (code: string, detail?: string, more?: Record<string, unknown>): never => {
    const { decider } = this.c.operation;
    const row = decider.rejections[code];
    if (!row) throw new Error(`${decider.name} has no rejection ${code}`);
    throw new Rejection(code, row, detail, more);
  };
}
