/** Arbitrary things that are shared and those who may look at them, of names that meet each other. */
import * as fc from 'fast-check';
import type { Shared, Viewer } from '../../src/domain/personas/visibility.js';
import { role } from '../../src/domain/tenancy/events.js';

// Members, teams and tenants share their names, so that one is mistaken for another where it can be.
const id = fc.constantFrom('ada', 'bob', 'red', 'blue');
const someIds = fc.uniqueArray(id, { maxLength: 2 });
const someRoles = fc.uniqueArray(fc.constantFrom(...role.options), { maxLength: 2 });

export const someShared: fc.Arbitrary<Shared> = fc.record({
  owner: fc.record({ kind: fc.constantFrom('user' as const, 'team', 'tenant'), id }),
  isPublic: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  allowedUsers: someIds,
  allowedRoles: someRoles,
  allowedTeams: someIds,
});

export const someViewer: fc.Arbitrary<Viewer> = fc.record({ id, roles: someRoles, teams: someIds });
