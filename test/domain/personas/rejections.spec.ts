import { describe, expect, it } from 'vitest';
import { commandsOf, modules } from '../../../src/commands/registry.js';
import type { RejectionRow } from '../../../src/domain/kernel.js';
import { personaModule } from '../../../src/domain/personas/persona-module.js';
import { refinementModule } from '../../../src/domain/personas/refinements/refinement-module.js';
import { personaRejections } from '../../../src/domain/personas/rejections.js';
import { templateModule } from '../../../src/domain/personas/templates/template.js';
import { personaReadModule } from '../../../src/projections/personas/module.js';

describe('persona rejections', () => {
  it('are each declared by a command or a query', () => {
    const declared = [
      ...Object.values(personaModule.commands),
      ...Object.values(templateModule.commands),
      ...Object.values(refinementModule.commands),
      ...Object.values(personaReadModule.queries),
    ];
    const used = new Set(declared.flatMap(({ rejects }) => rejects));
    expect(new Set(Object.keys(personaRejections))).toEqual(used);
  });

  it('a 409 of a refinement has a way out', () => {
    // That of these depends on what was sent: the specs of the commands have it.
    const own = new Set(['patch-not-applicable', 'base-version-moved']);
    const { commands } = refinementModule;
    const codes = new Set(Object.values(commands).flatMap(({ rejects }) => rejects));
    for (const code of codes) {
      const row: RejectionRow = personaRejections[code as keyof typeof personaRejections];
      if (row.status === 409) expect(row.next !== undefined, code).toBe(!own.has(code));
    }
  });

  it('a 409 that has a way out names it as an address of ours', () => {
    const addresses = new Set([...commandsOf(modules).values()].map(({ command }) => command.http as string));
    for (const row of Object.values(personaRejections))
      if ('next' in row) expect(addresses).toContain(row.next);
  });
});
