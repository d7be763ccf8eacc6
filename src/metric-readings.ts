import type { Reading } from './api/metrics.js';
import type { Reactors } from './commands/reactors.js';
import type { Timers } from './commands/timers.js';
import type { ProcessManagers } from './health-checks.js';
import type { Runner } from './projections/engine/runner.js';

/** What the engines have to show at `/metrics`. */
export const metricReadings = (runner: Runner, managers: ProcessManagers | null): Reading[] => [
  ...ofProjections(runner),
  ...(managers ? [...ofReactors(managers.reactors), ...ofTimers(managers.timers)] : []),
];

function ofProjections(runner: Runner): Reading[] {
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

function ofReactors(reactors: Reactors): Reading[] {
  return Object.entries(reactors.status()).flatMap(([reactor, one]): Reading[] => {
    const gauge = (name: string, help: string, value: number): Reading => ({
      name: `dramatis_reactor_${name}`,
      help,
      kind: 'gauge',
      value,
      labels: { reactor },
    });
    return [
      gauge('position', 'Position of the last event reacted to', one.position),
      gauge('lag_events', 'Events between the reactor and the head of the record', one.lag),
      gauge('set_aside_events', 'Events whose reactions failed and wait for another attempt', one.setAside),
      gauge('outdated', '1 when it stands before an event of a newer version', Number(one.outdated !== null)),
      gauge('leads', '1 when this process works for it', Number(one.leads)),
    ];
  });
}

function ofTimers(timers: Timers): Reading[] {
  const { leads, failing } = timers.status();
  const gauge = (name: string, help: string, value: number): Reading => ({
    name: `dramatis_timers_${name}`,
    help,
    kind: 'gauge',
    value,
  });
  return [
    gauge('failing', 'Timers whose command failed and is tried again', failing),
    gauge('leads', '1 when this process sends what timers ask for', Number(leads)),
  ];
}
