import { describe, expect, it } from 'vitest';
import type { Caller } from '../../../../src/domain/kernel.js';
import type { ExistingTemplate } from '../../../../src/domain/personas/templates/template.js';
import { inUse, templateFact, usable } from '../../../../src/domain/personas/templates/template-use.js';
import { factReader } from '../../../support/fact-reader.js';

const found: ExistingTemplate = {
  status: 'active',
  slug: 'support-agent',
  templateVersion: 2,
  name: 'Support agent',
  description: 'Answers customers',
  category: 'support',
  base: {},
  customizableFields: [],
  tags: [],
  owner: { kind: 'user', id: 'ada' },
  isPublic: false,
  allowedUsers: [],
  allowedRoles: [],
  allowedTeams: [],
};
const caller = (id: string): Caller => ({ kind: 'user', id, roles: ['editor'], teams: [] });

describe('a template in a command on personas', () => {
  it('is a fact where it is named and there', async () => {
    const read = factReader({ states: { 'template t1': found } });
    await expect(templateFact('t1', read)).resolves.toBe(found);
    await expect(templateFact('t2', read)).resolves.toBeNull();
    await expect(templateFact(undefined, read)).resolves.toBeNull();
  });

  it('is for those who may see it, and for others as if it were not there', () => {
    expect(usable(found, caller('ada'))).toBe(found);
    const refused = { code: 'template-not-found', more: { errors: [{ pointer: '/templateId' }] } };
    expect(() => usable(found, caller('bob'))).toThrow(expect.objectContaining({ code: refused.code }));
    const why = (template: ExistingTemplate | null): unknown => {
      try {
        return usable(template, caller('bob'));
      } catch (error) {
        const { code, detail, more } = error as { code: string; detail: string; more: unknown };
        return { code, detail, more };
      }
    };
    expect(why(found)).toMatchObject(refused);
    expect(why(found)).toEqual(why(null));
  });

  it('makes no more personas once it is retired', () => {
    expect(inUse(found)).toBe(found);
    expect(() => inUse({ ...found, status: 'retired' })).toThrow(
      expect.objectContaining({ code: 'template-retired' }),
    );
  });
});
