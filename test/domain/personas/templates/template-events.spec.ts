import { describe, expect, it } from 'vitest';
import { templateEvents, templateRef } from '../../../../src/domain/personas/templates/template-events.js';
import { referenceOf } from '../../../../src/domain/reference.js';
import { storedSchema } from '../../../../src/domain/stored-schema.js';
import { created, revised, templateLife } from '../../../support/template-examples.js';

const parse = (type: string, data: unknown) =>
  storedSchema(templateEvents[type as keyof typeof templateEvents]).safeParse(data);

describe('the events of a template', () => {
  it('hold the life of one', () => {
    expect(new Set(templateLife.map(({ type }) => type))).toEqual(new Set(Object.keys(templateEvents)));
    for (const { type, data } of templateLife) expect(parse(type, data).data).toEqual(data);
  });

  it('begin complete', () => {
    for (const member of Object.keys(created.data)) {
      const { [member]: _, ...rest } = created.data;
      expect(parse('TemplateCreated', rest).success, member).toBe(false);
    }
  });

  it('of a revision hold what changed and invent nothing', () => {
    expect(parse('TemplateRevised', revised(2, {}).data).data).toEqual(revised(2, {}).data);
    expect(parse('TemplateRevised', revised(1, {}).data).success).toBe(false);
    expect(parse('TemplateRevised', revised(2, { slug: 'x' }).data).success).toBe(false);
  });

  it('are found by id or by slug', () => {
    expect(referenceOf(templateRef)).toEqual({ category: 'template', claim: 'template' });
  });
});
