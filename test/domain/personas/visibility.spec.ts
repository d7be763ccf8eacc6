import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Role } from '../../../src/domain/kernel.js';
import {
  canSee,
  manages,
  seesAll,
  visibilityShape,
  type Shared,
  type Viewer,
} from '../../../src/domain/personas/visibility.js';
import { role } from '../../../src/domain/tenancy/events.js';
import { seedFor } from '../../support/seed.js';
import { someShared, someViewer } from '../../support/visibility-arbitrary.js';

const seed = seedFor('visibility');
const assert = <T extends unknown[]>(property: fc.IProperty<T>): void =>
  fc.assert(property, { seed, numRuns: 300 });

const adas: Shared = {
  owner: { kind: 'user', id: 'ada' },
  isPublic: false,
  allowedUsers: [],
  allowedRoles: [],
  allowedTeams: [],
};
const reds: Shared = { ...adas, owner: { kind: 'team', id: 'red' } };
const tenants: Shared = { ...adas, owner: { kind: 'tenant', id: 'acme' } };
const viewer = (id: string, roles: Role[] = ['editor'], teams: string[] = []): Viewer => ({
  id,
  roles,
  teams,
});

describe('who sees and who looks after', () => {
  it.each<[what: string, thing: Shared, who: Viewer, sees: boolean, manages: boolean]>([
    ['its owner', adas, viewer('ada', ['viewer']), true, true],
    ['somebody else', adas, viewer('bob'), false, false],
    ['somebody else, of a public thing', { ...adas, isPublic: true }, viewer('bob'), true, false],
    ['an admin', adas, viewer('bob', ['admin']), true, true],
    ['an owner of the tenant', adas, viewer('bob', ['owner']), true, true],
    ['an auditor', adas, viewer('bob', ['auditor']), true, false],
    ['an approver', adas, viewer('bob', ['approver']), false, false],
    ['a service', adas, viewer('bob', ['service']), false, false],
    ['somebody named', { ...adas, allowedUsers: ['bob'] }, viewer('bob'), true, false],
    [
      'a holder of a named role',
      { ...adas, allowedRoles: ['approver'] },
      viewer('b', ['approver']),
      true,
      false,
    ],
    ['a holder of another role', { ...adas, allowedRoles: ['approver'] }, viewer('bob'), false, false],
    [
      'a member of an invited team',
      { ...adas, allowedTeams: ['red'] },
      viewer('b', [], ['red']),
      true,
      false,
    ],
    ['a member of another team', { ...adas, allowedTeams: ['red'] }, viewer('b', [], ['blue']), false, false],
    ['a member of the team that owns it', reds, viewer('bob', ['editor'], ['blue', 'red']), true, true],
    ['a member called like the team', reds, viewer('red'), false, false],
    ['a team called like the owner', adas, viewer('bob', ['editor'], ['ada']), false, false],
    ['anybody, of what is the tenant’s', tenants, viewer('bob', ['editor'], ['acme']), false, false],
    ['a member called like the tenant', tenants, viewer('acme'), false, false],
    ['an admin, of what is the tenant’s', tenants, viewer('bob', ['admin']), true, true],
    ['somebody without a role', adas, viewer('bob', []), false, false],
  ])('%s', (_, thing, who, sees, looksAfter) => {
    expect([canSee(thing, who), manages(thing, who)]).toEqual([sees, looksAfter]);
  });

  it('who looks after a thing sees it', () => {
    assert(fc.property(someShared, someViewer, (thing, who) => !manages(thing, who) || canSee(thing, who)));
  });

  it('who sees everything sees each thing, and nobody needs more than one reason', () => {
    assert(
      fc.property(someShared, someViewer, (thing, who) => {
        if (seesAll(who)) expect(canSee(thing, who)).toBe(true);
        const reasons = [
          { ...thing, isPublic: true },
          { ...thing, allowedUsers: [...thing.allowedUsers, who.id] },
        ];
        for (const more of reasons) expect(canSee(more, who)).toBe(true);
      }),
    );
  });

  it('sharing with one more, or being in one more team, never hides', () => {
    assert(
      fc.property(someShared, someShared, someViewer, (thing, other, who) => {
        const more: Shared = {
          ...thing,
          isPublic: thing.isPublic || other.isPublic,
          allowedUsers: [...thing.allowedUsers, ...other.allowedUsers],
          allowedRoles: [...thing.allowedRoles, ...other.allowedRoles],
          allowedTeams: [...thing.allowedTeams, ...other.allowedTeams],
        };
        if (canSee(thing, who)) expect(canSee(more, who)).toBe(true);
        if (canSee(thing, who)) expect(canSee(thing, { ...who, teams: [...who.teams, 'blue'] })).toBe(true);
      }),
    );
  });

  it('sharing gives nobody the right to look after', () => {
    assert(
      fc.property(someShared, someShared, someViewer, (thing, other, who) => {
        expect(manages({ ...other, owner: thing.owner }, who)).toBe(manages(thing, who));
      }),
    );
  });
});

describe('the members of an input', () => {
  const form = z.strictObject(visibilityShape);

  it('are private where nothing is said', () => {
    expect(form.parse({})).toEqual({ isPublic: false, allowedUsers: [], allowedRoles: [] });
  });

  it.each([
    { isPublic: 'yes' },
    { allowedUsers: ['ada@acme.org'] },
    { allowedUsers: Array.from({ length: 501 }, (_, n) => `m${n}`) },
    { allowedRoles: ['everybody'] },
    { allowedTeams: ['red'] },
  ])('%j is refused', (input) => {
    expect(form.safeParse(input).success).toBe(false);
  });

  it('know every role there is', () => {
    expect(form.parse({ allowedRoles: role.options }).allowedRoles).toHaveLength(role.options.length);
  });
});
