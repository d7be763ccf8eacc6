/** What is found in texts of an action, and what of them is masked, by policies in force. */
import type { ContentFacts, Direction } from '../../src/domain/safety/action-facts.js';
import { lookThrough, type ActionTexts } from '../../src/domain/safety/action-texts.js';
import { maskedArgs, maskingOf } from '../../src/domain/safety/content-masking.js';
import type { PolicyInForce } from '../../src/domain/safety/policy-in-force.js';

const pause = () => Promise.resolve();
const digits = () => '0123456789ab';

/** The facts of texts, of which there are some. */
export const contentIn = async (
  texts: ActionTexts,
  policies: readonly PolicyInForce[],
): Promise<ContentFacts> => (await lookThrough(texts, policies, pause))!.facts;

/** A text that is on its way. */
export const said = (text: string, direction: Direction = 'output'): ActionTexts => ({
  content: { direction, text },
});

/** Arguments and text with what is to be masked replaced; null where nothing is. */
export async function maskedIn(
  { args, content }: ActionTexts,
  policies: readonly PolicyInForce[],
  pseudonym: (text: string) => string = digits,
): Promise<{ args: Record<string, unknown> | null; text: string | null }> {
  const { facts, findings } = (await lookThrough({ args, content }, policies, pause))!;
  const of = (part: 'args' | 'content') => {
    const found = facts.find((one) => one.part === part);
    return found && maskingOf(found, findings, policies, pseudonym);
  };
  const [ofArgs, ofText] = [of('args'), of('content')];
  return {
    args: ofArgs ? maskedArgs(args!, ofArgs) : null,
    text: ofText ? ofText(content!.text) : null,
  };
}
