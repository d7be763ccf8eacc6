import { expect, it } from 'vitest';
import { digest, instant, keyId, newMemberId, opaqueId, tenantId } from '../../src/domain/ids.js';

it.each([
  [
    'an opaque id',
    opaqueId,
    ['a', 'Ada_1.x:y-z', 'x'.repeat(64)],
    ['', 'a b', 'ada@example.org', 'ä', 'x'.repeat(65)],
  ],
  [
    'the id of somebody who comes',
    newMemberId,
    ['ada', 'x:reactor:y', 'reactors:x'],
    ['reactor:approvals', 'Reactor:x', 'timer:scheduler', 'dramatis'],
  ],
  [
    'a tenant id',
    tenantId,
    ['a', 'acme-corp', 'a1', 'x'.repeat(48)],
    ['', 'a_b', '-a', 'a-', 'Acme', 'x'.repeat(49)],
  ],
  ['a key id', keyId, ['acme.1', 'owner'], ['', 'a_b', 'a b']],
  ['a digest', digest, ['0a'.repeat(32)], ['0A'.repeat(32), '0a'.repeat(31)]],
  [
    'an instant',
    instant,
    ['2026-01-02T03:04:05.678Z'],
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.6789Z', '2026-01-02T03:04:05.678+01:00', '2026-01-02'],
  ],
])('%s', (_, schema, good, bad) => {
  for (const text of good) expect(schema.safeParse(text).success, text).toBe(true);
  for (const text of bad) expect(schema.safeParse(text).success, text).toBe(false);
});
