import { describe, expect, it } from 'vitest';
import { digestOf, memberOfKey, parseApiKey, tenantOfKey } from '../../../src/domain/tenancy/credential.js';
import { tenant, type Tenant } from '../../../src/domain/tenancy/tenant.js';
import { evolve, type DomainEvent } from '../../../src/domain/kernel.js';
import { recorded } from '../../support/projected.js';
import {
  adaAdded,
  adaGone,
  adaIsAdmin,
  adaJoined,
  adaJoinedOther,
  adaKey,
  adaKeyRevoked,
  adaKeyRotated,
  adaLeft,
  adaNewKey,
  created,
  otherTeamCreated,
  teamCreated,
} from '../../support/tenancy-examples.js';

const stateAfter = (...events: DomainEvent[]): Tenant =>
  recorded({ category: 'tenant', streamId: 'acme' }, ...events).reduce<unknown>(
    (state, event) => evolve(tenant, state, event, event.meta),
    tenant.initialState(),
  ) as Tenant;

describe('an API key', () => {
  it('is dk_<keyId>_<secret>; the secret may hold underscores', () =>
    expect(parseApiKey('dk_acme.1_s_e_c')).toEqual({ keyId: 'acme.1', secret: 's_e_c' }));
  it.each([
    '',
    'dk_',
    'dk_x',
    'dk_x_',
    'xx_a_b',
    'dk_a b_c',
    'dk_a_b c',
    'Bearer dk_a_b',
    `dk_a_${'x'.repeat(201)}`,
  ])('is not %j', (text) => expect(parseApiKey(text)).toBeNull());
  it('names its tenant before the dot, or means the home tenant', () => {
    expect(tenantOfKey('acme.1')).toBe('acme');
    expect(tenantOfKey('owner')).toBe('default');
    expect(tenantOfKey('.x')).toBe('default');
  });
  it('is stored as SHA-256', () =>
    expect(digestOf('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'));
});

describe('a key proves', () => {
  it('its member with the roles of now', () =>
    expect(memberOfKey(stateAfter(created, adaAdded, adaKey, adaIsAdmin), 'acme.2')).toEqual({
      memberId: 'ada',
      roles: ['admin'],
      teams: [],
      digest: 'a'.repeat(64),
    }));
  it('its member with the teams of now, sorted', () => {
    const history = [created, adaAdded, adaKey, teamCreated, otherTeamCreated, adaJoined, adaJoinedOther];
    expect(memberOfKey(stateAfter(...history), 'acme.2')?.teams).toEqual(['blue', 'red']);
    expect(memberOfKey(stateAfter(...history, adaLeft), 'acme.2')?.teams).toEqual(['blue']);
    expect(memberOfKey(stateAfter(...history), 'acme.1')?.teams).toEqual([]);
  });
  it.each([
    ['without a tenant', []],
    ['when it was never issued', [created]],
    ['when it is revoked', [created, adaAdded, adaKey, adaKeyRevoked]],
    ['when it was replaced', [created, adaAdded, adaKey, adaNewKey, adaKeyRotated]],
    ['when its member is gone', [created, adaAdded, adaKey, adaGone]],
  ])('nothing %s', (_, history) => expect(memberOfKey(stateAfter(...history), 'acme.2')).toBeNull());
});
