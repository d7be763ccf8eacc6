import { describe, expect, it } from 'vitest';
import { usualSettings } from '../../../src/domain/configuration/events.js';
import { contentHash } from '../../../src/domain/content-hash.js';
import type { DomainEvent } from '../../../src/domain/kernel.js';
import type { PersonaConfig } from '../../../src/domain/personas/persona-config.js';
import { personaModule } from '../../../src/domain/personas/persona-module.js';
import { recordedId } from '../../../src/domain/personas/refinements/recorded-refinement.js';
import { changeBetween } from '../../../src/domain/personas/refinements/field-changes.js';
import { factReader } from '../../support/fact-reader.js';
import { given, sealed, type Surroundings } from '../../support/given.js';
import {
  archived,
  autonomyChanged,
  careful,
  config,
  configWith,
  edited,
  moved,
  personaId,
  published,
  registered,
  registeredWith,
} from '../../support/persona-examples.js';
import { recorded } from '../../support/projected.js';
import { version } from '../../support/refinement-examples.js';

type Around = Partial<Surroundings>;
/** Not the id that `given` draws for a persona. */
const refinementId = '01890000-0000-7000-8000-00000000cafe';
const cooler = configWith({ temperature: 0.1 });
const withRecord = (event: DomainEvent, record: object): DomainEvent => ({
  type: event.type,
  data: { ...event.data, ...record },
});
/** A reactor: nobody in particular, who holds nothing. */
const reactor: Around = { roles: [], actorId: 'reactor:refinements' };
/** The event of a draft that follows. */
const following = (after: PersonaConfig, changed: Partial<PersonaConfig>): DomainEvent => ({
  type: 'PersonaDraftEdited',
  data: { personaId, changed, removed: [], draftHash: contentHash(after) },
});

describe('setPersonaAutonomy', () => {
  const set = (input: object, around: Around = {}, ...more: DomainEvent[]) =>
    given(personaModule, registeredWith({ isPublic: true }), ...more).when(
      'setPersonaAutonomy',
      { personaId, ...input },
      around,
    );

  it('says what becomes of what machines propose, by class if wanted', () => {
    set(careful).thenEvents(autonomyChanged()).again().thenNothing();
    set({ mode: 'manual' }).thenEvents(autonomyChanged({ mode: 'manual', perClass: {} }));
  });

  it('is hybrid to begin with', () => {
    set({ mode: 'hybrid' }).thenNothing();
  });

  it('knows the classes there are', () => {
    set({ mode: 'auto', perClass: { policy: 'auto' } }).thenRejected('invalid-input', '/perClass/policy');
    set({ mode: 'never' }).thenRejected('invalid-input', '/mode');
  });

  it('is for admins and owners, of a persona that is there and not archived', () => {
    set(careful, { roles: ['editor'] }).thenRejected('forbidden');
    expect(set(careful, { roles: ['admin'] }).events).toHaveLength(1);
    set(careful, {}, archived()).thenRejected('persona-archived');
    given(personaModule)
      .when('setPersonaAutonomy', { personaId, ...careful })
      .thenRejected('persona-not-found');
  });
});

describe('publishRefinement', () => {
  const refinement = (members: object = {}) => ({
    status: 'applying',
    personaId,
    source: 'interview',
    changeClass: 'model',
    baseVersionNo: 1,
    baseHash: contentHash(config),
    change: changeBetween(config, cooler),
    accepted: [],
    rejected: [],
    ...members,
  });
  const publish = (history: DomainEvent[], members: object = {}) =>
    given(personaModule, ...history).when(
      'publishRefinement',
      { personaId, refinementId },
      { ...reactor, facts: { refinement: refinement(members) } },
    );
  const record = { refinementId, source: 'interview', changeClass: 'model' };
  const ready = [registered, published(1)];

  it('publishes what the refinement makes of the newest version, and the draft follows', () => {
    publish(ready)
      .thenEvents(withRecord(published(2, cooler), record), following(cooler, { temperature: 0.1 }))
      .again()
      .thenNothing();
  });

  it('leaves out fields that were rejected', () => {
    const change = changeBetween(config, configWith({ temperature: 0.1, tags: ['a'] }));
    publish(ready, { change, rejected: ['/tags'] }).thenEvents(
      withRecord(published(2, cooler), record),
      following(cooler, { temperature: 0.1 }),
    );
  });

  it('leaves alone what somebody works on', () => {
    publish([...ready, edited({ temperature: 1.5 })]).thenEvents(withRecord(published(2, cooler), record));
    const [, draft] = publish([...ready, edited({ tags: ['a'] })]).events;
    expect(draft!.data['changed']).toEqual({ temperature: 0.1 });
  });

  it('changes locked prompt parts in the draft too, whatever somebody works on in the prompt', () => {
    const at = (content: object) => ({
      prompt: { sysInfoEnabled: false, userProfileEnabled: false, content },
    });
    const head = configWith(at({ startLocked: 'old', editableContent: 'body' }));
    const after = configWith(at({ startLocked: 'new', editableContent: 'body' }));
    const history = [
      registeredWith({ config: head }),
      published(1, head),
      edited(at({ startLocked: 'old', editableContent: 'mine' })),
    ];
    const members = { baseHash: contentHash(head), change: changeBetween(head, after) };
    const [, draft] = publish(history, members).events;
    expect(draft!.data['changed']).toEqual(at({ startLocked: 'new', editableContent: 'mine' }));
  });

  it('fails where there is a newer version than the base', () => {
    publish([...ready, published(2, configWith({ tags: ['b'] }))]).thenRejected('base-version-moved');
    publish(ready, { baseHash: 'x' }).thenRejected('base-version-moved');
  });

  it('does nothing for what is not being applied', () => {
    for (const status of ['applied', 'failed', 'rolled_back']) publish(ready, { status }).thenNothing();
  });

  it('needs a persona that is published and not archived, and a refinement', () => {
    publish([]).thenRejected('persona-not-found');
    publish([registered]).thenRejected('persona-unpublished');
    publish([...ready, archived()]).thenRejected('persona-archived');
    publish(ready, { status: 'none' }).thenRejected('refinement-not-found');
  });

  it('reads the refinement', async () => {
    const { facts } = personaModule.commands['publishRefinement']!;
    const read = factReader({ states: { [`refinement ${refinementId}`]: refinement() } });
    await expect(facts!({ personaId, refinementId } as never, read)).resolves.toEqual({
      refinement: refinement(),
    });
  });
});

describe('publishRollback', () => {
  const facts = {
    refinement: { status: 'rolled_back', versionNo: 2, headVersionNo: 2 },
    former: version(1),
    next: undefined as unknown,
    settings: usualSettings,
  };
  const input = {
    personaId,
    refinementId,
    toVersionNo: 1,
    headVersionNo: 2,
    moveProtected: true,
    reason: 'rolled back',
  };
  const rollBack = (history: DomainEvent[], more: object = {}, found: object = {}) =>
    given(personaModule, ...history).when(
      'publishRollback',
      { ...input, ...more },
      { ...reactor, facts: { ...facts, ...found } },
    );
  const ahead = [registered, published(1), edited({ temperature: 0.1 }), published(2, cooler)];
  const record = (versionNo: number) => ({
    refinementId: recordedId(personaId, versionNo),
    source: 'rollback',
    changeClass: 'model',
  });
  const move = (channel: string, from: number, to: number): DomainEvent =>
    withRecord(moved(channel, from, to), { reason: sealed('rolled back') });

  it('publishes a new version equal to the old one, which will be recorded as a refinement', () => {
    rollBack(ahead)
      .thenEvents(withRecord(published(3), record(3)), following(config, { temperature: 0.3 }))
      .again()
      .thenNothing();
  });

  it('moves the channels that point to what is rolled back, and no others', () => {
    const channels = [moved('production', null, 2), moved('canary', null, 1), moved('staging', null, 2)];
    rollBack([...ahead, ...channels])
      .thenEvents(
        withRecord(published(3), record(3)),
        following(config, { temperature: 0.3 }),
        move('production', 2, 3),
        move('staging', 2, 3),
      )
      .again()
      .thenNothing();
  });

  it('leaves protected channels where nobody may move them who rolled it back', () => {
    const channels = [moved('production', null, 2), moved('staging', null, 2)];
    const after = (protectedChannels: string[]) =>
      rollBack(
        [...ahead, ...channels],
        { moveProtected: false },
        {
          settings: { ...usualSettings, protectedChannels },
        },
      ).events.slice(2);
    expect(after(['production'])).toEqual([move('staging', 2, 3)]);
    expect(after([])).toEqual([move('production', 2, 3), move('staging', 2, 3)]);
  });

  it('only moves channels where the newest version is the old one already', () => {
    const there = [...ahead, published(3), moved('staging', null, 2)];
    rollBack(there, {}, { next: version(3) }).thenEvents(move('staging', 2, 3));
  });

  describe('decided on a version that is equal to what is rolled back', () => {
    const tagged = configWith({ temperature: 0.1, tags: ['b'] });
    const back = [...ahead, published(3, tagged), published(4, cooler)];
    const refinement = { status: 'rolled_back', versionNo: 2, headVersionNo: 4 };

    it('takes along the channels that point to either', () => {
      const channels = [moved('production', null, 4), moved('staging', null, 2), moved('canary', null, 3)];
      rollBack([...back, ...channels], { headVersionNo: 4 }, { refinement }).thenEvents(
        withRecord(published(5), record(5)),
        following(config, { temperature: 0.3 }),
        move('production', 4, 5),
        move('staging', 2, 5),
      );
    });
  });

  it('is refused when there is a newer version than it was decided on: nothing is undone unseen', () => {
    const tagged = configWith({ temperature: 0.1, tags: ['b'] });
    const channels = [moved('staging', null, 2)];
    rollBack([...ahead, published(3, tagged), ...channels], {}, { next: version(3, tagged) }).thenRejected(
      'rollback-not-newest',
    );
    rollBack([...ahead, published(3, tagged), ...channels]).thenRejected('rollback-not-newest');
  });

  it('delivered again when others have gone on from it does nothing', () => {
    const later = [...ahead, published(3), published(4, cooler), moved('staging', null, 2)];
    rollBack(later, {}, { next: version(3) }).thenNothing();
  });

  it('does nothing when it was given up, or decided anew', () => {
    const given = { status: 'applied', versionNo: 2, headVersionNo: null };
    rollBack(ahead, {}, { refinement: given }).thenNothing();
    const anew = { status: 'rolled_back', versionNo: 2, headVersionNo: 4 };
    rollBack(ahead, {}, { refinement: anew }).thenNothing();
  });

  it('goes through although the persona was archived meanwhile', () => {
    expect(rollBack([...ahead, archived()]).events).toHaveLength(2);
  });

  it('needs a published persona, a refinement and the former version', () => {
    rollBack([]).thenRejected('persona-not-found');
    rollBack([registered]).thenRejected('persona-unpublished');
    rollBack(ahead, {}, { refinement: { status: 'none' } }).thenRejected('refinement-not-found');
    rollBack(ahead, {}, { former: undefined }).thenRejected('version-not-found');
  });

  it('reads the former version, and one that came after the decision, from where they were published', async () => {
    const ask = personaModule.commands['publishRollback']!.facts!;
    const states = { [`refinement ${refinementId}`]: facts.refinement };
    const stream = { category: 'persona', streamId: personaId };
    const events = recorded(stream, ...ahead);
    await expect(ask(input as never, factReader({ states, events }))).resolves.toEqual(facts);
    const more = recorded(stream, ...ahead, published(3, cooler));
    await expect(ask(input as never, factReader({ states, events: more }))).resolves.toEqual({
      ...facts,
      next: version(3, cooler),
    });
    await expect(ask(input as never, factReader())).resolves.toMatchObject({ former: undefined });
  });
});
