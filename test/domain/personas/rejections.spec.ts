import { describe, expect, it } from 'vitest';
import { personaModule } from '../../../src/domain/personas/persona-module.js';
import { personaRejections } from '../../../src/domain/personas/rejections.js';
import { templateModule } from '../../../src/domain/personas/templates/template.js';
import { personaReadModule } from '../../../src/projections/personas/module.js';

describe('persona rejections', () => {
  it('are each declared by a command or a query', () => {
    const declared = [
      ...Object.values(personaModule.commands),
      ...Object.values(templateModule.commands),
      ...Object.values(personaReadModule.queries),
    ];
    const used = new Set(declared.flatMap(({ rejects }) => rejects));
    expect(new Set(Object.keys(personaRejections))).toEqual(used);
  });

  it('a 409 that has a way out names it as an address of ours', () => {
    const addresses = new Set(Object.values(personaModule.commands).map(({ http }) => http as string));
    for (const row of Object.values(personaRejections))
      if ('next' in row) expect(addresses).toContain(row.next);
  });
});
