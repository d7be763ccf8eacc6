/** How commands on personas look at templates. */
import type { Caller, FactReader } from '../../kernel.js';
import { persona } from '../persona.js';
import { template, type ExistingTemplate } from './template.js';
import { canSee } from '../visibility.js';

/** The template as a fact; null where none is named or there. */
export async function templateFact(
  templateId: string | undefined,
  read: FactReader,
): Promise<ExistingTemplate | null> {
  if (templateId === undefined) return null;
  const found = await read.state(template, templateId);
  return found.status === 'none' ? null : found;
}

/** The template, if the caller may know of it; one that is hidden answers as one that is not there. */
export function usable(
  found: ExistingTemplate | null,
  caller: Caller,
  pointer = '/templateId',
): ExistingTemplate {
  if (found && canSee(found, caller)) return found;
  const detail = 'there is no such template';
  return persona.reject('template-not-found', detail, { errors: [{ pointer, detail }] });
}

/** The template, as long as personas may be made from it. */
export const inUse = (found: ExistingTemplate): ExistingTemplate =>
  found.status === 'retired' ? persona.reject('template-retired') : found;
