/**
 * The kernel of the write side: what a decider is, what a command is, how a decision refuses.
 * Nothing here reads a clock, draws a number or does IO; time, ids, actors and secrets come in through
 * `DecideContext`, so that deciding again — now or in ten years — gives the same answer.
 */
import type { z } from 'zod';
import type { Personal } from './sealed.js';

export type Role = 'viewer' | 'editor' | 'approver' | 'admin' | 'owner' | 'auditor' | 'service';

/** Who acts. `id` is the member's id, `credential` the id of the key that was shown. */
export interface Actor {
  kind: 'user' | 'persona' | 'service' | 'timer';
  id: string;
  credential?: string;
  roles: Role[];
  onBehalfOf?: string;
}

/** Who asks for a decision: an actor, with what it belongs to now. Events keep the actor alone. */
export interface Caller extends Actor {
  /** Ids of the teams that the member belongs to. */
  teams: readonly string[];
}

/** `record` is kept for ever and proven; `telemetry` lives in its own log and expires. */
export type DataClass = 'record' | 'telemetry' | 'content' | 'sensitive_analysis' | 'secret';

/** What surrounds an event's data when it is folded or projected. */
export interface EventMeta {
  tenantId: string;
  stream: string;
  /** The part of the stream's name after the tenant. */
  streamId: string;
  version: number;
  occurredAt: string;
  recordedAt: string;
  actor: Actor;
  commandId: string;
}

export interface ClaimChange {
  op: 'take' | 'release';
  kind: string;
  key: string;
}

/** Takes a claim: the key of this kind belongs to this stream until it is released. */
export const take = (kind: string, key: string): ClaimChange => ({ op: 'take', kind, key });
/** Gives a claim back. */
export const release = (kind: string, key: string): ClaimChange => ({ op: 'release', kind, key });

/** One refusal of an area's table. `next` names the way out, such as `POST /refinements`. */
export interface RejectionRow {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 410 | 412 | 413 | 415 | 422 | 429 | 503;
  title: string;
  next?: string;
  retryable?: boolean;
}
export type RejectionTable = Record<string, RejectionRow>;

export interface FieldError {
  /** RFC 6901 pointer into the input. */
  pointer: string;
  detail: string;
}

/** The one way to refuse: a code from a rejection table. Anything else thrown is a defect. */
export class Rejection extends Error {
  override readonly name = 'Rejection';
  constructor(
    readonly code: string,
    readonly row: RejectionRow,
    readonly detail?: string,
    readonly more: { errors?: FieldError[]; [member: string]: unknown } = {},
  ) {
    super(detail ?? row.title);
  }
}

/** Makes the `reject` of one table: `reject('persona-archived', 'detail')` throws. */
export function rejecter<R extends RejectionTable>(table: R) {
  return (code: keyof R & string, detail?: string, more?: Record<string, unknown>): never => {
    const row = table[code];
    if (!row) throw new Error(`no rejection ${code} in the table`);
    throw new Rejection(code, row, detail, more);
  };
}

/** A secret drawn before `decide`: `value` is shown once in the reply, only `digest` may enter an event. */
export interface Secret {
  id: string;
  value: string;
  /** SHA-256 of the value, lower-case hex. */
  digest: string;
}

export interface DecideContext<Code extends string = string, Facts = undefined> {
  now: string;
  tenantId: string;
  /** The id part of the stream that is decided upon. */
  streamId: string;
  actor: Caller;
  commandId: string;
  facts: Facts;
  secret: Secret;
  /** Microseconds that the pipeline has spent on the command so far: measured, so only ever recorded, never judged. */
  readonly elapsedUs: number;
  /** An id that depends on the command and `name` only. */
  id(name: string): string;
  reject(code: Code, detail?: string, more?: Record<string, unknown>): never;
}

export interface ReplyContext {
  tenantId: string;
  streamId: string;
  /** Null when the receipt is built again for a repeated command: a secret is shown once. */
  secret: Secret | null;
}

/** One counter to be raised: what is counted since when is in its key, such as a window's beginning. */
export interface Count {
  key: string;
  amount: number;
  /** From when on nobody asks for it any more; ISO instant. */
  until: string;
}

/** An event of the past as a decision looks at it: stored form, so what is personal is sealed. */
export interface PastEvent {
  position: number;
  eventId: string;
  type: string;
  data: Record<string, unknown>;
  meta: EventMeta;
}

/**
 * Looks around for a decision. The states that it read are guarded: the append fails if one changed meanwhile, and
 * the command is decided again.
 */
export interface FactReader {
  tenantId: string;
  /** The id part of the stream that is decided upon. */
  streamId: string;
  caller: Caller;
  /** What `ctx.now` of the decision may be later than, by moments. */
  now: string;
  /** The state of another stream of this tenant. */
  state<S>(decider: AnyDecider & { initialState: () => S }, id: string): Promise<S>;
  /** The id of the stream that holds a claim of this tenant, or null. */
  claimOwner(kind: string, key: string): Promise<string | null>;
  /**
   * Raises counters of this tenant, at once and for good, whatever becomes of the command, and answers their values;
   * a command that is decided again, or sent again with its key, counts once.
   */
  count(counts: readonly Count[]): Promise<number[]>;
  /** An id that depends on the command and `name` only: what `ctx.id` of the decision gives. */
  id(name: string): string;
  /** Lets others go on: whoever works for long awaits it now and then. */
  pause(): Promise<void>;
  /** What stands for a text in this tenant: HMAC-SHA256 under a key of the tenant, lower-case hex. */
  pseudonym(text: string): string;
  /**
   * Seals a value that was made from the input, for a subject or — where nobody is named — for the stream. It may make
   * a data key: ask only when nothing is left to refuse.
   */
  seal(name: string, subjectId: string | undefined, value: unknown): Promise<Personal>;
  /** A copy of a value with everything sealed in it opened, in memory only; what was erased reads `{ erased }`. */
  open<T>(value: T): Promise<T>;
  /** Events of this tenant's record with `after` < position ≤ `to`, in order; not guarded, since the past stays. */
  events(
    selection: { types?: readonly string[]; stream?: { decider: AnyDecider; id: string } },
    range: { after: number; to: number },
  ): AsyncIterable<PastEvent>;
  /** The greatest position recorded at or before an instant; the instant's own if it is a position. @throws Rejection `invalid-input` */
  positionAt(moment: string, pointer: string): Promise<number>;
  /** The greatest position of the record. */
  head(): Promise<number>;
}

export type EventSchemas = Record<string, z.ZodObject>;

/** The union of `{ type, data }` over an area's events. */
export type EventOf<E extends EventSchemas> = {
  [K in keyof E & string]: { type: K; data: z.output<E[K]> };
}[keyof E & string];

export interface DomainEvent {
  type: string;
  data: Record<string, unknown>;
}

type HttpMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A command as the engines see it, its types erased. */
export interface Command {
  /** Method and address below /api/v1, `:name` marking members of the input; or `internal`: no address at all. */
  http: `${HttpMethod} /${string}` | 'internal';
  summary: string;
  permission: string;
  input: z.ZodObject;
  rejects: readonly string[];
  facts?: (input: never, read: FactReader) => Promise<unknown>;
  decide: (state: never, input: never, ctx: DecideContext<string, never>) => DomainEvent[];
  reply?: (state: never, events: never, ctx: ReplyContext) => unknown;
}

interface CommandSpec<S, E extends EventSchemas, I extends z.ZodObject, Code extends string, F> {
  http: Command['http'];
  summary: string;
  permission: string;
  input: I;
  rejects: readonly Code[];
  facts?: (input: z.output<I>, read: FactReader) => Promise<F>;
  decide: (state: S, input: z.output<I>, ctx: DecideContext<Code, F>) => EventOf<E>[];
  reply?: (state: S, events: EventOf<E>[], ctx: ReplyContext) => unknown;
}

interface DeciderSpec<S, E extends EventSchemas, R extends RejectionTable> {
  /** The stream category: no dash. */
  name: string;
  /** What the id is called in inputs and events. */
  id: string;
  /** Default `record`. Telemetry goes to its own log and expires. */
  dataClass?: DataClass;
  events: E;
  /** The schema version of an event that has grown since its first release; 1 where absent. */
  schemaVersions?: Partial<Record<keyof E & string, number>>;
  /** Retired event names: each turns the stored data into an event of today. Pure. */
  upcasters?: Record<string, (data: Record<string, unknown>) => DomainEvent>;
  rejections: R;
  initialState: () => S;
  /** One per event; a missing one does not compile. */
  evolve: { [K in keyof E & string]: (state: S, data: z.output<E[K]>, meta: EventMeta) => S };
  /** What an event takes or releases that must be unique across streams. */
  claims?: { [K in keyof E & string]?: (data: z.output<E[K]>) => ClaimChange[] };
  /** The rejection for a claim (by kind) that another stream holds. */
  claimRejections?: Record<string, keyof R & string>;
  /** What an event does to the timers of its stream: by name the instant when one is due, or null to stop it. */
  timers?: { [K in keyof E & string]?: (data: z.output<E[K]>) => Record<string, string | null> };
  /**
   * By timer, the internal command that is sent when it is due, with `{ [id]: <stream's id>, expectedDeadline }` as its
   * input; it changes something only while that deadline still stands.
   */
  timerCommands?: Record<string, string>;
  /** The stream of an input; without it, `input[id]` or else a new id in the caller's tenant. */
  locate?: (
    input: Record<string, unknown>,
    at: { tenantId: string; newId: string; now: string },
  ) => { tenantId?: string; id: string };
}

/** A decider as the engines see it, its types erased. */
export interface AnyDecider {
  name: string;
  id: string;
  dataClass: DataClass;
  events: EventSchemas;
  schemaVersions: Record<string, number>;
  upcasters: Record<string, (data: Record<string, unknown>) => DomainEvent>;
  rejections: RejectionTable;
  initialState: () => unknown;
  evolve: Record<string, (state: never, data: never, meta: EventMeta) => unknown>;
  claims: Record<string, ((data: never) => ClaimChange[]) | undefined>;
  claimRejections: Record<string, string>;
  timers: Record<string, ((data: never) => Record<string, string | null>) | undefined>;
  timerCommands: Record<string, string>;
  locate: (
    input: Record<string, unknown>,
    at: { tenantId: string; newId: string; now: string },
  ) => { tenantId?: string; id: string };
}

const defaultClass: DataClass = 'record';

/**
 * Declares one aggregate: its events, its state and how the state follows from the events.
 * @example const persona = deciderFor<Persona>()({ name: 'persona', id: 'personaId', … })
 */
export function deciderFor<S>() {
  return <const E extends EventSchemas, const R extends RejectionTable>(spec: DeciderSpec<S, E, R>) => ({
    name: spec.name,
    id: spec.id,
    dataClass: spec.dataClass ?? defaultClass,
    events: spec.events,
    schemaVersions: (spec.schemaVersions ?? {}) as Record<string, number>,
    upcasters: spec.upcasters ?? {},
    rejections: spec.rejections,
    initialState: spec.initialState,
    evolve: spec.evolve,
    claims: spec.claims ?? {},
    claimRejections: (spec.claimRejections ?? {}) as Record<string, string>,
    timers: (spec.timers ?? {}) as AnyDecider['timers'],
    timerCommands: spec.timerCommands ?? {},
    locate:
      spec.locate ??
      ((input: Record<string, unknown>, at: { newId: string }) => ({
        id: (input[spec.id] as string | undefined) ?? at.newId,
      })),
    /** Makes an event; a field too many or too few does not compile. */
    event: <K extends keyof E & string>(type: K, data: z.output<E[K]>): EventOf<E> => ({ type, data }),
    /** Declares a command. Its schema, address and permission are all there is to say about it. */
    command: <const I extends z.ZodObject, const Code extends keyof R & string, F = undefined>(
      command: CommandSpec<S, E, I, Code, F>,
    ): Command => command,
    /** Refuses with a code of the area's table; for guards, which narrow the state or throw. */
    reject: rejecter(spec.rejections),
  });
}

/** A command that follows from an event. Sealed values in its input are opened, and sealed again for its stream. */
export interface Reaction {
  operationId: string;
  input: Record<string, unknown>;
  /** What is sent in its place when a rule refuses it; without it, a refusal is the end of the matter. */
  otherwise?: (refusal: { code: string; detail: string }) => Reaction;
}

/**
 * Turns events into commands, in other streams too. Pure; each command has an id that follows from the event, so that
 * an event which is delivered again has no second effect. Rebuilding read models never runs it.
 */
export interface Reactor {
  /** Names its checkpoint: `[a-z][a-z0-9-]*`. */
  name: string;
  on: Record<string, (event: PastEvent & { data: never }) => Reaction[]>;
}

/** Declares a reactor over the events of an area. */
export const reactorOver = <E extends EventSchemas>(
  _events: E,
  spec: {
    name: string;
    on: { [K in keyof E & string]?: (event: PastEvent & { data: z.output<E[K]> }) => Reaction[] };
  },
): Reactor => spec as Reactor;

/** A decider with the commands that it decides, and the reactors to its events: what the registry holds. */
export interface Module {
  decider: AnyDecider;
  commands: Record<string, Command>;
  reactors: readonly Reactor[];
}

/** Pairs a decider with its commands, keyed by operationId. */
export function defineModule(
  decider: unknown,
  commands: Record<string, Command>,
  reactors: readonly Reactor[] = [],
): Module {
  return { decider: decider as AnyDecider, commands, reactors };
}

/** Folds an event into a state; the order is the stream's. */
export function evolve(decider: AnyDecider, state: unknown, event: DomainEvent, meta: EventMeta): unknown {
  const handler = decider.evolve[event.type];
  if (!handler) throw new Error(`${decider.name} has no evolve for ${event.type}`);
  return handler(state as never, event.data as never, meta);
}

/** `<category>-<tenant>_<id>`: the name of a stream. */
export const streamName = (category: string, tenantId: string, id: string): string =>
  `${category}-${tenantId}_${id}`;

/** Splits a stream's name; a category has no dash and a tenant id no underscore. */
export function parseStream(
  stream: string,
): { category: string; tenantId: string; streamId: string } | undefined {
  const match = /^([A-Za-z]+)-([^_]+)_(.+)$/.exec(stream);
  return match ? { category: match[1]!, tenantId: match[2]!, streamId: match[3]! } : undefined;
}
