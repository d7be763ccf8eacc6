import { describe, expect, it } from 'vitest';
import type { BatchAnswer, BatchItem } from '../../src/cli/batch.js';
import { finish, undone, type Unfinished } from '../../src/cli/import-steps.js';

const agent = { type: 'setPersonaManifest', input: { capabilities: ['code'] } };
const linkedin = {
  type: 'setPlatformAdaptation',
  input: { platformType: 'linkedin', contentTypes: ['by the file'] },
};
const facebook = { type: 'setPlatformAdaptation', input: { platformType: 'facebook' } };
const steps = [agent, linkedin, facebook];

/** As the server answers what was set: with the defaults, and with how complete it is. */
const manifest = {
  capabilities: ['code'],
  specializations: [],
  maxParallelTasks: 1,
  canDelegate: false,
  canBeDelegatedTo: true,
  role: 'worker',
};
const shown = (adaptation: object) => ({ isActive: true, ...adaptation, completeness: 9, missing: ['x'] });
const byTheFile = shown({ contentTypes: ['by the file'] });

describe('of the steps after an import', () => {
  it.each([
    ['all are left when nothing was done', { version: 1, platforms: {} }, steps],
    [
      'those after the last one that was taken',
      { version: 2, manifest, platforms: {} },
      [linkedin, facebook],
    ],
    [
      'the last, when all others were taken',
      { version: 3, manifest, platforms: { linkedin: byTheFile } },
      [facebook],
    ],
    [
      'none when all were taken',
      { version: 4, manifest, platforms: { linkedin: byTheFile, facebook: shown({}) } },
      [],
    ],
  ])('%s', (_, there, left) => {
    expect(undone(steps, there)).toEqual(left);
  });

  it.each([
    ['the draft was edited', { version: 2, platforms: {} }],
    ['the manifest was set again', { version: 3, manifest, platforms: {} }],
    ['another manifest was set', { version: 2, manifest: { ...manifest, canDelegate: true }, platforms: {} }],
    [
      'a platform was set by somebody else',
      { version: 2, platforms: { linkedin: shown({ contentTypes: ['by a human'] }) } },
    ],
    [
      'a platform was changed',
      { version: 3, manifest, platforms: { linkedin: shown({ contentTypes: ['by a human'] }) } },
    ],
    ['a platform came that is not in the file', { version: 3, manifest, platforms: { mastodon: shown({}) } }],
    ['a platform was set out of turn', { version: 3, manifest, platforms: { facebook: shown({}) } }],
    ['a platform was removed', { version: 4, manifest, platforms: {} }],
  ])('none is taken where %s', (_, there) => {
    expect(undone(steps, there)).toEqual([]);
  });
});

describe('steps', () => {
  /** Answers like a server: a step is one event, and refused where another version is expected. */
  function serverOf(versions: Record<string, number>, refused: Record<string, string> = {}) {
    const requests: BatchItem[][] = [];
    const answer = (command: BatchItem): BatchAnswer => {
      const { input, ifMatch } = command as BatchItem & { ifMatch: number };
      const id = String(input['personaId']);
      const problem = refused[`${id} ${command.type}`];
      if (problem !== undefined) return { changed: false, problem, code: 'persona-archived' };
      const version = versions[id]!;
      if (ifMatch !== version) return { changed: false, problem: 'too late', code: 'precondition-failed' };
      versions[id] = version + 1;
      return { changed: true, id, version: version + 1 };
    };
    const send = async (commands: BatchItem[]) => {
      requests.push(commands);
      return commands.map(answer);
    };
    return { send, requests, versions };
  }
  const persona = (personaId: string, more: Partial<Unfinished> = {}): Unfinished => ({
    personaId,
    version: 1,
    isNew: true,
    steps,
    ...more,
  });

  it('are taken in turn, of many personas at once, each only after the one before it', async () => {
    const { send, requests } = serverOf({ p: 1, q: 3 });
    expect(await finish([persona('p'), persona('q', { version: 3, steps: [facebook] })], send)).toEqual([]);
    expect(requests).toEqual([
      [
        { type: agent.type, input: { ...agent.input, personaId: 'p' }, ifMatch: 1 },
        { type: facebook.type, input: { ...facebook.input, personaId: 'q' }, ifMatch: 3 },
      ],
      [{ type: linkedin.type, input: { ...linkedin.input, personaId: 'p' }, ifMatch: 2 }],
      [{ type: facebook.type, input: { ...facebook.input, personaId: 'p' }, ifMatch: 3 }],
    ]);
  });

  it('end with one that is refused, which is told', async () => {
    const { send, requests, versions } = serverOf({ p: 1, q: 1 }, { 'p setPersonaManifest': 'No' });
    expect(await finish([persona('p'), persona('q')], send)).toEqual([
      'it is imported, but setPersonaManifest was refused: No',
    ]);
    expect(requests.map(({ length }) => length)).toEqual([2, 1, 1]);
    expect(versions).toEqual({ p: 1, q: 4 });
  });

  it('are left alone where somebody works on a persona that was there already', async () => {
    const { send, versions } = serverOf({ p: 2 });
    expect(await finish([persona('p', { isNew: false })], send)).toEqual([undefined]);
    expect(versions).toEqual({ p: 2 });
    expect(await finish([persona('p')], send)).toEqual([
      'it is imported, but setPersonaManifest was refused: too late',
    ]);
  });

  it('that there are none of ask for nothing', async () => {
    const { send, requests } = serverOf({});
    expect(await finish([persona('p', { steps: [] })], send)).toEqual([]);
    expect(requests).toEqual([]);
  });
});
