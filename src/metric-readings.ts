import type { Reading } from './api/metrics.js';
import type { Runner } from './projections/engine/runner.js';

/** What the read models have to show at `/metrics`, per projection. */
export function metricReadings(runner: Runner): Reading[] {
  return Object.entries(runner.status()).flatMap(([projection, one]): Reading[] => {
    const gauge = (name: string, help: string, value: number): Reading => ({
      name: `dramatis_projection_${name}`,
      help,
      kind: 'gauge',
      value,
      labels: { projection },
    });
    return [
      gauge('position', 'Position of the last event applied', one.position),
      gauge('lag_events', 'Events between the projection and the head of its log', one.lag),
      gauge('parked_events', 'Events that wait for a retry', one.parked),
      gauge('inexact', '1 when a rebuild is needed', Number(one.inexact)),
      gauge('outdated', '1 when it stands before an event of a newer version', Number(one.outdated !== null)),
      gauge('live', '1 when its table serves', Number(one.state === 'live')),
      gauge(
        'heartbeat_seconds',
        'When this process last showed that it is alive, in seconds since 1970',
        one.heartbeatAt === null ? 0 : Date.parse(one.heartbeatAt) / 1000,
      ),
    ];
  });
}
