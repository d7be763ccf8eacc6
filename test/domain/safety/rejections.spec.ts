import { describe, expect, it } from 'vitest';
import { commandsOf, modules } from '../../../src/commands/registry.js';
import { safetyRejections } from '../../../src/domain/safety/rejections.js';
import type { RejectionRow } from '../../../src/domain/kernel.js';
import { safetyReadModule } from '../../../src/projections/safety/module.js';

const rows: [string, RejectionRow][] = Object.entries(safetyRejections);

describe('a rejection of safety', () => {
  it.each(rows.filter(([, { status }]) => status === 409))('of status 409 has a way out: %s', (_, { next }) =>
    expect(next).toBeDefined(),
  );

  it('names the way out as an address of ours', () => {
    const commands = [...commandsOf(modules).values()].map(({ command }) => command.http as string);
    const addresses = new Set([
      ...commands,
      ...Object.values(safetyReadModule.queries).map(({ http }) => http),
    ]);
    for (const [code, { next }] of rows) if (next !== undefined) expect(addresses, code).toContain(next);
  });
});
