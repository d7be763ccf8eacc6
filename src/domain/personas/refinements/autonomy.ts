/** What becomes of changes that machines propose to a persona. */
import { z } from 'zod';
import { singleClass, type SingleClass } from './change-class.js';

/** Strictest first. */
export const autonomyMode = z.enum(['manual', 'hybrid', 'auto']);
export type AutonomyMode = z.output<typeof autonomyMode>;

type PerClass = { [C in SingleClass]?: AutonomyMode | undefined };
const perClass = z.strictObject(
  Object.fromEntries(singleClass.options.map((name) => [name, autonomyMode.optional()])),
) as unknown as z.ZodType<PerClass>;

/** The members of an autonomy. */
export const autonomyShape = {
  mode: autonomyMode.describe(
    'manual: what machines propose is refused; hybrid: it waits for approval; auto: it waits too, as long as nothing can measure it',
  ),
  perClass: perClass.describe('Another mode for changes of a class'),
};
export interface Autonomy {
  mode: AutonomyMode;
  perClass: PerClass;
}

/** The autonomy of a persona for which nothing else was set. */
export const usualAutonomy: Autonomy = { mode: 'hybrid', perClass: {} };

/** The mode for a change that touches these classes: the strictest of theirs. */
export function autonomyFor({ mode, perClass }: Autonomy, classes: readonly SingleClass[]): AutonomyMode {
  const modes = new Set(classes.map((name) => perClass[name] ?? mode));
  return autonomyMode.options.find((one) => modes.has(one)) ?? mode;
}
