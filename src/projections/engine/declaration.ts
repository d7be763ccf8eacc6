/**
 * What a projection and a query are. A read model's file declares both: how events make its rows, and the
 * queries that read them. Everything else — tables, checkpoints, history, tenancy, cursors — is the engine's.
 */
import type { z } from 'zod';
import type { EventMeta, EventSchemas, Role } from '../../domain/kernel.js';
import type { Log } from '../../commands/event-store/port.js';
import type { Condition, WhereOther } from './conditions.js';

export type { Condition, WhereOther } from './conditions.js';

/** An event on its way into a projection: decoded, with everything around its data. */
export interface ProjectedEvent<D = Record<string, unknown>> {
  log: Log;
  position: number;
  eventId: string;
  type: string;
  data: D;
  meta: EventMeta;
}

/**
 * A row is JSON; sealed values stay sealed in it. Handlers get it as jsonb gives it back (members without a
 * value left out, members in jsonb's order). They never change it: they make a new row, or return the very same
 * one when the event changes nothing.
 */
export type Row = Record<string, unknown>;

type Handlers<R, E extends EventSchemas> = {
  [K in keyof E & string]?: (
    row: Readonly<R> | null,
    data: z.output<E[K]>,
    event: ProjectedEvent<z.output<E[K]>>,
  ) => Readonly<R> | null;
};

/**
 * How `asOf` is answered: `history` keeps every former state of a row with the positions between which it
 * held; `immutable` says that a row never changes once it is there, so its own position tells.
 */
export type AsOf = 'history' | 'immutable';

/** Rows folded in memory, one at a time: pure, so its spec needs no database. */
export interface RowProjection {
  kind: 'row';
  /** `[a-z][a-z0-9_]*`, at most 40 characters: it becomes the table's name. */
  name: string;
  /** Bumping it builds a new table beside the old one, which serves until the new one has caught up. */
  version: number;
  log: Log;
  /** The row's key within its tenant. Rows with different keys never share a handler call. Pure. */
  key: (event: ProjectedEvent) => string;
  on: Record<string, (row: Row | null, data: never, event: ProjectedEvent) => Row | null>;
  /**
   * True (default) when every row comes from events of one stream: then a poison event parks that stream
   * alone. False marks the whole model inexact, and its retry is a rebuild.
   */
  streamKeyed: boolean;
  asOf?: AsOf;
  /**
   * SQL expressions over `row` (jsonb), `key`, `position` that queries filter and sort by; the engine puts the
   * tenant first and the key last. A plain text path such as `row->>'slug'` is indexed in C collation, and is
   * compared in it wherever a condition spells it the same way.
   */
  indexes: string[];
}

/** What a SQL projection may do with the connection of its transaction. */
export interface SqlExecutor {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

/** Set-wise statements for counters and append-only tables, where read-modify-write would serialise. */
export interface SqlProjection {
  kind: 'sql';
  /** `[a-z][a-z0-9_]*`, at most 40 characters: it becomes the table's name. */
  name: string;
  version: number;
  log: Log;
  /** Event types, or every type there is. */
  types: readonly string[] | '*';
  /**
   * Statements that make the one table and its indexes; `{table}` is the table's name with its schema, `{name}`
   * the bare name. The table has a column `tenant_id text COLLATE "C"`, by which the engine restricts every
   * read, and nothing that depends on when or in which pages events were applied (no serials, no clock).
   */
  ddl: string[];
  /**
   * Applies events, in log order, in the engine's transaction. How the log is cut into calls must not show in
   * the table: sums are integers, and nothing depends on which events come together.
   */
  apply: (db: SqlExecutor, table: string, events: ProjectedEvent[]) => Promise<void>;
}

export type Projection = RowProjection | SqlProjection;

/** Whether the projection does anything with events of this type. */
export const handles = (projection: Projection, type: string): boolean =>
  projection.kind === 'row'
    ? Object.hasOwn(projection.on, type)
    : projection.types === '*' || projection.types.includes(type);

/**
 * Declares a row projection over an area's events; `null` deletes the row.
 * @example export const personas = rowProjection<PersonaRow>()(personaEvents, { name: 'personas', version: 1, … })
 */
export function rowProjection<R extends Row>() {
  return <E extends EventSchemas>(
    _events: E,
    spec: Pick<RowProjection, 'name' | 'version' | 'key'> &
      Partial<Pick<RowProjection, 'log' | 'streamKeyed' | 'asOf' | 'indexes'>> & { on: Handlers<R, E> },
  ): RowProjection => ({
    kind: 'row',
    log: 'record',
    streamKeyed: true,
    indexes: [],
    ...spec,
    on: spec.on as unknown as RowProjection['on'],
  });
}

/** Declares a SQL projection. */
export const sqlProjection = (spec: Omit<SqlProjection, 'kind'>): SqlProjection => ({ kind: 'sql', ...spec });

/** Who asks. */
export interface Reader {
  tenantId: string;
  memberId: string;
  roles: Role[];
  /** Ids of the teams that the member belongs to. */
  teams: readonly string[];
}

export interface ListRequest {
  where?: Condition[];
  /** Conditions on the row of the same key as it is now, also where the list is of another moment. */
  whereNow?: Condition[];
  /** Conditions on rows of other models that the listed one names, as they are now. */
  whereOther?: WhereOther[];
  /** A text expression, never null (`coalesce(…, '')`), to sort by in C collation; the key breaks ties. Default: the key. */
  orderBy?: string;
  descending?: boolean;
  limit: number;
  cursor?: string | undefined;
}

export interface Found<R> {
  key: string;
  row: R;
  /** Position of the last event that changed the row. */
  position: number;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

/**
 * One read model as a query sees it: of the asking tenant only, and of the asked moment.
 * @throws Rejection `invalid-input` for a cursor that is not ours or belongs to other filters; StoreUnavailable
 */
export interface ModelReader {
  get<R extends Row = Row>(key: string): Promise<Found<R> | null>;
  list<R extends Row = Row>(request: ListRequest): Promise<Page<Found<R>>>;
}

export interface QueryContext {
  reader: Reader;
  now: string;
  /** The position that `?asOf=` means; absent for now. */
  asOf?: number;
  model(projection: RowProjection): ModelReader;
  /**
   * For SQL projections: rows of a statement with `$1`, `$2`, … for the values, in which `{table}` stands for
   * the reader's tenant's part of the live table and is followed by an alias (`FROM {table} t`).
   */
  sql<R extends object>(projection: SqlProjection, text: string, values: unknown[]): Promise<R[]>;
  /**
   * The position of an instant in the record log: how a query reads "as of" a moment other than `asOf`.
   * @throws Rejection `invalid-input` for what is neither, or lies in the future
   */
  at(instantOrPosition: string): Promise<number>;
  /** The same context as of another position. */
  asOfPosition(position: number): QueryContext;
  /** The same context as of now: who may see a thing is judged by today's sharing, also when its past is asked for. */
  current(): QueryContext;
  /**
   * A copy of a value with everything sealed in it opened, for an answer that is computed from it; what was
   * erased reads `{ erased }`. Only in memory: an answer's own sealed values are opened on its way out.
   * @throws Error for a value that does not authenticate; StoreUnavailable
   */
  open<T>(value: T): Promise<T>;
  /**
   * Signs and opens cursors: opaque to clients, refused with 400 when they are not ours, of another tenant or
   * of other filters. `scope` is whatever must be the same on the next page.
   */
  cursor: { seal(value: unknown, scope: unknown): string; open(text: string, scope: unknown): unknown };
  /** The id behind an id or a name held by a claim (such as a slug), or null. A UUID is taken for an id. */
  resolve(kind: string, category: string, idOrKey: string): Promise<string | null>;
}

/** What a query answers: a body, and for single things a version that becomes the ETag. */
export interface Answer<T> {
  body: T;
  version?: number | string;
  /** The body also depends on what the version does not tell: other streams, time, who asks. It is never answered 304. */
  changesUnseen?: true;
  /** Seconds that a client may keep the answer. */
  maxAge?: number;
}

/** A query as the engines see it. */
export interface Query {
  http: `GET /${string}`;
  summary: string;
  permission: string;
  input: z.ZodObject;
  output: z.ZodType;
  /** Whether `?asOf=` exists. */
  asOf: boolean;
  /** The projections it reads: what its answer waits for, and what `X-Degraded` speaks of. */
  reads: readonly Projection[];
  /** Refusals it may answer with, from its area's table. */
  rejects: readonly string[];
  run: (input: never, ctx: QueryContext) => Promise<Answer<unknown>>;
}

/** Declares a query beside the model that it reads. */
export function query<I extends z.ZodObject, O extends z.ZodType>(spec: {
  http: `GET /${string}`;
  summary: string;
  permission: string;
  input: I;
  output: O;
  asOf?: boolean;
  reads: readonly Projection[];
  rejects?: readonly string[];
  run: (input: z.output<I>, ctx: QueryContext) => Promise<Answer<z.output<O>>>;
}): Query {
  return { rejects: [], asOf: false, ...spec };
}

/** The read models of an area with their queries, keyed by operationId: what the registry holds. */
export interface ReadModule {
  projections: readonly Projection[];
  queries: Record<string, Query>;
}
