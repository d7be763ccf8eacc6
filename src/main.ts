/** The wiring: the only file that puts the parts of a serving process together. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { openAccessRecord, type AccessRecord } from './access-record.js';
import { createApp, type App } from './api/app.js';
import { startServer } from './api/server.js';
import { openAuthentication } from './authentication.js';
import { postgresCheckpoints } from './commands/checkpoints.js';
import { StoreUnavailable } from './commands/event-store/port.js';
import { postgresLeases } from './commands/leases.js';
import { startReactors } from './commands/reactors.js';
import { commandsOf, modules } from './commands/registry.js';
import { engineRejections } from './commands/rejections.js';
import { openValues } from './commands/sealing/open.js';
import { logOf } from './commands/states.js';
import { startTimers } from './commands/timers.js';
import type { Config } from './config.js';
import { claimDataDir } from './database/data-dir-claim.js';
import {
  installationState,
  migrateInstallation,
  openInstallation,
  type Installation,
} from './database/installation.js';
import { checkServer, type ServerCheck } from './database/server-check.js';
import { allowed } from './domain/tenancy/permissions.js';
import { openEngines, type Engines } from './engines.js';
import { ensureFirstTenant } from './first-tenant.js';
import { healthChecks, type ProcessManagers } from './health-checks.js';
import { metricReadings } from './metric-readings.js';
import { openDeadlines } from './projections/deadlines/earliest-deadlines.js';
import { openCursors } from './projections/engine/cursor.js';
import { openQueries } from './projections/engine/query.js';
import { projectionsOf, queriesOf, readModules } from './projections/engine/registry.js';
import { startRunner, type Runner } from './projections/engine/runner.js';

export type ServeRole = 'all' | 'api' | 'worker';

export interface Running {
  url: string;
  /** The file with the first owner's API key, where this installation drew one. */
  ownerKeyFile?: string;
  /** Answers what is in flight, stops reactors, timers and read models, disconnects. Safe to call twice. */
  stop(): Promise<void>;
}

/** Within this time a stop is over, whatever hangs. */
const stopMs = 9_000;

/** Why a process cannot start, with the exit code that says so. */
export const cannotStart = (exitCode: number, message: string): Error =>
  Object.assign(new Error(message), { exitCode });

/** The version in package.json, which `/openapi.json` and `/docs` show. */
export const version = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/**
 * Starts a process: databases, engines, read models, reactors and timers (unless `api`), HTTP (`worker` has health and metrics
 * only). Port 0 takes a free one. `claim` makes it the one `serve` of an embedded data directory.
 * @throws an error with `exitCode` 4 (configuration, schema behind) or 5 (no database)
 */
export async function start(
  config: Config,
  { role, log, port, claim }: { role: ServeRole; log: Logger; port: number; claim: boolean },
): Promise<Running> {
  const closing: (() => Promise<unknown>)[] = [];
  const stop = once(async () => {
    const deadline = AbortSignal.timeout(stopMs);
    const late = new Promise<void>((resolve) => deadline.addEventListener('abort', () => resolve()));
    for (const end of closing.splice(0).reverse()) {
      const ending = end().catch((error: unknown) => {
        log.error({ err: error }, 'something did not stop as it should');
      });
      // What waits for a database that hangs is left: everything acknowledged is on disk already.
      await Promise.race([ending, late]);
    }
    if (deadline.aborted) log.warn('stopped without waiting for all that hangs');
  });
  try {
    const setUrl = claim ? await claimed(config, closing) : undefined;
    const installation = await openInstallation(config, { log, passing: !claim });
    closing.push(() => installation.close());
    const server = await preparedServer(config, installation, log);
    const engines = await openEngines(config, installation, log).catch((error: Error) => {
      // What does not fit (a KEK that is not this database's) is configuration; what does not answer is not.
      throw cannotStart(error instanceof StoreUnavailable ? 5 : 4, error.message);
    });
    closing.push(() => engines.close());
    const ownerKeyFile = role === 'worker' ? undefined : await ensureFirstTenant({ config, ...engines, log });
    const processId = randomUUID();
    const runner = startRunner({
      ...engines,
      projections: projectionsOf(readModules),
      decode: engines.codec.decode,
      log,
      processId,
      role,
    });
    closing.push(() => runner.stop());
    const managers = role === 'api' ? null : startProcessManagers(engines, processId, log);
    if (managers)
      closing.push(
        () => managers.timers.stop(),
        () => managers.reactors.stop(),
      );
    const access = openAccessRecord({ handle: engines.handle, log });
    closing.push(() => access.close());
    const app = appFor({ role, engines, runner, managers, access, installation, server, log });
    const http = await startServer({ app, host: config.host, port, log });
    closing.push(() => http.close());
    await setUrl?.(http.url);
    return { url: http.url, ...(ownerKeyFile && { ownerKeyFile }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts what acts by itself: on events that were recorded, and when a deadline has come. */
function startProcessManagers(engines: Engines, holder: string, log: Logger): ProcessManagers {
  const { pool } = engines;
  return {
    reactors: startReactors({ ...engines, modules, checkpoints: postgresCheckpoints(pool), holder, log }),
    timers: startTimers({
      ...engines,
      modules,
      readDeadlines: openDeadlines(pool),
      leases: postgresLeases(pool, 'ops.leases'),
      holder,
      log,
    }),
  };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}

/** Makes this process the one that serves an embedded data directory. */
async function claimed(
  config: Config,
  closing: (() => Promise<unknown>)[],
): Promise<((url: string) => Promise<void>) | undefined> {
  if (config.database) return undefined;
  const url = `http://${config.host}:${config.port}`;
  const claim = await claimDataDir({ dataDir: config.dataDir, url });
  if (!claim.ok) {
    throw cannotStart(
      1,
      `another process (${claim.pid}) serves ${config.dataDir} already: ${claim.url}\n` +
        'For a second one use DRAMATIS_DATA_DIR and DRAMATIS_PORT.',
    );
  }
  closing.push(() => claim.release());
  return claim.setUrl;
}

/** Migrates an embedded database; of an own one it demands that it is up to date and fit. */
async function preparedServer(
  config: Config,
  installation: Installation,
  log: Logger,
): Promise<Extract<ServerCheck, { ok: true }>> {
  const server = await checkServer({ url: installation.appUrl }).catch((error: Error) => {
    throw cannotStart(5, `the database does not answer: ${error.message}`);
  });
  if (!server.ok) throw cannotStart(4, server.reason);
  if (installation.embedded) await migrateInstallation(installation, log);
  const state = await installationState(installation).catch((error: Error) => {
    throw cannotStart(5, `the data keys' database does not answer: ${error.message}`);
  });
  if (state === 'behind' || state === 'diverged') {
    throw cannotStart(4, `the database schema is ${state}: run \`dramatis migrate\``);
  }
  if (server.isSuperuser || server.ownsRecord) {
    log.warn('the role of DRAMATIS_DATABASE_URL could change the record: use one that owns nothing');
  }
  return { ...server, ownsRecord: server.ownsRecord && config.database !== undefined };
}

function appFor({
  role,
  engines,
  runner,
  managers,
  access,
  installation,
  server,
  log,
}: {
  role: ServeRole;
  engines: Engines;
  runner: Runner;
  managers: ProcessManagers | null;
  access: AccessRecord;
  installation: Installation;
  server: Extract<ServerCheck, { ok: true }>;
  log: Logger;
}): App {
  const { handle, store, states, keyring, queryPool, instanceKey } = engines;
  const registered = commandsOf(modules);
  const serves = role !== 'worker';
  const open = <T>(json: T): Promise<T> => openValues(json, keyring);
  const queries = openQueries({
    store,
    pool: queryPool,
    cursors: openCursors({ key: instanceKey }),
    open,
    moved: runner.changed,
  });
  return createApp({
    handle,
    commands: serves ? Object.fromEntries([...registered].map(([name, { command }]) => [name, command])) : {},
    queries: serves ? Object.fromEntries(queriesOf(readModules)) : {},
    runQuery: queries.run,
    authenticate: serves ? openAuthentication(states) : async () => null,
    allowed,
    open,
    logOf: (operationId) => logOf(registered.get(operationId)!.decider),
    idOf: (operationId) => registered.get(operationId)!.decider.id,
    store,
    audit: access.note,
    rejections: Object.assign(
      {},
      engineRejections,
      ...modules.map(({ decider }) => decider.rejections),
    ) as never,
    checks: healthChecks({ engines, installation, runner, managers, server }),
    collect: async () => metricReadings(runner, managers),
    log,
    version,
  });
}
