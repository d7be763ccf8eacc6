/** The HTTP application: declarations in, an express handler out. It knows no area. */
import { randomUUID } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { EventStore } from '../commands/event-store/port.js';
import type { RejectionTable } from '../domain/kernel.js';
import { bySpecificity } from './address.js';
import type { Audit } from './audit-entry.js';
import { answerBatch } from './batch.js';
import { commandRoutes, type CommandRouteDeps } from './command-routes.js';
import { docsRoutes } from './docs-page.js';
import { engineOperations } from './engine-operations.js';
import { engineRoutes, type EngineAnswer } from './engine-routes.js';
import { openErrorAnswers } from './error-answer.js';
import { answerEvents, answerStream } from './events.js';
import { exchangeOf, keepExchange, type Exchange, type Route } from './exchange.js';
import { healthRoutes, type HealthCheck } from './health.js';
import { checkTarget } from './input.js';
import { openMetrics, type Reading } from './metrics.js';
import { buildOpenApi } from './openapi.js';
import { openStreams, streamLimits, type StreamLimits } from './open-streams.js';
import { openOwnWrites } from './own-writes.js';
import { checkMessage } from './preconditions.js';
import { problemRoutes } from './problem-pages.js';
import { queryRoutes } from './query-routes.js';
import { logRequest } from './request-log.js';
import { answerLive } from './stream.js';
import { processTimers, type Timers } from './timers.js';
import { unmatched } from './unmatched.js';
import { answerWhoami } from './whoami.js';

/** Everything the HTTP engine needs. The members of `CommandRouteDeps` are the command and the query API. */
export interface AppDeps extends Omit<CommandRouteDeps, 'ownWrites'> {
  store: Pick<EventStore, 'readAll' | 'readStream' | 'exportLines' | 'subscribe' | 'head'>;
  audit: Audit;
  /** Every refusal there is: the engines' table and those of all areas. */
  rejections: RejectionTable;
  /** What `/readyz` asks, by name. */
  checks: Record<string, HealthCheck>;
  /** What the other engines have to show at `/metrics`. */
  collect?: () => Promise<readonly Reading[]>;
  log: Logger;
  /** The version of the package. */
  version: string;
  limits?: StreamLimits;
  timers?: Timers;
}

export interface App {
  handler: Express;
  /** `/readyz` turns 503, streams end, answers close their connections. */
  beginShutdown: () => void;
}

/** What a Request-Id of a client must look like to be taken over. */
const saneId = /^[A-Za-z0-9._:-]{1,64}$/;

/** Builds the application; `startServer` serves it. */
export function createApp(deps: AppDeps): App {
  const timers = deps.timers ?? processTimers;
  const answering = new Set<Exchange['res']>();
  let isStopping = false;
  const streams = openStreams({ ...deps, timers, limits: deps.limits ?? streamLimits });
  const metrics = openMetrics({
    collect: deps.collect ?? (async () => []),
    streamsOpen: () => ({ live: streams.count('live'), export: streams.count('export') }),
    timers,
  });
  const { problemOf, answerError } = openErrorAnswers(deps);
  const withWrites = { ...deps, ownWrites: openOwnWrites() };
  const eventDeps = { ...deps, streams, timers };
  const answers: Record<keyof typeof engineOperations, EngineAnswer> = {
    whoami: answerWhoami(deps.store),
    readEvents: answerEvents(eventDeps),
    streamEvents: answerLive(eventDeps),
    readStream: answerStream(eventDeps),
    runCommands: answerBatch({ ...withWrites, problemOf, isStopping: () => isStopping }),
  };
  const routes: Route[] = [
    ...commandRoutes(withWrites),
    ...queryRoutes(withWrites),
    ...engineRoutes(engineOperations, answers, deps),
    ...healthRoutes({ checks: deps.checks, isStopping: () => isStopping, timers }),
    metrics.route,
    ...problemRoutes(deps.rejections),
    ...docsRoutes({
      openApi: buildOpenApi({ ...deps, operations: engineOperations }),
      version: deps.version,
    }),
  ];

  const begin: RequestHandler = (req, res, next) => {
    const given = req.headers['request-id'];
    const requestId = typeof given === 'string' && saneId.test(given) ? given : randomUUID();
    const exchange: Exchange = { req, res, requestId, operationId: 'none', startedAt: timers.now() };
    keepExchange(exchange);
    res.setHeader('Request-Id', requestId);
    if (isStopping) res.setHeader('Connection', 'close');
    answering.add(res);
    res.on('close', () => {
      answering.delete(res);
      const ms = timers.now() - exchange.startedAt;
      metrics.observe(exchange, ms / 1000);
      logRequest(deps.log, exchange, ms);
    });
    checkMessage(req);
    checkTarget(req.originalUrl);
    next();
  };
  return {
    handler: mounted(routes, begin, answerError),
    beginShutdown: () => {
      isStopping = true;
      for (const res of answering) if (!res.headersSent) res.setHeader('Connection', 'close');
      streams.endAll();
    },
  };
}

function mounted(
  routes: Route[],
  begin: RequestHandler,
  answerError: (exchange: Exchange, error: unknown) => void,
): Express {
  const app = express();
  for (const name of ['x-powered-by', 'etag', 'query parser']) app.set(name, false);
  for (const name of ['case sensitive routing', 'strict routing']) app.enable(name);
  app.use(begin, securityHeaders);
  for (const { http, operationId, run } of routes.toSorted(bySpecificity)) {
    const [method, path] = http.split(' ') as ['GET', string];
    app[method.toLowerCase() as 'get'](path, (_req, res) => {
      const exchange = exchangeOf(res);
      exchange.operationId = operationId;
      return run(exchange);
    });
  }
  app.use(unmatched(routes));
  const onError: ErrorRequestHandler = (error, _req, res, _next) => answerError(exchangeOf(res), error);
  app.use(onError);
  return app;
}

/** What helmet has for an API that answers JSON: nothing may be run, framed, sniffed or embedded. */
const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  referrerPolicy: { policy: 'no-referrer' },
  crossOriginResourcePolicy: { policy: 'same-origin' },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xPoweredBy: false,
  xXssProtection: false,
});
