/**
 * A small application for the specs of the HTTP engine: two collections of nothing in particular, a pipeline that
 * writes to the memory store, real express and real HTTP on a free port.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pino } from 'pino';
import { z } from 'zod';
import { createApp, type AppDeps } from '../../src/api/app.js';
import type { AuditEntry } from '../../src/api/audit-entry.js';
import { startServer, type RunningServer } from '../../src/api/server.js';
import { processTimers, type Timers } from '../../src/api/timers.js';
import { MemoryStore } from '../../src/commands/event-store/memory.js';
import { parseInput } from '../../src/commands/parse-input.js';
import type { CommandRequest, Principal, Receipt } from '../../src/commands/receipt.js';
import { engineRejections, refuse } from '../../src/commands/rejections.js';
import { Rejection, type Command, type RejectionTable } from '../../src/domain/kernel.js';
import { personal } from '../../src/domain/sealed.js';
import { query } from '../../src/projections/engine/declaration.js';

export const thingRejections = {
  'thing-not-found': { status: 404, title: 'There is no such thing' },
  'thing-locked': { status: 409, title: 'The thing is locked', next: 'POST /things/:thingId/touch' },
} as const satisfies RejectionTable;

const command = (spec: Omit<Command, 'decide' | 'rejects'> & { rejects?: string[] }): Command => ({
  rejects: ['thing-not-found'],
  decide: () => [],
  ...spec,
});

const thingId = z.string().min(1).max(64);

export const commands: Record<string, Command> = {
  createThing: command({
    http: 'POST /things',
    summary: 'Make a thing',
    permission: 'things:write',
    input: z.strictObject({
      name: z.string().min(1),
      note: personal('@actor', z.string()).optional(),
      size: z.int().default(1),
      anything: z.json().optional(),
    }),
  }),
  renameThing: command({
    http: 'PUT /things/:thingId/name',
    summary: 'Rename a thing',
    permission: 'things:write',
    input: z.strictObject({ thingId, name: z.string().min(1) }),
    rejects: ['thing-not-found', 'thing-locked'],
  }),
  touchThing: command({
    http: 'POST /things/:thingId/touch',
    summary: 'Touch a thing',
    permission: 'things:write',
    input: z.strictObject({ thingId }),
  }),
  importThing: command({
    http: 'POST /things/import',
    summary: 'Make a thing of something else',
    permission: 'things:write',
    input: z.strictObject({ name: z.string() }),
  }),
  measureThing: command({
    http: 'POST /things/:thingId/measures',
    summary: 'Note a measure; telemetry',
    permission: 'things:write',
    input: z.strictObject({ thingId }),
  }),
  sweepThings: command({
    http: 'internal',
    summary: 'No address leads here',
    permission: 'things:write',
    input: z.strictObject({}),
  }),
};

const thing = z.strictObject({ thingId: z.string(), name: z.string(), version: z.int() });

export const queries = {
  getThing: query({
    http: 'GET /things/:thingId',
    summary: 'One thing',
    permission: 'things:read',
    input: z.strictObject({ thingId, channel: z.enum(['production', 'staging']).optional() }),
    output: thing,
    asOf: true,
    reads: [],
    rejects: ['thing-not-found'],
    run: async () => ({ body: { thingId: '', name: '', version: 0 } }),
  }),
  listThings: query({
    http: 'GET /things',
    summary: 'All things',
    permission: 'things:read',
    input: z.strictObject({
      limit: z.int().min(1).max(500).default(50),
      cursor: z.string().optional(),
      tags: z.array(z.string().min(1)).optional(),
      isSmall: z.boolean().optional(),
      weight: z.number().optional(),
    }),
    output: z.strictObject({ items: z.array(thing), next: z.string().nullable() }),
    reads: [],
    run: async () => ({ body: { items: [], next: null } }),
  }),
};

const principals: Record<string, Principal> = {
  'owner-key': {
    tenantId: 'acme',
    kind: 'user',
    id: 'olga',
    credential: 'k1',
    roles: ['owner'],
    teams: ['crew'],
  },
  'admin-key': { tenantId: 'acme', kind: 'user', id: 'adam', credential: 'k2', roles: ['admin'], teams: [] },
  'viewer-key': {
    tenantId: 'acme',
    kind: 'user',
    id: 'vera',
    credential: 'k3',
    roles: ['viewer'],
    teams: [],
  },
  'other-key': { tenantId: 'other', kind: 'user', id: 'otto', credential: 'k4', roles: ['owner'], teams: [] },
};

const grants: Record<string, readonly string[]> = {
  owner: ['self:read', 'things:read', 'things:write', 'events:read', 'events:open'],
  admin: ['self:read', 'things:read', 'things:write', 'events:read'],
  viewer: ['self:read', 'things:read'],
};
const allowed = ({ roles }: Principal, permission: string): boolean =>
  roles.some((role) => grants[role]?.includes(permission));

export const sealed = (text: string) => ({ $sealed: { key: 'k', iv: 'i', ct: text, eq: 'e', at: 'a' } });

/** Opens what `sealed` closes, wherever it stands. */
async function open(value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map(open));
  if (typeof value !== 'object' || value === null) return value;
  if ('$sealed' in value) return `opened ${(value as ReturnType<typeof sealed>).$sealed.ct}`;
  const members = Object.entries(value).map(async ([name, member]) => [name, await open(member)] as const);
  return Object.fromEntries(await Promise.all(members));
}

/** Appends one event to the memory store, as the pipeline would. */
export async function append(
  store: MemoryStore,
  { tenantId, stream, type, data = {} }: { tenantId: string; stream: string; type: string; data?: object },
): Promise<{ version: number; position: number; eventId: string }> {
  const expectedVersion = (await store.readStream('record', stream)).length;
  const eventId = randomUUID();
  const meta = {
    causationId: null,
    commandId: eventId,
    correlationId: 'c',
    dataClass: 'record',
    subjects: [],
  };
  const result = await store.append({
    log: 'record',
    tenantId,
    stream,
    expectedVersion,
    events: [
      {
        eventId,
        type,
        schemaVersion: 1,
        data: JSON.stringify(data),
        actor: '{"id":"olga","kind":"user"}',
        meta: JSON.stringify(meta),
        occurredAt: store.now(),
      },
    ],
    claims: [],
    guards: [],
    commandId: eventId,
  });
  if (result.outcome !== 'appended') throw new Error(result.outcome);
  return { version: result.version, position: result.position, eventId };
}

/** A pipeline of a dozen lines: parses, authorises, appends one event named after the operation. */
function smallHandle(store: MemoryStore) {
  const seen = new Map<string, Receipt>();
  const requests: CommandRequest[] = [];
  const handle = async (principal: Principal, request: CommandRequest): Promise<Receipt> => {
    requests.push(request);
    const declared = commands[request.operationId]!;
    const input = parseInput(declared.input, request.input);
    if (!allowed(principal, declared.permission)) {
      return refuse('forbidden', 'no', { permission: declared.permission });
    }
    const earlier = request.idempotencyKey && seen.get(request.idempotencyKey);
    if (earlier) return { ...earlier, replayed: true };
    const id = (input['thingId'] as string | undefined) ?? randomUUID();
    const stream = `thing-${principal.tenantId}_${id}`;
    const version = (await store.readStream('record', stream)).length;
    if (input['thingId'] !== undefined && version === 0) {
      throw new Rejection('thing-not-found', thingRejections['thing-not-found']);
    }
    if (input['name'] === 'locked') throw new Rejection('thing-locked', thingRejections['thing-locked']);
    if (input['name'] === 'defect') throw new Error('secret text in a defect');
    if (request.ifMatch !== undefined && request.ifMatch !== version) {
      return refuse('precondition-failed', 'no', { currentVersion: version });
    }
    const { thingId: _, ...rest } = input;
    const data = typeof rest['note'] === 'string' ? { ...rest, note: sealed(rest['note']) } : rest;
    const type = request.operationId.replace(/^./, (letter) => letter.toUpperCase());
    const done = await append(store, { tenantId: principal.tenantId, stream, type, data });
    const receipt: Receipt = {
      commandId: done.eventId,
      id,
      stream,
      version: done.version,
      position: done.position,
      events: [{ id: done.eventId, type, data }],
      created: done.version === 1,
      replayed: false,
    };
    if (request.idempotencyKey) seen.set(request.idempotencyKey, receipt);
    return receipt;
  };
  return { handle, requests };
}

/** Everything a spec may want to look at, besides the running server. */
export interface SmallApp {
  server: RunningServer;
  store: MemoryStore;
  audited: AuditEntry[];
  requests: CommandRequest[];
  ran: Parameters<AppDeps['runQuery']>[0][];
  logged: Record<string, unknown>[];
  /** Keys that are no longer accepted. */
  revoked: Set<string>;
  /** The responses so far, as the server holds them. */
  responses: ServerResponse[];
  beginShutdown: () => void;
  call(method: string, path: string, options?: CallOptions): Promise<Answered>;
}
interface CallOptions {
  key?: string | null;
  body?: unknown;
  raw?: string | Buffer;
  headers?: Record<string, string>;
}
// oxlint-disable-next-line typescript/no-explicit-any
export type Answered = { status: number; headers: Headers; text: string; json: any };

/** Starts the application; `overrides` replace its dependencies, `timers` are those of the server. */
export async function startSmallApp(
  overrides: Partial<AppDeps> = {},
  timers: Timers = processTimers,
): Promise<SmallApp> {
  const store = new MemoryStore();
  const audited: AuditEntry[] = [];
  const ran: SmallApp['ran'] = [];
  const logged: Record<string, unknown>[] = [];
  const revoked = new Set<string>();
  const { handle, requests } = smallHandle(store);
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const app = createApp({
    handle,
    commands,
    queries,
    runQuery: async (request) => {
      ran.push(request);
      const id = request.input['thingId'] as string | undefined;
      if (id === undefined) return { answer: { body: { items: [], next: null } }, position: 0, degraded: [] };
      const events = await store.readStream('record', `thing-${request.reader.tenantId}_${id}`);
      if (events.length === 0) throw new Rejection('thing-not-found', thingRejections['thing-not-found']);
      const { name } = JSON.parse(events.at(-1)!.data) as { name?: string };
      const body = { thingId: id, name: name ?? '', version: events.length };
      return { answer: { body, version: events.length }, position: events.at(-1)!.position, degraded: [] };
    },
    store,
    authenticate: async (token) => (revoked.has(token) ? null : (principals[token] ?? null)),
    allowed,
    open,
    audit: (entry) => void audited.push(entry),
    logOf: (operationId) => (operationId === 'measureThing' ? 'telemetry' : 'record'),
    idOf: () => 'thingId',
    rejections: { ...engineRejections, ...thingRejections },
    checks: {},
    log,
    version: '0.0.0',
    ...overrides,
  });
  const responses: ServerResponse[] = [];
  const handler = (req: IncomingMessage, res: ServerResponse): void => {
    responses.push(res);
    app.handler(req, res);
  };
  const watched = { ...app, handler: handler as typeof app.handler };
  const server = await startServer({ app: watched, host: '127.0.0.1', port: 0, log, timers });
  const call: SmallApp['call'] = async (method, path, { key = 'owner-key', body, raw, headers } = {}) => {
    const response = await fetch(server.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(key !== null && { Authorization: `Bearer ${key}` }),
        ...((body !== undefined || raw !== undefined) && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(raw !== undefined ? { body: raw } : body !== undefined ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    const isJson = /[/+]json$/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson && text ? JSON.parse(text) : undefined,
    };
  };
  return {
    server,
    store,
    audited,
    requests,
    ran,
    logged,
    revoked,
    responses,
    call,
    beginShutdown: app.beginShutdown,
  };
}

/** Timers that stand still until a spec moves them. */
export function handTimers() {
  let now = 0;
  const due: { at: number; every?: number; run: () => void }[] = [];
  const add = (entry: (typeof due)[number]) => {
    due.push(entry);
    return () => {
      const index = due.indexOf(entry);
      if (index >= 0) due.splice(index, 1);
    };
  };
  return {
    now: () => now,
    every: (ms: number, run: () => void) => add({ at: now + ms, every: ms, run }),
    after: (ms: number, run: () => void) => add({ at: now + ms, run }),
    /** How many timers are set. */
    pending: () => due.length,
    /** Lets time pass, running what becomes due in its order. */
    advance(ms: number) {
      const end = now + ms;
      for (;;) {
        const [next] = due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        now = next.at;
        if (next.every === undefined) due.splice(due.indexOf(next), 1);
        else next.at += next.every;
        next.run();
      }
      now = end;
    },
  };
}
