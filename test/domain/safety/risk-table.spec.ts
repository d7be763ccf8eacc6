import { describe, expect, it } from 'vitest';
import { riskTable } from '../../../src/domain/safety/policy-document.js';
import { riskOf } from '../../../src/domain/safety/risk.js';
import { defaultRiskTable } from '../../../src/domain/safety/risk-table.js';

const score = (action: string): number => riskOf(defaultRiskTable, { action }).score;

it('is a table that a policy may hold', () => {
  expect(riskTable.parse(defaultRiskTable)).toEqual(defaultRiskTable);
});

it('has no row twice', () => {
  const patterns = defaultRiskTable.actions.map(({ pattern }) => pattern);
  expect(new Set(patterns).size).toBe(patterns.length);
});

describe('by name', () => {
  const risky = [
    [
      'destructive',
      'tool:file.delete tool:db.drop_table tool:db.drop tool:user_delete tool:shell.run tool:exec',
    ],
    ['destructive', 'tool:disk.wipe tool:server.shutdown skill:execute_code tool:deleteUser'],
    ['financial', 'tool:payment.refund tool:bank.transfer tool:stripe.charge tool:pay tool:stock.buy'],
    ['admin', 'admin.users tool:admin.reset tool:user.grant_role tool:app.deploy tool:password.reset'],
  ] as const;
  it.each(risky.flatMap(([category, names]) => names.split(' ').map((name) => [name, category])))(
    '%s is %s: 0.8',
    (action, category) => {
      expect(riskOf(defaultRiskTable, { action })).toMatchObject({ score: 0.8, level: 'high' });
      expect(riskOf(defaultRiskTable, { action }).categories).toContain(category);
    },
  );

  it.each(
    'tool:email.send tool:send_email tool:slack.post tool:note.create tool:file.write tool:crm.update_contact tool:email_send'.split(
      ' ',
    ),
  )('%s writes or sends: 0.5', (action) => {
    expect(score(action)).toBe(0.5);
  });

  // Words inside of words.
  it.each(
    (
      'tool:docs.readme tool:dropbox.read tool:postgres.query skill:summarize tool:search.query tool:display.show ' +
      'tool:payload.inspect tool:buyer.list tool:calendar.read tool:address.lookup tool:settings.read tool:writer.list say'
    ).split(' '),
  )('%s does neither: 0.1', (action) => {
    expect(score(action)).toBe(0.1);
  });
});
