import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openAccessRecord, type AccessRecord } from '../src/access-record.js';
import type { CommandRequest, Principal } from '../src/commands/receipt.js';

const ada: Principal = { tenantId: 'acme', kind: 'user', id: 'ada', roles: ['auditor'], teams: [] };
const read = { principal: ada, operationId: 'readEvents', outcome: 'read' as const };
let written: { operationId: string; input: unknown }[];
let fails: boolean;
let warnings: number;
let record: AccessRecord;

beforeEach(() => {
  vi.useFakeTimers();
  written = [];
  fails = false;
  warnings = 0;
  record = openAccessRecord({
    handle: async (_: Principal, { operationId, input }: CommandRequest) => {
      if (fails) throw new Error('no database');
      written.push({ operationId, input });
      return {} as never;
    },
    log: { warn: () => void warnings++ } as never,
  });
});
afterEach(() => vi.useRealTimers());

describe('accesses', () => {
  it('are recorded at once the first time, and counted for the rest of the minute', async () => {
    for (let n = 0; n < 5; n++) record.note(read);
    expect(written).toEqual([
      {
        operationId: 'recordRead',
        input: { memberId: 'ada', operationId: 'readEvents', count: 1, outcome: 'read' },
      },
    ]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(written[1]).toMatchObject({ input: { count: 4 } });
    record.note(read);
    expect(written[2]).toMatchObject({ input: { count: 1 } });
  });

  it('of another member, operation or outcome are others', () => {
    record.note(read);
    record.note({ ...read, principal: { ...ada, id: 'bob' } });
    record.note({ ...read, operationId: 'readStream' });
    record.note({ ...read, outcome: 'opened' });
    record.note({ ...read, outcome: 'denied', permission: 'events:read' });
    expect(written.map(({ operationId }) => operationId)).toEqual([
      'recordRead',
      'recordRead',
      'recordRead',
      'recordRead',
      'recordDenial',
    ]);
  });

  it('that were counted are written when the process stops', async () => {
    record.note(read);
    record.note(read);
    await record.close();
    expect(written).toHaveLength(2);
  });

  it('that cannot be recorded fail nobody and are told', async () => {
    fails = true;
    expect(() => record.note(read)).not.toThrow();
    await record.close();
    expect(warnings).toBe(1);
  });
});
