/** What the read models of other areas may ask about personas. */
import { z } from 'zod';
import type { PersonaConfig } from '../../domain/personas/persona-config.js';
import { changeClass } from '../../domain/personas/refinements/change-class.js';
import { refinementSource } from '../../domain/personas/refinements/change-source.js';
import { withoutFields } from '../../domain/personas/refinements/field-changes.js';
import { versionDiff } from '../../domain/personas/version-diff.js';
import { canSee, manages, seesAll } from '../../domain/personas/visibility.js';
import type { QueryContext, Reader, WhereOther } from '../engine/declaration.js';
import { personaRow, personas, type PersonaRow } from './personas.js';
import { refinements, type RefinementRow } from './refinements.js';
import { isVisible, visibleTo } from './visible.js';

export { personas } from './personas.js';
export { refinements } from './refinements.js';
/** A persona by id or slug, as of the context's moment. @throws Rejection `persona-not-found`, also for what is hidden */
export { existing as visiblePersona } from './persona-versions.js';

/**
 * For lists whose rows say by `personaId` whose they are: only those whose persona the reader may see today; none for
 * who sees everything. A query that uses it declares that it reads `personas`.
 * @param orNull whether rows of no persona are listed too
 */
export const ofVisiblePersonas = (reader: Reader, orNull = false): WhereOther[] =>
  seesAll(reader)
    ? []
    : [{ projection: personas, key: "row->>'personaId'", orNull, where: visibleTo(reader) }];

/** Whether the reader may see a persona today, by its id. */
export async function seesPersona(ctx: QueryContext, personaId: string): Promise<boolean> {
  if (seesAll(ctx.reader)) return true;
  const persona = await personaRow(ctx.current(), personaId);
  return persona !== null && isVisible(persona, ctx.reader);
}

/** How a member stands to a persona: whether it may see it, and whether it looks after it. */
export function standingTo(
  persona: PersonaRow,
  member: Omit<Reader, 'tenantId'>,
): { sees: boolean; manages: boolean } {
  const viewer = { id: member.memberId, roles: member.roles, teams: member.teams };
  return { sees: canSee(persona, viewer), manages: manages(persona, viewer) };
}

/** What would be applied, as people look at it: without the fields that were rejected. */
export function changesOf({ change, rejected }: Pick<RefinementRow, 'change' | 'rejected'>) {
  const { was, changed } = withoutFields(change, rejected);
  // The members that are not touched are the same on both sides: nothing is said of them anyway.
  return versionDiff(was as PersonaConfig, changed as PersonaConfig).changes;
}

/** The differences between a refinement's base and what would be applied. */
export const shownChanges = z
  .array(
    z.strictObject({
      path: z
        .string()
        .describe('Like a JSON Pointer, with the name in the place of an index where there is one'),
      kind: z.enum(['added', 'changed', 'removed', 'moved']),
      before: z.unknown().optional(),
      after: z.unknown().optional(),
    }),
  )
  .describe('Between the base and what would be applied');

/** A refinement as those look at it who decide on it. */
export const shownRefinement = z.strictObject({
  refinementId: z.string(),
  personaId: z.string(),
  changes: shownChanges,
  diffHash: z.string().describe('Of what would be applied'),
  source: refinementSource,
  changeClass,
  reason: z.unknown().optional(),
});

/**
 * What a refinement changes, as of the context's moment; null where there is none. Whether the reader may see the
 * persona is not asked: whoever calls this has found that the reader decides on it, or answers for it.
 */
export async function refinementShown(
  ctx: QueryContext,
  refinementId: string,
): Promise<z.output<typeof shownRefinement> | null> {
  const found = await ctx.model(refinements).get<RefinementRow>(refinementId);
  if (!found) return null;
  const { personaId, diffHash, source, changeClass: kind, reason } = found.row;
  return {
    refinementId,
    personaId,
    changes: changesOf(found.row),
    diffHash,
    source,
    changeClass: kind,
    ...(reason !== undefined && { reason }),
  };
}
