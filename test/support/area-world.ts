/**
 * Commands in, read models, queries out — the pipeline over the memory store, the runner and the queries over
 * PostgreSQL, without HTTP. The clock stands still but for a second before every command, so that instants
 * between commands are known.
 */
import { pino } from 'pino';
import { openCodec } from '../../src/commands/codec.js';
import { memoryCounters } from '../../src/commands/counters.js';
import { MemoryStore } from '../../src/commands/event-store/memory.js';
import { openPipeline } from '../../src/commands/handle.js';
import { parseInput } from '../../src/commands/parse-input.js';
import type { Receipt } from '../../src/commands/receipt.js';
import { modules } from '../../src/commands/registry.js';
import { memoryKeyring } from '../../src/commands/sealing/memory-keyring.js';
import { openValues } from '../../src/commands/sealing/open.js';
import { openStates } from '../../src/commands/states.js';
import { openPool } from '../../src/database/pool.js';
import { Rejection, type Role } from '../../src/domain/kernel.js';
import { allowed } from '../../src/domain/tenancy/permissions.js';
import { openCursors } from '../../src/projections/engine/cursor.js';
import type { Answer, ReadModule } from '../../src/projections/engine/declaration.js';
import { openQueries } from '../../src/projections/engine/query.js';
import { projectionsOf, queriesOf } from '../../src/projections/engine/registry.js';
import { startRunner } from '../../src/projections/engine/runner.js';
import { freshDatabase } from './database.js';

export interface AreaWorld {
  /** Sends a command as a member. @throws Rejection */
  send(operationId: string, input: Record<string, unknown>, as?: Partial<Member>): Promise<Receipt>;
  /** Asks a query and gives its body. @throws Rejection */
  ask<T = Body>(
    operationId: string,
    input: Record<string, unknown>,
    as?: Partial<Member & Moment>,
  ): Promise<T>;
  /** The same with what surrounds the body. @throws Rejection */
  answer(
    operationId: string,
    input: Record<string, unknown>,
    as?: Partial<Member & Moment>,
  ): Promise<Answer<Body>>;
  /** The code of the rejection that a promise ends in. */
  refused(promise: Promise<unknown>): Promise<string>;
  /** The clock: an instant after everything sent so far, before everything sent later. */
  now(): string;
  stop(): Promise<void>;
}
/** The body of most answers, as far as specs look into it. */
type Body = Record<string, unknown> & { items: Record<string, unknown>[]; next: string | null };
interface Member {
  tenantId: string;
  id: string;
  roles: Role[];
  teams: string[];
}
interface Moment {
  asOf: string;
}

/** Opens a world with one area's read models on a database of its own. */
export async function areaWorld(readModule: ReadModule): Promise<AreaWorld> {
  let clock = Date.UTC(2026, 0, 1);
  const now = (): string => new Date(clock).toISOString();
  const database = await freshDatabase();
  const pool = openPool({ url: database.urls.app, max: 4, applicationName: 'spec' });
  const store = new MemoryStore({ now });
  const codec = openCodec(modules);
  const states = openStates({ store, codec });
  const instanceKey = Buffer.alloc(32, 7);
  const keyring = memoryKeyring();
  const handle = openPipeline({
    store,
    codec,
    states,
    keyring,
    counters: memoryCounters(),
    modules,
    allowed,
    instanceKey,
  });
  const projections = projectionsOf([readModule]);
  const log = pino({ level: 'silent' });
  const runner = startRunner({
    store,
    pool,
    projections,
    decode: codec.decode,
    log,
    processId: 'spec',
    role: 'all',
  });
  const queries = openQueries({
    store,
    pool,
    cursors: openCursors({ key: instanceKey }),
    open: (json) => openValues(json, keyring),
  });
  const operations = queriesOf([readModule]);
  const member: Member = { tenantId: 'acme', id: 'ada', roles: ['owner'], teams: [] };

  const answer: AreaWorld['answer'] = async (operationId, input, { asOf, ...as } = {}) => {
    await runner.drained();
    const query = operations.get(operationId)!;
    const { id: memberId, ...rest } = { ...member, ...as };
    const ran = await queries.run({
      query,
      input: parseInput(query.input, input),
      reader: { memberId, ...rest },
      ...(asOf !== undefined && { asOf }),
    });
    return ran.answer as Answer<Body>;
  };

  return {
    send(operationId, input, as = {}) {
      clock += 1_000;
      const principal = { kind: 'user' as const, ...member, ...as };
      return handle(principal, { operationId, input, correlationId: 'spec' });
    },
    ask: async (...asked) => (await answer(...asked)).body as never,
    answer,
    async refused(promise) {
      const error: unknown = await promise.then(
        () => null,
        (reason: unknown) => reason,
      );
      if (!(error instanceof Rejection)) throw new Error('it was not refused', { cause: error });
      return error.code;
    },
    now,
    async stop() {
      await runner.stop();
      await store.close();
      await pool.end();
      await database.drop();
    },
  };
}
