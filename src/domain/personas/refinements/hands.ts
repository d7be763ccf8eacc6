/** Who had a hand in something: where four eyes are asked for, they do not vote on it. */
import type { Actor } from '../../kernel.js';

/** The people behind an actor. */
const peopleOf = ({ id, onBehalfOf }: Actor): string[] =>
  onBehalfOf === undefined ? [id] : [id, onBehalfOf];

/** Those who had a hand in something, with one more who has. */
export const handsWith = (hands: readonly string[], actor: Actor): string[] => [
  ...new Set([...hands, ...peopleOf(actor)]),
];

/** Whether it is Dramatis that acts, as it follows from an event: nobody thought of anything. */
export const isReactor = ({ kind, id }: Pick<Actor, 'kind' | 'id'>): boolean =>
  kind === 'service' && id.startsWith('reactor:');
