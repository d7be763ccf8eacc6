import { describe, expect, it } from 'vitest';
import { templates, type TemplateRow } from '../../../src/projections/personas/templates.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';
import { base, created, templateId, templateLife } from '../../support/template-examples.js';

const stream = { category: 'template', streamId: templateId };
const rowAfter = (count: number): TemplateRow =>
  projected<TemplateRow>(templates, recorded(stream, ...templateLife.slice(0, count))).get(templateId)!;

describe('templates', () => {
  it('has an example of every event', () => {
    expectExampleForEvery(templates, templateLife);
  });

  it('begins with revision 1', () => {
    expect(rowAfter(1)).toEqual({
      ...created.data,
      isPublic: false,
      status: 'active',
      templateVersion: 1,
      createdAt: instantAt(1),
      updatedAt: instantAt(1),
      version: 1,
      search: 'support agent\nsupport-agent\nsupport\nanswers customers',
      sortName: 'support agent',
    });
  });

  it('follows revisions, sharing and retirement, each with its version and time', () => {
    const seen = templateLife.map((_, index) => {
      const row = rowAfter(index + 1);
      expect([row.version, row.updatedAt, row.createdAt]).toEqual([
        index + 1,
        instantAt(index + 1),
        instantAt(1),
      ]);
      return [row.status, row.templateVersion, row.name, row.isPublic, row.allowedTeams];
    });
    expect(seen).toEqual([
      ['active', 1, 'Support agent', false, []],
      ['active', 1, 'Support agent', true, []],
      ['active', 2, 'Helper', true, []],
      ['active', 2, 'Helper', false, ['red']],
      ['retired', 2, 'Helper', false, ['red']],
    ]);
  });

  it('a revision replaces what it names, is searched by it and leaves the rest', () => {
    const row = rowAfter(3);
    expect(row).toMatchObject({
      base: { ...base, temperature: 0.5 },
      tags: ['customers'],
      sortName: 'helper',
    });
    expect(row.search).toContain('helper');
  });

  it('knows nothing of a template whose beginning it has not seen', () => {
    expect(projected(templates, recorded(stream, ...templateLife.slice(1))).size).toBe(0);
  });
});
