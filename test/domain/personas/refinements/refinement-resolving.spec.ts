import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../../src/domain/kernel.js';
import type { PersonaConfig } from '../../../../src/domain/personas/persona-config.js';
import { contentBetween } from '../../../../src/domain/personas/refinements/field-changes.js';
import { refinementModule } from '../../../../src/domain/personas/refinements/refinement-module.js';
import { given, sealed, type Surroundings } from '../../../support/given.js';
import { config, configWith, personaId } from '../../../support/persona-examples.js';
import {
  applied2,
  applying,
  approvalId,
  approvedWith,
  around,
  baseHash,
  cool,
  coolHash,
  failed,
  hashOf,
  proposed,
  rebasedOnto,
  refinementId,
  resolved,
  submitted,
  version,
  withdrawn,
} from '../../../support/refinement-examples.js';

type Around = Partial<Surroundings>;
const on = (history: DomainEvent[], operationId: string, input: object, more: Around = {}) =>
  given(refinementModule, ...history).when(
    operationId,
    { refinementId, ...input },
    { facts: around(), ...more },
  );
const both = { ...cool, tags: ['a'] };
const told = { approvalId, excluded: ['ada'] };

describe('resolveRefinementFields', () => {
  const resolve = (history: DomainEvent[], input: object, more: Around = {}) =>
    on(history, 'resolveRefinementFields', input, more);

  it('leaves what is rejected as it was, and names what is applied anew', () => {
    resolve([proposed(both)], { reject: ['/tags'] })
      .thenEvents(resolved({ rejected: ['/tags'] }, coolHash))
      .thenReply(expect.objectContaining({ diffHash: coolHash }));
    resolve([proposed(both)], { accept: ['/tags'] }).thenEvents(
      resolved({ accepted: ['/tags'] }, hashOf(both)),
    );
  });

  it('the same again changes nothing, nor does saying nothing', () => {
    resolve([proposed(both)], { reject: ['/tags'] })
      .again()
      .thenNothing();
    resolve([proposed(both)], {}).thenNothing();
  });

  it('can be taken back', () => {
    const history = [proposed(both), resolved({ rejected: ['/tags'] }, coolHash)];
    resolve(history, { accept: ['/tags'] }).thenEvents(resolved({ accepted: ['/tags'] }, hashOf(both)));
    const accepted = [proposed(both), resolved({ accepted: ['/tags'] }, hashOf(both))];
    resolve(accepted, { reject: ['/tags'] }).thenEvents(resolved({ rejected: ['/tags'] }, coolHash));
  });

  it('tells the approval that waits where something else would be applied', () => {
    const waiting = [proposed(both), submitted(hashOf(both))];
    resolve(waiting, { reject: ['/tags'] }).thenEvents(resolved({ rejected: ['/tags'] }, coolHash, told));
    resolve(waiting, { accept: ['/tags'] }).thenEvents(resolved({ accepted: ['/tags'] }, hashOf(both)));
  });

  it('keeps an approval as long as nothing else would be applied', () => {
    const approved = [proposed(both), submitted(hashOf(both)), approvedWith(hashOf(both))];
    const standing = (state: string) => expect.objectContaining({ state });
    resolve(approved, { accept: ['/tags'] }).thenReply(standing('approved'));
    resolve(approved, { reject: ['/tags'] }).thenReply(standing('proposed'));
  });

  it('knows the fields there are, and no others', () => {
    resolve([proposed(both)], { accept: ['/tags', '/name'], reject: ['/traits'] }).thenRejected(
      'refinement-field-unknown',
      '/accept/1',
      '/reject/0',
    );
    resolve([proposed(both)], { accept: ['/tags'], reject: ['/tags'] }).thenRejected(
      'invalid-input',
      '/reject',
    );
  });

  it('leaves something to apply', () => {
    resolve([proposed(both)], { reject: ['/tags', '/temperature'] }).thenRejected('refinement-empty');
  });

  it('leaves a configuration', () => {
    const big = (count: number) => ({ big: Array.from({ length: count }, () => 'x'.repeat(60_000)) });
    const base = configWith({ metadata: big(3) });
    const moved: Partial<PersonaConfig> = { metadata: {}, card: { spec: 'v2', data: big(3) } };
    const made = proposed(moved);
    const data = { ...made.data, was: { metadata: base.metadata }, fields: ['/metadata/big', '/card'] };
    resolve(
      [{ ...made, data }],
      { reject: ['/metadata/big'] },
      { facts: around({ head: version(1, base) }, version(1, base)) },
    ).thenRejected('refinement-invalid', '/reject');
  });

  it('also on a base that is not the newest any more: that is how conflicts are solved', () => {
    const facts = around({ head: version(2, configWith({ tags: ['b'] })) });
    resolve([proposed(both)], { reject: ['/tags'] }, { facts }).thenEvents(
      resolved({ rejected: ['/tags'] }, coolHash),
    );
  });

  it('of a facet about a real person decides on it as a whole', () => {
    const identity = { subjectId: 'grace', background: sealed('navy') };
    resolve([proposed({ ...cool, identity })], { reject: ['/identity'] }).thenEvents(
      resolved({ rejected: ['/identity'] }, coolHash),
    );
  });

  it('which locked prompt parts are in effect is for an owner of the tenant to say', () => {
    const parts = { sysInfoEnabled: false, userProfileEnabled: false };
    const at = (startLocked: string) => ({ prompt: { ...parts, content: { startLocked } } });
    const [base, after] = [configWith(at('old')), { ...cool, ...at('new') }];
    const data = contentBetween({ personaId, baseHash }, base, configWith(after));
    const locking: DomainEvent = { type: 'RefinementProposed', data: { ...proposed(cool).data, ...data } };
    const place = '/prompt/content/startLocked';
    expect(data.fields).toContain(place);
    const facts = around({ head: version(1, base) }, version(1, base));
    const editor: Around = { facts, roles: ['editor'] };
    resolve([locking], { reject: [place] }, editor).thenRejected('prompt-locked', '/reject/0');
    resolve([locking], { accept: [place] }, editor).thenEvents(
      resolved({ accepted: [place] }, data.diffHash),
    );
    const [without] = resolve([locking], { reject: [place] }, { facts }).events;
    resolve([locking, without!], { accept: ['/temperature', place] }, editor).thenRejected(
      'prompt-locked',
      '/accept/1',
    );
    expect(resolve([locking, without!], { accept: ['/temperature'] }, editor).events).toHaveLength(1);
    expect(resolve([locking, without!], { accept: [place] }, { facts }).events).toHaveLength(1);
  });

  it('needs a refinement that is there for the caller, and open', () => {
    resolve([], { reject: ['/tags'] }).thenRejected('refinement-not-found');
    const hidden = { facts: { persona: null, base: undefined } };
    resolve([proposed(both)], { reject: ['/tags'] }, hidden).thenRejected('refinement-not-found');
    resolve([proposed(both), withdrawn()], { reject: ['/tags'] }).thenRejected('refinement-not-open');
  });
});

describe('rebaseRefinement', () => {
  const tagged = configWith({ tags: ['b'] });
  const onto = (head: PersonaConfig) => ({ facts: around({ head: version(2, head) }) });
  const rebase = (history: DomainEvent[], head: PersonaConfig) =>
    on(history, 'rebaseRefinement', {}, onto(head));

  it('makes the same change on the newest version', () => {
    rebase([proposed(cool)], tagged)
      .thenEvents(rebasedOnto(2, tagged, { ...tagged, ...cool }))
      .again()
      .thenNothing();
  });

  it('tells the approval that waits, and has to be approved again where it was', () => {
    const event = (more: object = {}) => rebasedOnto(2, tagged, { ...tagged, ...cool }, more);
    rebase([proposed(cool), submitted(coolHash)], tagged).thenEvents(event(told));
    rebase([proposed(cool), submitted(coolHash), approvedWith(coolHash)], tagged)
      .thenEvents(event())
      .thenReply(expect.objectContaining({ state: 'proposed', approvalId: null }));
  });

  it('leaves out what was rejected, and keeps what was accepted', () => {
    const lists = { accepted: ['/temperature'], rejected: ['/tags'] };
    rebase([proposed(both), resolved(lists, coolHash)], tagged).thenEvents(
      rebasedOnto(2, tagged, { ...tagged, ...cool }, { accepted: ['/temperature'] }),
    );
  });

  it('refuses where both changed the same field, and names it', () => {
    rebase([proposed(both)], tagged).thenRejected('rebase-conflict', '/tags');
    rebase([proposed(both), resolved({ rejected: ['/tags'] }, coolHash)], tagged).thenEvents(
      rebasedOnto(2, tagged, { ...tagged, ...cool }),
    );
  });

  it('refuses what the newest version has already', () => {
    rebase([proposed(cool)], configWith(cool)).thenRejected('refinement-empty');
  });

  it('refuses what would be no configuration together', () => {
    const big = (count: number) => ({ big: Array.from({ length: count }, () => 'x'.repeat(60_000)) });
    const head = configWith({ metadata: big(3) });
    rebase([proposed({ card: { spec: 'v2', data: big(2) } })], head).thenRejected(
      'refinement-invalid',
      '/refinementId',
    );
  });

  it('of one that could not be applied makes it open again, on whichever base', () => {
    const history = [proposed(cool), submitted(coolHash), approvedWith(coolHash), applying(coolHash), failed];
    on(history, 'rebaseRefinement', {}).thenEvents(rebasedOnto(1, config, configWith(cool)));
    on(history, 'rebaseRefinement', {}, onto(tagged)).thenEvents(
      rebasedOnto(2, tagged, { ...tagged, ...cool }),
    );
  });

  it('needs a refinement that is there for the caller, and open, of a published persona', () => {
    on([], 'rebaseRefinement', {}).thenRejected('refinement-not-found');
    on([proposed(cool)], 'rebaseRefinement', {}, { facts: { persona: null } }).thenRejected(
      'refinement-not-found',
    );
    rebase(applied2, tagged).thenRejected('refinement-not-open');
    on([proposed(cool)], 'rebaseRefinement', {}, { facts: around({ head: null }) }).thenRejected(
      'persona-unpublished',
    );
  });
});
