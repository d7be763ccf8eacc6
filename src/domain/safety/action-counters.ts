/** What is counted about actions, so that limits can be judged: everything that can be, whatever the policy limits. */
import type { z } from 'zod';
import type { Count } from '../kernel.js';
import type { counterFacts } from './action-facts.js';

/** What counters are kept by. */
export interface CountedAction {
  action: string;
  personaId: string;
  subjectId?: string | undefined;
  conversationId?: string | undefined;
  turnId?: string | undefined;
  tokens?: number | undefined;
}
type CounterFacts = z.output<typeof counterFacts>;

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** How long a window's counter outlives it, for commands that were under way when it ended. */
const graceMs = 10 * minuteMs;
/** A conversation of which nothing was heard for so long begins to count anew. */
const conversationMs = 400 * dayMs;

const later = (now: string, ms: number): string => new Date(Date.parse(now) + ms).toISOString();

/**
 * The counters that an action raises, by what they tell. A minute is a window of the clock: ids have no slash, so
 * keys of one kind are never those of another.
 */
function countersOf(counted: CountedAction, now: string): [name: string, count: Count][] {
  const { action, personaId, subjectId, conversationId, turnId, tokens } = counted;
  const minute = now.slice(0, 'yyyy-mm-ddThh:mm'.length);
  const inMinute = (who: string): Count => ({
    key: `actions/${who}/${minute}`,
    amount: 1,
    until: later(now, minuteMs + graceMs),
  });
  const found: [string, Count][] = [['persona', inMinute(personaId)]];
  if (subjectId !== undefined) {
    found.push(['persona_subject', inMinute(`${personaId}/${subjectId}`)]);
    found.push(['subject', inMinute(`/${subjectId}`)]);
  }
  if (conversationId === undefined) return found;
  // Without any tokens it is asked how many there were: a conversation beyond its limit stays there.
  const spent = { key: `tokens/${conversationId}`, amount: tokens ?? 0, until: later(now, conversationMs) };
  found.push(['tokensInConversation', spent]);
  if (turnId !== undefined && action.startsWith('tool:')) {
    const call = { key: `tools/${conversationId}/${turnId}`, amount: 1, until: later(now, dayMs) };
    found.push(['toolCallsInTurn', call]);
  }
  return found;
}

/** Counts an action, for good, and tells where its counters stand with it. */
export async function countedFacts(
  counted: CountedAction,
  read: { now: string; count: (counts: readonly Count[]) => Promise<number[]> },
): Promise<CounterFacts> {
  const counters = countersOf(counted, read.now);
  const values = await read.count(counters.map(([, count]) => count));
  const told = Object.fromEntries(counters.map(([name], index) => [name, values[index]!]));
  const { tokensInConversation, toolCallsInTurn, ...actionsPerMinute } = told;
  return {
    actionsPerMinute: actionsPerMinute as CounterFacts['actionsPerMinute'],
    ...(tokensInConversation !== undefined && { tokensInConversation }),
    ...(toolCallsInTurn !== undefined && { toolCallsInTurn }),
  };
}
