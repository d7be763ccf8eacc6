import { expect, it } from 'vitest';
import { access, accessModule } from '../../../src/domain/tenancy/access.js';
import { given } from '../../support/given.js';

const seen = { memberId: 'ada', operationId: 'readEvents', count: 3 };

it('records reads', () =>
  void given(accessModule)
    .when('recordRead', { ...seen, outcome: 'opened' })
    .thenEvents(access.event('EventsRead', { operationId: 'readEvents', count: 3, outcome: 'opened' })));

it('records denials', () =>
  void given(accessModule)
    .when('recordDenial', { ...seen, permission: 'events:read' })
    .thenEvents(
      access.event('AccessDenied', { operationId: 'readEvents', count: 3, permission: 'events:read' }),
    ));

it('has one stream per member and day, named so that it expires with its day', () =>
  expect(access.locate(seen, { tenantId: 'acme', newId: 'x', now: '2026-01-02T23:59:59.999Z' })).toEqual({
    id: 'ada_20260102',
  }));

it('is reached by no address', () => {
  for (const command of Object.values(accessModule.commands)) expect(command.http).toBe('internal');
});
