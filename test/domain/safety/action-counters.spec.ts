import { describe, expect, it } from 'vitest';
import type { Count } from '../../../src/domain/kernel.js';
import { countedFacts, type CountedAction } from '../../../src/domain/safety/action-counters.js';

const now = '2026-01-02T03:04:05.678Z';
const persona = { action: 'tool:email.send', personaId: 'p' };

/** The counters that an action raises, and what is told of them when each answers its place, from 1. */
async function counted(action: CountedAction): Promise<{ counts: readonly Count[]; facts: unknown }> {
  let counts: readonly Count[] = [];
  const count = (asked: readonly Count[]): Promise<number[]> => {
    counts = asked;
    return Promise.resolve(asked.map((_, index) => index + 1));
  };
  return { facts: await countedFacts(action, { now, count }), counts };
}
const keys = async (action: CountedAction): Promise<string[]> =>
  (await counted(action)).counts.map(({ key, amount }) => `${key} +${amount}`);

describe('what is counted', () => {
  it('is the persona’s actions in the minute of the clock', async () =>
    expect(await keys(persona)).toEqual(['actions/p/2026-01-02T03:04 +1']));

  it('is those about a subject too, alone and with the persona, whatever a policy limits', async () =>
    expect(await keys({ ...persona, subjectId: 's' })).toEqual([
      'actions/p/2026-01-02T03:04 +1',
      'actions/p/s/2026-01-02T03:04 +1',
      'actions//s/2026-01-02T03:04 +1',
    ]));

  it('is the tokens of the conversation; without any, how many there were is asked', async () => {
    expect(await keys({ ...persona, conversationId: 'c', tokens: 900 })).toContain('tokens/c +900');
    expect(await keys({ ...persona, conversationId: 'c' })).toContain('tokens/c +0');
    expect(await keys({ ...persona, tokens: 900 })).toHaveLength(1);
  });

  it('is the tool calls of a turn, and no other actions', async () => {
    const turn = { conversationId: 'c', turnId: 't' };
    expect(await keys({ ...persona, ...turn })).toContain('tools/c/t +1');
    expect(await keys({ ...persona, ...turn, action: 'say' })).toEqual([
      'actions/p/2026-01-02T03:04 +1',
      'tokens/c +0',
    ]);
    expect(await keys({ ...persona, turnId: 't' })).toHaveLength(1);
  });
});

it('what is told is where each counter stands, and nothing of what could not be counted', async () => {
  expect((await counted(persona)).facts).toEqual({ actionsPerMinute: { persona: 1 } });
  const all = { ...persona, subjectId: 's', conversationId: 'c', turnId: 't' };
  expect((await counted(all)).facts).toEqual({
    actionsPerMinute: { persona: 1, persona_subject: 2, subject: 3 },
    tokensInConversation: 4,
    toolCallsInTurn: 5,
  });
});

it('a counter outlives its window: minutes, a turn’s day, a conversation’s year', async () => {
  const { counts } = await counted({ ...persona, conversationId: 'c', turnId: 't' });
  const days = counts.map(({ until }) => (Date.parse(until) - Date.parse(now)) / 86_400_000);
  expect(days[0]).toBeGreaterThan(1 / 1_440);
  expect(days[0]).toBeLessThan(0.1);
  expect(days.slice(1)).toEqual([400, 1]);
});
