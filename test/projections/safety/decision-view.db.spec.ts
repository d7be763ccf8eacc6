import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSealed } from '../../../src/domain/sealed.js';
import type { AreaWorld } from '../../support/area-world.js';
import { app, bob, checked, registered, safetyWorld, type Checked } from '../../support/safety-world.js';

let world: AreaWorld;
let decision: Checked;
let hidden: Checked;

beforeAll(async () => {
  world = await safetyWorld();
  const books = await registered(world, 'books');
  const secret = await registered(world, 'secret', false);
  decision = await checked(world, books, 'tool:payment.refund', {
    args: { to: 'kim@example.org', body: 'by kim@example.org' },
    content: { direction: 'output', text: 'for kim@example.org' },
    facts: { irreversible: true },
    subjectId: 'kim',
  });
  hidden = await checked(world, secret, 'say', {}, { id: 'ada' });
});
afterAll(() => world.stop());

const view = ({ checkId }: { checkId: string }, as: object = {}) => world.ask('getDecision', { checkId }, as);

describe('getDecision', () => {
  it('tells a decision with all that it depends on', async () => {
    expect(await view(decision)).toMatchObject({
      checkId: decision.checkId,
      at: expect.any(String),
      actor: { kind: 'user', id: 'app' },
      action: 'tool:payment.refund',
      decision: 'require_approval',
      facts: {
        irreversible: true,
        content: [
          { part: 'args', pii: { email: 2 } },
          { part: 'content', pii: { email: 1 } },
        ],
      },
      approval: { quorum: 1 },
      approvalId: decision.approvalId,
      policies: [{ source: 'floor', versionNo: null }],
      decideVersion: 1,
      decisionHash: decision.decisionHash,
      durationUs: expect.any(Number),
    });
  });

  it('shows what it was about to who asked, and to who sees everything', async () => {
    for (const as of [{}, { roles: ['auditor'] }, { roles: ['admin'] }, app]) {
      const found = await view(decision, as);
      expect(isSealed(found['args'])).toBe(true);
      expect(found['content']).toMatchObject({ direction: 'output' });
      expect([found['masked'], found['maskedArgs']].map(isSealed)).toEqual([true, true]);
    }
  });

  it('and to nobody else', async () => {
    for (const as of [bob, { id: 'other-app', roles: ['service'] }]) {
      const found = await view(decision, as);
      expect(found).toMatchObject({ decision: 'require_approval', subjectId: 'kim' });
      expect(found).not.toHaveProperty('args');
      expect(found).not.toHaveProperty('content');
      expect(found).not.toHaveProperty('masked');
      expect(found).not.toHaveProperty('maskedArgs');
    }
  });

  it('has nothing to tell of a persona that the reader may not see', async () => {
    expect(await view(hidden)).toMatchObject({ action: 'say' });
    const nothing = { checkId: '01890000-0000-7000-8000-0000000000ff' };
    expect(await world.refused(view(hidden, bob))).toBe('decision-not-found');
    expect(await world.refused(view(nothing))).toBe('decision-not-found');
    expect(await world.refused(view(decision, { tenantId: 'other' }))).toBe('decision-not-found');
  });
});

it('is the same for ever, but for its texts, which may be hidden or erased', async () => {
  const answer = ({ checkId }: { checkId: string }, as: object = {}) =>
    world.answer('getDecision', { checkId }, as);
  for (const as of [app, bob])
    expect(await answer(decision, as)).toMatchObject({ version: 1, changesUnseen: true });
  expect(await answer(hidden)).not.toHaveProperty('changesUnseen');
  expect((await answer(hidden)).version).toBe(1);
});

it('the masked text is in the answer of the check', () => expect(isSealed(decision.masked)).toBe(true));
