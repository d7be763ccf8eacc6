import { describe, expect, it } from 'vitest';
import type { ProjectedEvent } from '../../../src/projections/engine/declaration.js';
import { auditRow, searchForm } from '../../../src/projections/audit/audit-row.js';

const sealed = { $sealed: { key: 'k1', iv: 'aaaa', ct: 'Y2FuYXJ5', eq: 'ZXE=', at: 'c1 /name' } };

const event = (type: string, data: object, stream = 'persona-t1_p1'): ProjectedEvent => ({
  log: 'record',
  position: 7,
  eventId: 'e',
  type,
  data: data as Record<string, unknown>,
  meta: {
    tenantId: 't1',
    stream,
    streamId: stream.slice(stream.indexOf('_') + 1),
    version: 1,
    occurredAt: '2026-01-01T00:00:00.000Z',
    recordedAt: '2026-01-01T00:00:01.000Z',
    commandId: 'c1',
    actor: { kind: 'user', id: 'm1', credential: 'k9', roles: ['owner'] },
  },
});

describe('auditRow', () => {
  it('says who, what, when and what became of it', () => {
    expect(auditRow(event('PersonaRegistered', { personaId: 'p9', slug: 'abbey' }))).toMatchObject({
      tenant_id: 't1',
      position: 7,
      type: 'PersonaRegistered',
      stream: 'persona-t1_p1',
      persona_id: 'p9',
      recorded_ms: 1_767_225_601_000,
      recorded_at: '2026-01-01T00:00:01.000Z',
      command_id: 'c1',
      outcome: 'accepted',
      actor: { id: 'm1', credential: 'k9' },
      detail: { personaId: 'p9', slug: 'abbey' },
    });
  });

  it.each([
    ['AccessDenied', { permission: 'x' }, 'denied'],
    ['EventsRead', { count: 2 }, 'read'],
    ['EventsRead', { count: 2, outcome: 'opened' }, 'opened'],
    ['ActionChecked', { outcome: 'deny' }, 'deny'],
    ['MemberAdded', { outcome: 3 }, 'accepted'],
  ])('%s with %o is %s', (type, data, outcome) => {
    expect(auditRow(event(type, data)).outcome).toBe(outcome);
  });

  it('knows the persona by the event or by its stream', () => {
    expect(auditRow(event('PersonaArchived', {})).persona_id).toBe('p1');
    expect(auditRow(event('MemberAdded', {}, 'tenant-t1_t1')).persona_id).toBeNull();
  });

  it('keeps nothing of a sealed value, wherever it stands', () => {
    const row = auditRow(
      event('MemberAdded', {
        displayName: sealed,
        owner: { name: sealed, note: 'Clear' },
        list: [sealed, 'Open'],
      }),
    );
    expect(row.detail).toEqual({});
    expect(row.search).toContain('clear\nopen\n');
    expect(JSON.stringify(row)).not.toMatch(/Y2FuYXJ5|y2fuyxj5|ZXE=|\$sealed/);
  });

  it('keeps texts short and such as a database takes', () => {
    const row = auditRow(
      event('X', { long: `${'a'.repeat(499)}😀tail`, nul: 'a\0b', deep: { text: 'z'.repeat(9_000) } }),
    );
    expect(row.detail).toEqual({ long: 'a'.repeat(499), nul: 'a\uFFFDb' });
    expect(row.search.length).toBeLessThanOrEqual(4_000);
    expect(row.search).not.toContain('\0');
  });

  it('writes what is searched for as it writes what is searched in', () => {
    expect(auditRow(event('PersonaArchived', { reason: 'ÄRGER' })).search).toContain(searchForm('Ärger'));
  });
});
