import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AreaWorld } from '../../support/area-world.js';
import { app, bob, checked, enforced, registered, safetyWorld } from '../../support/safety-world.js';

let world: AreaWorld;
let books: string;
let secret: string;
/** Check ids by what was asked. */
const ids: Record<string, string> = {};
const names = (): Map<string, string> => new Map(Object.entries(ids).map(([name, id]) => [id, name]));
let middle: string;

beforeAll(async () => {
  world = await safetyWorld();
  books = await registered(world, 'books');
  secret = await registered(world, 'secret', false);
  await enforced(world, books, {
    blockedActions: ['tool:shell.*', { pattern: 'tool:email.*', mode: 'shadow' }],
  });
  const ask = async (name: string, personaId: string, action: string, more: object = {}, as: object = app) =>
    void (ids[name] = (await checked(world, personaId, action, more, as)).checkId);
  await ask('search', books, 'tool:search.query', { subjectId: 'kim', conversationId: 'c-1' });
  await ask('shell', books, 'tool:shell.run');
  await registered(world, 'between');
  middle = world.now();
  await ask('mail', books, 'tool:email.send', { args: { body: 'kim@example.org' } });
  await ask('pay', books, 'tool:payment.refund', { facts: { irreversible: true } });
  await ask('hidden', secret, 'say_it', {}, { id: 'ada' });
});
afterAll(() => world.stop());

const found = async (input: Record<string, unknown> = {}, as: object = {}) => {
  const { items } = await world.ask('listDecisions', input, as);
  return items.map(({ checkId }) => names().get(checkId as string));
};

describe('listDecisions', () => {
  it('tells the newest first, without what they were about', async () => {
    expect(await found()).toEqual(['hidden', 'pay', 'mail', 'shell', 'search']);
    const [, , mail] = (await world.ask('listDecisions', {})).items;
    expect(mail).toEqual({
      checkId: ids['mail'],
      at: expect.any(String),
      actor: { kind: 'user', id: 'app' },
      personaId: books,
      action: 'tool:email.send',
      decision: expect.any(String),
      riskScore: expect.any(Number),
      riskLevel: expect.any(String),
      matchedRules: expect.arrayContaining([
        expect.objectContaining({ rule: 'blockedActions/tool:email.*', mode: 'shadow' }),
      ]),
      shadowDecision: 'deny',
      contentAction: 'mask',
      policies: [expect.objectContaining({ source: 'persona', versionNo: 1 })],
      decisionHash: expect.any(String),
    });
  });

  it.each([
    [{ personaId: 'books' }, ['pay', 'mail', 'shell', 'search']],
    [{ decision: 'deny' }, ['shell']],
    [{ decision: 'require_approval' }, ['pay']],
    [{ action: 'tool:shell.run' }, ['shell']],
    [{ action: 'tool:*' }, ['pay', 'mail', 'shell', 'search']],
    [{ action: '*.s*' }, ['mail']],
    [{ action: 'say_it' }, ['hidden']],
    [{ action: 'say*it' }, ['hidden']],
    [{ action: 'tool_s*' }, []],
    [{ rule: 'blockedActions/tool:shell.*' }, ['shell']],
    [{ rule: 'blockedActions/tool:email.*' }, ['mail']],
    [{ riskLevel: 'critical' }, ['pay']],
    [{ subjectId: 'kim' }, ['search']],
    [{ conversationId: 'c-1' }, ['search']],
    [{ mode: 'shadow' }, ['mail']],
    [{ q: 'TOOL:SHELL' }, ['shell']],
    [{ q: 'kim  search' }, ['search']],
    [{ q: 'kim shell' }, []],
    [{ q: 'riskthreshold' }, ['pay', 'shell']],
    [{ decision: 'deny', personaId: 'books', mode: 'enforce' }, ['shell']],
  ])('%j', async (input, expected) => expect(await found(input)).toEqual(expected));

  it('from an instant, and before one, in any offset', async () => {
    expect(await found({ from: middle })).toEqual(['hidden', 'pay', 'mail']);
    expect(await found({ to: middle.replace('.000Z', '+00:00') })).toEqual(['shell', 'search']);
    const { items } = await world.ask('listDecisions', { action: 'tool:shell.run' });
    const at = items[0]!['at'] as string;
    expect(await found({ from: at, to: at })).toEqual([]);
    expect(await found({ from: at })).toContain('shell');
    expect(await found({ to: at })).toEqual(['search']);
  });

  it('has those on personas that the reader may see, and cuts pages after hiding', async () => {
    expect(await found({}, bob)).toEqual(['pay', 'mail', 'shell', 'search']);
    const { items, next } = await world.ask('listDecisions', { limit: 2 }, bob);
    expect(items).toHaveLength(2);
    expect(await found({ limit: 2, cursor: next }, bob)).toEqual(['shell', 'search']);
    expect(await world.refused(found({ personaId: 'secret' }, bob))).toBe('persona-not-found');
    expect(await found({}, { tenantId: 'other' })).toEqual([]);
  });
});
