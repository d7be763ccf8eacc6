import { expect, it } from 'vitest';
import { evolve, type DomainEvent, type EventMeta } from '../../../src/domain/kernel.js';
import { mayFact, memberFact, rolesWith } from '../../../src/domain/tenancy/facts.js';
import { tenantModule } from '../../../src/domain/tenancy/tenant.js';
import { factReader } from '../../support/fact-reader.js';
import { adaAdded, adaGone, adaIsAdmin, created } from '../../support/tenancy-examples.js';

const after = (...events: DomainEvent[]) => {
  const { decider } = tenantModule;
  const state = events.reduce<unknown>(
    (before, event) => evolve(decider, before, event, {} as EventMeta),
    decider.initialState(),
  );
  return factReader({ states: { 'tenant acme': state } });
};

it('tells the roles that a member holds now', async () => {
  expect(await memberFact('ada', after(created, adaAdded))).toEqual({ roles: ['editor'] });
  expect(await memberFact('ada', after(created, adaAdded, adaIsAdmin))).toEqual({ roles: ['admin'] });
});

it('knows nobody who never came, who left, or whose name every object has', async () => {
  expect(await memberFact('ada', after(created))).toBeNull();
  expect(await memberFact('ada', after(created, adaAdded, adaGone))).toBeNull();
  expect(await memberFact('toString', after(created))).toBeNull();
  expect(await memberFact('ada', factReader())).toBeNull();
});

it('tells whether a member holds a permission now; nobody else does', async () => {
  expect(await mayFact('ada', 'approvals:vote', after(created, adaAdded))).toBe(false);
  expect(await mayFact('ada', 'approvals:vote', after(created, adaAdded, adaIsAdmin))).toBe(true);
  expect(await mayFact('ada', 'approvals:vote', after(created, adaAdded, adaIsAdmin, adaGone))).toBe(false);
  expect(await mayFact('ada', 'toString', after(created, adaAdded, adaIsAdmin))).toBe(false);
});

it('tells which roles hold a permission', () => {
  expect(rolesWith('approvals:vote')).toEqual(['approver', 'admin', 'owner']);
  expect(rolesWith('toString')).toEqual([]);
});
