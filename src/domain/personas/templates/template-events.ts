/** What happens to a template of personas. A revision is numbered, so that a persona can tell which one it follows. */
import { z } from 'zod';
import { memberId, teamId } from '../../ids.js';
import { reference } from '../../reference.js';
import { clear } from '../../sealed.js';
import { role } from '../../tenancy/events.js';
import { line, text } from '../config-values.js';
import { storedFields } from './customizable-fields.js';
import { owner, reason } from '../events.js';
import { slug } from '../persona-slug.js';
import { templateBase } from './template-base.js';

const templateId = clear(z.uuid());
/** A template by id or by slug. */
export const templateRef = reference(
  { category: 'template', claim: 'template' },
  clear(z.string().min(1).max(64).describe('The id or the slug of a template')),
);

export const templateName = line(100);
export const templateDescription = text(500);
export const templateCategory = line(50);
export const templateTags = z.array(line(50)).max(100);

/** What a template says; a revision changes some of it. */
const content = {
  name: templateName,
  description: templateDescription,
  category: templateCategory,
  base: templateBase,
  customizableFields: storedFields,
  tags: templateTags,
};

const visibility = {
  isPublic: z.boolean(),
  allowedUsers: z.array(memberId),
  allowedRoles: z.array(role),
  allowedTeams: z.array(teamId),
};

export const templateEvents = {
  /** Revision 1. */
  TemplateCreated: z.strictObject({ templateId, slug, ...content, owner, ...visibility }),
  /** Whole new values of what changed, and of nothing else. */
  TemplateRevised: z.strictObject({
    templateId,
    templateVersion: z.int().min(2),
    changed: z.strictObject(content).partial(),
  }),
  TemplateSharedPublicly: z.strictObject({ templateId }),
  TemplateVisibilityChanged: z.strictObject({ templateId, ...visibility }),
  TemplateRetired: z.strictObject({ templateId, reason: reason.optional() }),
};
