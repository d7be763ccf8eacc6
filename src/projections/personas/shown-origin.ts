import type { QueryContext } from '../engine/declaration.js';
import { personaRow } from './personas.js';
import { isVisible } from './visible.js';

/** Where a persona comes from, without a parent that the reader may not see today. */
export async function shownOrigin<R extends { parentPersonaId?: string }>(
  ctx: QueryContext,
  origin: R,
): Promise<R> {
  if (origin.parentPersonaId === undefined) return origin;
  const parent = await personaRow(ctx.current(), origin.parentPersonaId);
  if (parent && isVisible(parent, ctx.reader)) return origin;
  const { parentPersonaId: _, ...rest } = origin;
  return rest as R;
}
