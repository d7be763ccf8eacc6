import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type pg from 'pg';
import { openPool } from '../../../src/database/pool.js';
import type { EventStore } from '../../../src/commands/event-store/port.js';
import type { Projection } from '../../../src/projections/engine/declaration.js';
import { startRunner, type Runner, type RunnerDeps } from '../../../src/projections/engine/runner.js';
import { freshDatabase, type FreshDatabase } from '../../support/database.js';
import { decoder, listeningLog } from './accounts-area.js';

/** A database that each test finds without read models, and the runners on it, which end with the test. */
export interface EngineDatabase {
  readonly pool: pg.Pool;
  readonly urls: FreshDatabase['urls'];
  /** Another pool on the same database: another process, as far as the database can tell. */
  another(applicationName?: string): pg.Pool;
  run(store: EventStore, projections: readonly Projection[], more?: Partial<RunnerDeps>): Runner;
}

/** Registers the hooks that make the file's database, empty it after each test, and drop it. */
export function engineDatabase(): EngineDatabase {
  let database: FreshDatabase;
  let pools: pg.Pool[] = [];
  let runners: Runner[] = [];
  const another = (applicationName = 'spec'): pg.Pool => {
    const pool = openPool({ url: database.urls.app, max: 8, applicationName });
    pools.push(pool);
    return pool;
  };
  beforeAll(async () => {
    database = await freshDatabase();
  });
  beforeEach(() => void another());
  afterEach(async () => {
    await Promise.all(runners.map((runner) => runner.stop()));
    await forgetModels(another('cleaner'));
    await Promise.all(pools.map((pool) => pool.end()));
    runners = [];
    pools = [];
  });
  afterAll(() => database.drop());
  return {
    get pool() {
      return pools[0]!;
    },
    get urls() {
      return database.urls;
    },
    another,
    run(store, projections, more = {}) {
      const runner = startRunner({
        store,
        pool: pools[0]!,
        projections,
        decode: decoder(),
        log: listeningLog(),
        processId: `process-${runners.length + 1}`,
        role: 'all',
        ...more,
      });
      runners.push(runner);
      return runner;
    },
  };
}

async function forgetModels(pool: pg.Pool): Promise<void> {
  await pool.query(
    `DO $$ DECLARE made text; BEGIN
       FOR made IN SELECT tablename FROM pg_tables WHERE schemaname = 'rm' AND tableowner = current_user LOOP
         EXECUTE format('DROP TABLE rm.%I', made);
       END LOOP;
     END $$;
     TRUNCATE rm.models, rm.checkpoints, rm.parked, ops.heartbeats`,
  );
}
