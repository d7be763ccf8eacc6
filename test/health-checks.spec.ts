import { describe, expect, it } from 'vitest';
import type { ReactorStatus } from '../src/commands/reactors.js';
import type { TimersStatus } from '../src/commands/timers.js';
import { healthChecks, type ProcessManagers } from '../src/health-checks.js';
import { metricReadings } from '../src/metric-readings.js';
import type { Runner } from '../src/projections/engine/runner.js';

const well: ReactorStatus = {
  position: 40,
  head: 42,
  lag: 2,
  leads: true,
  setAside: 0,
  outdated: null,
  error: null,
};
const quiet: TimersStatus = { leads: true, failing: 0, error: null };

const managersOf = (
  reactor: Partial<ReactorStatus> = {},
  timers: Partial<TimersStatus> = {},
): ProcessManagers => ({
  reactors: { status: () => ({ clerk: { ...well, ...reactor } }) } as unknown as ProcessManagers['reactors'],
  timers: { status: () => ({ ...quiet, ...timers }) } as unknown as ProcessManagers['timers'],
});
const checksOf = (managers: ProcessManagers | null) => healthChecks({ managers } as never);

describe('/readyz', () => {
  it('is well while reactors and timers are', async () => {
    const { reactors, timers } = checksOf(managersOf());
    expect(await reactors!.run()).toEqual({
      status: 'ok',
      detail: { clerk: { position: 40, lag: 2, leads: true, setAside: 0, outdated: false } },
    });
    expect(await timers!.run()).toEqual({ status: 'ok', detail: { leads: true, failing: 0 } });
    expect([reactors!.isRequired, timers!.isRequired]).toEqual([false, false]);
  });

  it.each<Partial<ReactorStatus>>([
    { setAside: 1 },
    { outdated: { position: 41, type: 'Unheard' } },
    { error: 'down' },
    { lag: 10_001 },
  ])('is degraded by a reactor with %o, and tells no cause', async (trouble) => {
    const { status, detail } = await checksOf(managersOf(trouble))['reactors']!.run();
    expect(status).toBe('degraded');
    expect(JSON.stringify(detail)).not.toMatch(/down|Unheard/);
  });

  it.each<Partial<TimersStatus>>([{ failing: 1 }, { error: 'down' }])(
    'is degraded by timers with %o',
    async (trouble) => {
      expect((await checksOf(managersOf({}, trouble))['timers']!.run()).status).toBe('degraded');
    },
  );

  it('says nothing of them in a process that only serves the API', () => {
    expect(Object.keys(checksOf(null))).not.toContain('reactors');
  });
});

describe('/metrics', () => {
  it('shows how far reactors are, and what waits for another attempt', () => {
    const runner = { status: () => ({}) } as unknown as Runner;
    const readings = metricReadings(runner, managersOf({ setAside: 3 }, { failing: 2 }));
    const shown = Object.fromEntries(readings.map(({ name, value, labels }) => [name, { value, ...labels }]));
    expect(shown).toMatchObject({
      dramatis_reactor_lag_events: { value: 2, reactor: 'clerk' },
      dramatis_reactor_set_aside_events: { value: 3, reactor: 'clerk' },
      dramatis_timers_failing: { value: 2 },
    });
    expect(metricReadings(runner, null)).toEqual([]);
  });
});
