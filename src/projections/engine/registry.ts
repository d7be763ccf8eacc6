import { auditReadModule } from '../audit/audit-log.js';
import { featureFlagsReadModule } from '../configuration/feature-flags.js';
import { settingsReadModule } from '../configuration/settings.js';
import { deadlinesReadModule } from '../deadlines/deadlines.js';
import { personaReadModule } from '../personas/module.js';
import { safetyReadModule } from '../safety/module.js';
import { accessReviewReadModule } from '../tenancy/access-review.js';
import { apiKeysReadModule } from '../tenancy/api-keys.js';
import { membersReadModule } from '../tenancy/members.js';
import { teamsReadModule } from '../tenancy/teams.js';
import type { Projection, Query, ReadModule } from './declaration.js';

/** Every read model with its queries. A new read model's file is added here; a new query is not. */
export const readModules: readonly ReadModule[] = [
  auditReadModule,
  membersReadModule,
  apiKeysReadModule,
  teamsReadModule,
  personaReadModule,
  featureFlagsReadModule,
  settingsReadModule,
  safetyReadModule,
  accessReviewReadModule,
  deadlinesReadModule,
];

/** The projections by name. @throws when two are called the same, which would make them share tables */
export function projectionsOf(modules: readonly ReadModule[]): Projection[] {
  const found = new Map<string, Projection>();
  for (const projection of modules.flatMap(({ projections }) => projections)) {
    if (found.has(projection.name)) throw new Error(`two projections are called ${projection.name}`);
    found.set(projection.name, projection);
  }
  return [...found.values()];
}

/**
 * The queries by operationId.
 * @throws when two have one name or one address, when one reads a projection that no module registers, or
 * answers `asOf` from a model that keeps no history of the record log
 */
export function queriesOf(modules: readonly ReadModule[]): Map<string, Query> {
  const registered = new Set(projectionsOf(modules));
  const found = new Map<string, Query>();
  const addresses = new Set<string>();
  for (const [operationId, query] of modules.flatMap(({ queries }) => Object.entries(queries))) {
    if (found.has(operationId)) throw new Error(`two queries are called ${operationId}`);
    const address = query.http.replace(/:\w+/g, ':');
    if (addresses.has(address)) throw new Error(`two queries have the address ${query.http}`);
    for (const projection of query.reads) {
      if (!registered.has(projection))
        throw new Error(`${operationId} reads ${projection.name}, which is not registered`);
      if (query.asOf && !answersAsOf(projection)) {
        throw new Error(`${operationId} has asOf, but ${projection.name} keeps no history of the record log`);
      }
    }
    found.set(operationId, query);
    addresses.add(address);
  }
  return found;
}

/** A SQL projection's rows carry what the query needs for that, or not: its own affair. */
const answersAsOf = (projection: Projection): boolean =>
  projection.log === 'record' && (projection.kind === 'sql' || projection.asOf !== undefined);
