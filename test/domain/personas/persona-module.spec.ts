import { describe, expect, it } from 'vitest';
import { creationCommands } from '../../../src/domain/personas/persona-creation.js';
import { draftingCommands } from '../../../src/domain/personas/persona-drafting.js';
import { lifecycleCommands } from '../../../src/domain/personas/persona-lifecycle.js';
import { personaModule } from '../../../src/domain/personas/persona-module.js';
import { platformCommands } from '../../../src/domain/personas/persona-platforms.js';
import { refiningCommands } from '../../../src/domain/personas/persona-refining.js';
import { sharingCommands } from '../../../src/domain/personas/persona-sharing.js';
import { personaRejections } from '../../../src/domain/personas/rejections.js';

describe('the commands of a persona', () => {
  it('are these, each at its address', () => {
    const addresses = Object.entries(personaModule.commands).map(([name, { http }]) => `${name}: ${http}`);
    expect(addresses).toEqual([
      'registerPersona: POST /personas',
      'instantiateTemplate: POST /templates/:templateId/personas',
      'importPersona: POST /personas/import',
      'editPersonaDraft: PATCH /personas/:personaId/draft',
      'publishPersonaVersion: POST /personas/:personaId/versions',
      'movePersonaChannel: PUT /personas/:personaId/channels/:channel',
      'adoptTemplateRevision: POST /personas/:personaId/adopt-template',
      'setPersonaVisibility: PUT /personas/:personaId/visibility',
      'sharePersona: POST /personas/:personaId/share',
      'unsharePersona: POST /personas/:personaId/unshare',
      'setPersonaOwner: PUT /personas/:personaId/owner',
      'setPersonaManifest: PUT /personas/:personaId/manifest',
      'setPlatformAdaptation: PUT /personas/:personaId/platforms/:platformType',
      'removePlatformAdaptation: DELETE /personas/:personaId/platforms/:platformType',
      'activatePersona: POST /personas/:personaId/activate',
      'deactivatePersona: POST /personas/:personaId/deactivate',
      'archivePersona: POST /personas/:personaId/archive',
      'restorePersona: POST /personas/:personaId/restore',
      'setPersonaAutonomy: PUT /personas/:personaId/autonomy',
      'publishRefinement: internal',
      'publishRollback: internal',
    ]);
  });

  it('come from one file each: no file takes the place of another’s command', () => {
    const files = [
      creationCommands,
      draftingCommands,
      sharingCommands,
      platformCommands,
      lifecycleCommands,
      refiningCommands,
    ];
    const names = files.flatMap((commands) => Object.keys(commands));
    expect(names).toEqual(Object.keys(personaModule.commands));
  });

  it('refuse by codes that the table has, each named once', () => {
    for (const [name, { rejects }] of Object.entries(personaModule.commands)) {
      expect(new Set(rejects).size, name).toBe(rejects.length);
      for (const code of rejects) expect(Object.keys(personaRejections), name).toContain(code);
    }
  });

  it('that name a persona know that it may not be there', () => {
    for (const [name, { input, rejects }] of Object.entries(personaModule.commands)) {
      if (Object.hasOwn(input.shape, 'personaId')) expect(rejects, name).toContain('persona-not-found');
    }
  });
});
