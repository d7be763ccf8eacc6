import { describe, expect, it } from 'vitest';
import { manifest } from '../../../src/domain/personas/manifest.js';
import { personaModule } from '../../../src/domain/personas/persona-module.js';
import { given, type Surroundings } from '../../support/given.js';
import {
  archived,
  manifestChanged,
  personaId,
  platformAdded,
  platformChanged,
  platformRemoved,
  registered,
  terse,
  verbose,
  visibilityChanged,
  worker,
} from '../../support/persona-examples.js';

const draft = given(personaModule, registered);
const adapted = given(personaModule, registered, platformAdded('linkedin'));
const gone = given(personaModule, registered, archived());
const unknown = given(personaModule);
const bob: Partial<Surroundings> = { roles: ['editor'], actorId: 'bob' };

describe('setPersonaManifest', () => {
  const set = (members: object, persona = draft) =>
    persona.when('setPersonaManifest', { personaId, ...members });

  it('says what a persona can do among others, as a whole', () => {
    set({ capabilities: ['review code'] })
      .thenEvents(manifestChanged(worker))
      .again()
      .thenNothing();
    const changed = given(personaModule, registered, manifestChanged(worker));
    set({ canDelegate: true }, changed).thenEvents(manifestChanged(manifest.parse({ canDelegate: true })));
  });

  it('the first one is recorded even where it says nothing but what is usual', () => {
    set({}).thenEvents(manifestChanged(manifest.parse({})));
  });

  it('tells an empty allow-list from none', () => {
    const free = given(personaModule, registered, manifestChanged(manifest.parse({})));
    set({ delegateAllowList: [] }, free).thenEvents(
      manifestChanged(manifest.parse({ delegateAllowList: [] })),
    );
  });
});

describe('setPlatformAdaptation', () => {
  const set = (platformType: string, members: object, persona = draft) =>
    persona.when('setPlatformAdaptation', { personaId, platformType, ...members });

  it('adds one for a new platform, and puts it in the place of the one before', () => {
    set('linkedin', terse).thenEvents(platformAdded('linkedin', terse)).again().thenNothing();
    set('linkedin', verbose, adapted).thenEvents(platformChanged('linkedin', verbose)).again().thenNothing();
    set('x', terse, adapted).thenEvents(platformAdded('x', terse));
  });

  it('can be left unused without being forgotten', () => {
    set('linkedin', { ...terse, isActive: false }, adapted).thenEvents(
      platformChanged('linkedin', { ...terse, isActive: false }),
    );
  });

  it('refuses a platform called like what every object has', () => {
    set('constructor', terse).thenRejected('invalid-input', '/platformType');
  });

  it('refuses the 21st platform, and still changes the others', () => {
    const platforms = Array.from({ length: 20 }, (_, n) => platformAdded(`p${n}`));
    const full = given(personaModule, registered, ...platforms);
    set('linkedin', terse, full).thenRejected('too-many-platforms');
    set('p7', verbose, full).thenEvents(platformChanged('p7', verbose));
    const room = given(personaModule, registered, ...platforms, platformRemoved('p3'));
    set('linkedin', terse, room).thenEvents(platformAdded('linkedin', terse));
  });

  it('refuses what is larger than 16 KiB, and a platform without a name', () => {
    const large = { tonalRange: 'x'.repeat(9_000), contentTypes: 'y'.repeat(9_000) };
    set('linkedin', large).thenRejected('invalid-input', '');
    for (const name of ['LinkedIn', '']) set(name, terse).thenRejected('invalid-input', '/platformType');
  });
});

describe('removePlatformAdaptation', () => {
  const remove = (platformType: string, persona = adapted) =>
    persona.when('removePlatformAdaptation', { personaId, platformType });

  it('removes what is there; what is not is gone already', () => {
    remove('linkedin').thenEvents(platformRemoved('linkedin')).again().thenNothing();
    remove('x').thenNothing();
  });
});

describe('all of them', () => {
  const inputs: [operationId: string, input: Record<string, unknown>][] = [
    ['setPersonaManifest', { personaId, ...worker }],
    ['setPlatformAdaptation', { personaId, platformType: 'linkedin', ...terse }],
    ['removePlatformAdaptation', { personaId, platformType: 'linkedin' }],
  ];

  it.each(inputs)('%s needs a persona that is there and not archived', (operationId, input) => {
    unknown.when(operationId, input).thenRejected('persona-not-found', '/personaId');
    gone.when(operationId, input).thenRejected('persona-archived');
  });

  it.each(inputs)('%s is for an editor who sees the persona', (operationId, input) => {
    adapted.when(operationId, input, bob).thenRejected('persona-not-found', '/personaId');
    const invited = given(personaModule, registered, visibilityChanged({ allowedUsers: ['bob'] }));
    expect(invited.when(operationId, input, bob).events).toBeInstanceOf(Array);
    adapted.when(operationId, input, { ...bob, roles: ['auditor'] }).thenRejected('forbidden');
  });
});
