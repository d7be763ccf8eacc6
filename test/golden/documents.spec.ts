/** Documents that are derived from the declarations; a change of them is reviewed as a diff. `vitest -u` writes them. */
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { describeApi } from '../support/api-description.js';
import { commandsOf, modules } from '../../src/commands/registry.js';
import { role } from '../../src/domain/tenancy/events.js';
import { allowed } from '../../src/domain/tenancy/permissions.js';

const root = resolve(import.meta.dirname, '../..');

it('docs/openapi.json is what the declarations say', async () => {
  const text = `${JSON.stringify(describeApi().openApi, null, 2)}\n`;
  await expect(text).toMatchFileSnapshot(`${root}/docs/openapi.json`);
});

it('test/golden/permissions.md is who may do what', async () => {
  const rows = Object.entries(describeApi().permissions)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([operationId, permission]) => {
      const marks = role.options.map((name) =>
        allowed({ tenantId: 'default', roles: [name] }, permission) ? '✓' : '–',
      );
      return `| ${operationId} | ${permission} | ${marks.join(' | ')} |`;
    });
  const head = [
    '# Who may do what',
    '',
    'In tenant `default`; `createTenant` is nobody’s in any other. Within these, deciders know finer rules.',
    '',
    `| operation | permission | ${role.options.join(' | ')} |`,
    `|---|---|${role.options.map(() => '---').join('|')}|`,
  ];
  await expect(`${[...head, ...rows].join('\n')}\n`).toMatchFileSnapshot('./permissions.md');
});

it('every command has a permission in the matrix', () => {
  const listed = describeApi().permissions;
  for (const [operationId, { command }] of commandsOf(modules)) {
    if (command.http !== 'internal') expect(listed[operationId]).toBe(command.permission);
  }
});
