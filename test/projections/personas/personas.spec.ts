import { describe, expect, it } from 'vitest';
import { personas, searchable, type PersonaRow } from '../../../src/projections/personas/personas.js';
import {
  careful,
  config,
  configWith,
  edited,
  life,
  personaId,
  platformAdded,
  registered,
  sharedWith,
  templateId,
  terse,
  unsharedFrom,
  verbose,
  worker,
} from '../../support/persona-examples.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';

const stream = { category: 'persona', streamId: personaId };
const rowAfter = (count: number): PersonaRow =>
  projected<PersonaRow>(personas, recorded(stream, ...life.slice(0, count))).get(personaId)!;

describe('personas', () => {
  it('has an example of every event', () => {
    expectExampleForEvery(personas, life);
  });

  it('begins as a draft', () => {
    expect(rowAfter(1)).toEqual({
      personaId,
      slug: 'technical-assistant',
      status: 'draft',
      owner: { kind: 'user', id: 'ada' },
      isPublic: false,
      allowedUsers: [],
      allowedRoles: [],
      allowedTeams: [],
      origin: 'template',
      originRef: { templateId, templateVersion: 1 },
      template: { templateId, templateVersion: 1 },
      draft: config,
      draftHash: registered.data['draftHash'],
      head: null,
      channels: {},
      platforms: {},
      autonomy: { mode: 'hybrid', perClass: {} },
      domains: [],
      createdAt: instantAt(1),
      updatedAt: instantAt(1),
      version: 1,
      search: 'technical assistant\ntechnical-assistant\nexpert technical assistant for developers',
      sortName: 'technical assistant',
    });
  });

  it('follows versions, channels, edits and the status, each with its version and time', () => {
    const seen = life.slice(0, 10).map((_, index) => {
      const { status, head, channels, version, updatedAt, draft } = rowAfter(index + 1);
      expect([version, updatedAt]).toEqual([index + 1, instantAt(index + 1)]);
      return [status, head, channels, draft.temperature];
    });
    expect(seen).toEqual([
      ['draft', null, {}, 0.3],
      ['draft', 1, {}, 0.3],
      ['draft', 1, { production: 1 }, 0.3],
      ['active', 1, { production: 1 }, 0.3],
      ['active', 1, { production: 1 }, 0.4],
      ['active', 2, { production: 1 }, 0.4],
      ['active', 2, { production: 2 }, 0.4],
      ['inactive', 2, { production: 2 }, 0.4],
      ['archived', 2, { production: 2 }, 0.4],
      ['inactive', 2, { production: 2 }, 0.4],
    ]);
    expect(rowAfter(life.length)).toMatchObject({ createdAt: instantAt(1), slug: 'technical-assistant' });
  });

  it('follows whose it is and who sees it, its manifest, its platforms, its template and its autonomy', () => {
    const seen = life.slice(10).map((event, index) => {
      const row = rowAfter(11 + index);
      expect([row.version, row.updatedAt]).toEqual([11 + index, instantAt(11 + index)]);
      const { owner, isPublic, allowedUsers, allowedRoles, allowedTeams, platforms, autonomy } = row;
      const now = { owner, isPublic, allowedUsers, allowedRoles, allowedTeams, platforms, autonomy };
      return [event.type, { ...now, manifest: row.manifest, template: row.template }];
    });
    const changes = [
      ['PersonaVisibilityChanged', { allowedUsers: ['bob'], allowedRoles: ['approver'] }],
      ['PersonaSharedWithTeam', { allowedTeams: ['red'] }],
      ['PersonaUnsharedFromTeam', { allowedTeams: [] }],
      ['PersonaOwnershipTransferred', { owner: { kind: 'team', id: 'red' } }],
      ['PersonaManifestChanged', { manifest: worker }],
      ['PlatformAdaptationAdded', { platforms: { linkedin: terse } }],
      ['PlatformAdaptationChanged', { platforms: { linkedin: verbose } }],
      ['PlatformAdaptationRemoved', { platforms: {} }],
      ['PersonaDraftEdited', {}],
      ['PersonaTemplateAdopted', { template: { templateId, templateVersion: 2 } }],
      ['PersonaAutonomyChanged', { autonomy: careful }],
    ] as const;
    let row = {
      owner: { kind: 'user', id: 'ada' },
      isPublic: false,
      allowedUsers: [],
      allowedRoles: [],
      allowedTeams: [],
      platforms: {},
      autonomy: { mode: 'hybrid', perClass: {} },
      manifest: undefined,
      template: { templateId, templateVersion: 1 },
    };
    const expected = changes.map(([type, change]) => {
      row = { ...row, ...change } as never;
      return [type, row];
    });
    expect(seen).toEqual(expected);
  });

  it('tells one team and one platform from the others', () => {
    const events = [registered, sharedWith('red'), sharedWith('blue'), unsharedFrom('red')];
    const more = [platformAdded('x'), platformAdded('linkedin', verbose)];
    const rows = projected<PersonaRow>(personas, recorded(stream, ...events, ...more));
    expect(rows.get(personaId)).toMatchObject({
      allowedTeams: ['blue'],
      platforms: { x: terse, linkedin: verbose },
    });
  });

  it('follows no template unless it was made from one', () => {
    const row = projected<PersonaRow>(personas, recorded(stream, registered)).get(personaId)!;
    expect(row).not.toHaveProperty('template');
    expect(row).not.toHaveProperty('originRef');
    expect(row).not.toHaveProperty('manifest');
  });

  it('is searched and filtered by the draft', () => {
    const domain = {
      ...configWith({}).knowledgeDomains[0]!,
      name: 'Types',
      topics: ['ts'],
      expertiseLevel: 5,
    };
    const change = edited({
      name: 'ＣＡＦÉ',
      knowledgeDomains: [{ ...domain, priority: 5, relatedTools: [], contextKeywords: [] }],
    });
    const row = projected<PersonaRow>(personas, recorded(stream, registered, change)).get(personaId)!;
    expect(row.domains).toEqual(['Types']);
    expect(row.sortName).toBe('café');
    expect(row.search).toContain(searchable('cafÉ'));
  });

  it('an edit that removes a member leaves the others', () => {
    const removal = [edited({ systemPromptTemplate: 'You are' }), edited({}, ['systemPromptTemplate'])];
    const row = projected<PersonaRow>(personas, recorded(stream, registered, ...removal)).get(personaId)!;
    expect(row.draft).toEqual(config);
  });

  it('knows nothing of a persona whose beginning it has not seen', () => {
    expect(projected(personas, recorded(stream, ...life.slice(1))).size).toBe(0);
  });
});
