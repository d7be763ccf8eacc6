import type { Projection } from './declaration.js';
import type { RunnerState } from './runner.js';

export interface ProjectionStatus {
  version: number;
  position: number;
  /** Of its log, as far as this process knows. */
  head: number;
  lag: number;
  state: 'live' | 'building' | 'absent';
  /** Events recorded as parked. */
  parked: number;
  inexact: boolean;
  /** The event that this process does not know and stands before; null: there is none. */
  outdated: { position: number; type: string } | null;
  /** Position of a new generation on its way beside the one that serves; null: there is none. */
  rebuilding: number | null;
  /** Why the last attempt failed; it is repeated until it succeeds. */
  error: string | null;
  /** When this process last showed that it is alive. */
  heartbeatAt: string | null;
}

/** What a runner knows, by projection. */
export function statusOf(
  projections: readonly Projection[],
  { models, reports, heads, heartbeatAt, error }: RunnerState,
): Record<string, ProjectionStatus> {
  return Object.fromEntries(
    projections.map(({ name, version, log }): [string, ProjectionStatus] => {
      const own = models
        .filter((model) => model.projection === name && model.state !== 'retired')
        .map((model) => Object.assign({}, model, reports.get(model.table)));
      const live = own.find(({ state }) => state === 'live');
      const building = own.find(({ state }) => state === 'building');
      const model = live ?? building;
      const position = model?.position ?? 0;
      const head = Math.max(heads[log] ?? 0, position);
      const status = {
        version,
        position,
        head,
        lag: head - position,
        state: model?.state ?? 'absent',
        parked: model?.parked ?? 0,
        inexact: model?.inexact ?? false,
        outdated: model?.outdated ?? null,
        rebuilding: live && building ? building.position : null,
        error: model?.error ?? error ?? null,
        heartbeatAt,
      };
      return [name, status as ProjectionStatus];
    }),
  );
}
