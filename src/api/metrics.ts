/** Prometheus metrics: requests, open streams, the process, and what the other engines report. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { send } from './answer.js';
import type { Exchange, Route } from './exchange.js';
import { statusOf } from './request-log.js';
import { within, type Timers } from './timers.js';

/** A scrape does not wait longer for the other engines: a hanging database must not hide the rest. */
const collectMs = 2_000;

/** One number from another engine, read at the moment of a scrape. */
export interface Reading {
  /** With its unit: `dramatis_projection_lag_events`. */
  name: string;
  help: string;
  kind: 'counter' | 'gauge';
  value: number;
  labels?: Record<string, string>;
}

export interface MetricsDeps {
  collect: () => Promise<readonly Reading[]>;
  streamsOpen: () => { live: number; export: number };
  timers: Timers;
}

export interface Metrics {
  /** Notes an answered request. */
  observe(exchange: Exchange, seconds: number): void;
  route: Route;
}

export function openMetrics({ collect, streamsOpen, timers }: MetricsDeps): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: 'dramatis_http_request_duration_seconds',
    help: 'Time from the request to the end of its answer, by operation and status; streams are left out',
    labelNames: ['operation', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  showOpenStreams(registry, streamsOpen);
  const show = readingsInto(registry);
  return {
    observe: (exchange, seconds) => {
      if (!exchange.isStream)
        durations.observe({ operation: exchange.operationId, status: statusOf(exchange) }, seconds);
    },
    route: {
      operationId: 'metrics',
      http: 'GET /metrics',
      run: async ({ res }) => {
        const read = collect().catch((): readonly Reading[] => []);
        show(await within(collectMs, read, timers, []));
        const text = await registry.metrics();
        send(res, 200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' }, text);
      },
    },
  };
}

function showOpenStreams(registry: Registry, streamsOpen: MetricsDeps['streamsOpen']): void {
  const open = new Gauge({
    name: 'dramatis_http_open_streams',
    help: 'Live streams and exports under way',
    labelNames: ['kind'],
    registers: [],
    collect: () => {
      for (const [kind, count] of Object.entries(streamsOpen())) open.set({ kind }, count);
    },
  });
  registry.registerMetric(open);
}

/** Shows the readings of a scrape in place of those of the one before. */
function readingsInto(registry: Registry): (readings: readonly Reading[]) => void {
  const known = new Map<string, Counter | Gauge>();
  return (readings) => {
    for (const metric of known.values()) metric.reset();
    for (const { name, help, kind, value, labels = {} } of readings) {
      let metric = known.get(name);
      if (!metric) {
        const definition = { name, help, labelNames: Object.keys(labels), registers: [registry] };
        metric = kind === 'counter' ? new Counter(definition) : new Gauge(definition);
        known.set(name, metric);
      }
      metric.inc(labels, value);
    }
  };
}
