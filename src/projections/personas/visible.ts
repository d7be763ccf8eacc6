/** What a reader may see, as conditions on a read model whose rows have an owner and are shared. */
import { canSee, seesAll, type Shared, type Viewer } from '../../domain/personas/visibility.js';
import type { Condition, Reader } from '../engine/declaration.js';

const viewerOf = ({ memberId, roles, teams }: Reader): Viewer => ({ id: memberId, roles, teams });

/** Whether the reader may see a thing. */
export const isVisible = (thing: Shared, reader: Reader): boolean => canSee(thing, viewerOf(reader));

/** Whether the reader itself, or one of its teams, owns the row's thing, or not. */
export const ownedBy = (reader: Reader, isOwned: boolean): Condition => ({
  sql: `(${owned}) = ?::boolean`,
  values: [...ownedValues(viewerOf(reader)), isOwned],
});

const owned = `(row->'owner'->>'kind' = 'user' AND row->'owner'->>'id' = ?)
        OR (row->'owner'->>'kind' = 'team' AND row->'owner'->>'id' = ANY(?::text[]))`;
const ownedValues = ({ id, teams }: Viewer): unknown[] => [id, [...teams]];

/**
 * `canSee`, in SQL over `row`: nothing for those who see everything. It goes into `whereNow`: who may see a
 * thing today may see its past, and nobody else may.
 */
export function visibleTo(reader: Reader): Condition[] {
  const viewer = viewerOf(reader);
  const { id, roles, teams } = viewer;
  if (seesAll(viewer)) return [];
  return [
    {
      sql: `(row->'isPublic')::boolean
        OR ${owned}
        OR jsonb_exists(row->'allowedUsers', ?)
        OR jsonb_exists_any(row->'allowedRoles', ?::text[])
        OR jsonb_exists_any(row->'allowedTeams', ?::text[])`,
      values: [...ownedValues(viewer), id, [...roles], [...teams]],
    },
  ];
}
