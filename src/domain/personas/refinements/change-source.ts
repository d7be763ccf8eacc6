/** Where a change to a persona comes from. */
import { z } from 'zod';
import type { Actor } from '../../kernel.js';

const machineSources = ['ai_suggested', 'interview', 'improvement_cycle', 'experiment_winner'] as const;

/** What a proposal may say of itself. */
export const proposedSource = z.enum(['user_modified', ...machineSources]);
/** `rollback` and `import` are said by Dramatis alone. */
export const refinementSource = z.enum([...proposedSource.options, 'rollback', 'import']);
export type RefinementSource = z.output<typeof refinementSource>;

/** Whether a machine had the idea: what becomes of it is a matter of the persona's autonomy. */
export const isMachine = (source: RefinementSource): boolean =>
  (machineSources as readonly string[]).includes(source);

/** The source that is recorded: what no person proposes is no person's change, whatever it says. */
export const sourceBy = ({ kind }: Pick<Actor, 'kind'>, said: RefinementSource): RefinementSource =>
  kind !== 'user' && said === 'user_modified' ? 'ai_suggested' : said;
