/** Refinements as a whole: the commands with everything that follows from them, over the memory store. */
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { same } from '../../../../src/domain/content-hash.js';
import { draftAfter } from '../../../../src/domain/personas/draft-change.js';
import { effectOf } from '../../../../src/domain/personas/refinements/refinement.js';
import { recordedId } from '../../../../src/domain/personas/refinements/recorded-refinement.js';
import { refinementModule } from '../../../../src/domain/personas/refinements/refinement-module.js';
import { personaRejections } from '../../../../src/domain/personas/rejections.js';
import { registration } from '../../../support/persona-examples.js';
import { seedFor } from '../../../support/seed.js';
import { refinementWorld, type RefinementWorld } from '../../../support/refinement-world.js';

const seed = seedFor('refinements');
const bob = { id: 'bob', roles: ['approver' as const] };
const cleo = { id: 'cleo', roles: ['approver' as const] };
const dana = { id: 'dana', roles: ['editor' as const] };
const app = { id: 'app', kind: 'service' as const, roles: ['service' as const] };
let world: RefinementWorld;
let personaId: string;

async function begin(): Promise<void> {
  world = refinementWorld();
  personaId = (await world.send('registerPersona', { ...registration, isPublic: true })).id;
  await world.sent('publishPersonaVersion', { personaId });
  await world.sent('movePersonaChannel', {
    personaId,
    channel: 'production',
    versionNo: 1,
    reason: 'because',
  });
}
beforeEach(begin);

const cooler = { set: { temperature: 0.1 } };
const propose = async (change: object = cooler, as: object = dana): Promise<string> =>
  (await world.sent('proposeRefinement', { personaId, baseVersionNo: 1, ...change }, as)).id;
const vote = async (refinementId: string, ...voters: (typeof bob)[]): Promise<void> => {
  const { approvalId } = await world.refinementOf(refinementId);
  for (const voter of voters)
    await world.sent('voteOnApproval', { approvalId, decision: 'approve', reason: 'yes' }, voter);
};
const apply = async (refinementId: string) => {
  const { diffHash } = await world.refinementOf(refinementId);
  return world.sent('applyRefinement', { refinementId, diffHash }, dana);
};
const approved = async (change: object = cooler): Promise<string> => {
  const refinementId = await propose(change);
  await world.sent('submitRefinement', { refinementId }, dana);
  await vote(refinementId, bob);
  return refinementId;
};

describe('the commands of a refinement', () => {
  it('are these, each at its address', () => {
    const { commands } = refinementModule;
    const addresses = Object.entries(commands).map(([name, { http }]) => `${name}: ${http}`);
    expect(addresses).toEqual([
      'proposeRefinement: POST /refinements',
      'amendRefinement: POST /refinements/:refinementId/amend',
      'resolveRefinementFields: POST /refinements/:refinementId/fields',
      'rebaseRefinement: POST /refinements/:refinementId/rebase',
      'submitRefinement: POST /refinements/:refinementId/submit',
      'withdrawRefinement: POST /refinements/:refinementId/withdraw',
      'supersedeRefinement: internal',
      'approveRefinement: internal',
      'rejectRefinement: internal',
      'applyRefinement: POST /refinements/:refinementId/apply',
      'completeRefinement: internal',
      'failRefinement: internal',
      'rollbackRefinement: POST /refinements/:refinementId/rollback',
      'failRollback: internal',
      'recordRefinement: internal',
    ]);
  });

  it('refuse by codes that the table has, each named once', () => {
    for (const [name, { rejects }] of Object.entries(refinementModule.commands)) {
      expect(new Set(rejects).size, name).toBe(rejects.length);
      for (const code of rejects) expect(Object.keys(personaRejections), name).toContain(code);
    }
  });
});

describe('a change to a published persona', () => {
  it('is proposed, approved by two, applied, put into production and rolled back', async () => {
    const refinementId = await propose();
    await world.sent('submitRefinement', { refinementId, quorum: 2 }, dana);
    await vote(refinementId, bob);
    expect((await world.refinementOf(refinementId)).status).toBe('awaiting_approval');
    await vote(refinementId, cleo);
    expect((await world.refinementOf(refinementId)).status).toBe('approved');
    await apply(refinementId);
    expect(await world.refinementOf(refinementId)).toMatchObject({ status: 'applied', versionNo: 2 });
    const { head, channels, draft } = await world.personaOf(personaId);
    expect(head).toMatchObject({ versionNo: 2, refinementId, config: { temperature: 0.1 } });
    expect([channels, draft]).toEqual([{ production: 1 }, head!.config]);
    await world.sent('movePersonaChannel', {
      personaId,
      channel: 'production',
      versionNo: 2,
      reason: 'agreed',
    });
    await world.sent('rollbackRefinement', { refinementId, reason: 'too cold' });
    const after = await world.personaOf(personaId);
    expect(after.head).toMatchObject({ versionNo: 3, config: { temperature: 0.3 } });
    expect(after.channels).toEqual({ production: 3 });
    expect(after.draft).toEqual(after.head!.config);
    expect((await world.refinementOf(refinementId)).status).toBe('rolled_back');
    expect(await world.refinementOf(recordedId(personaId, 3))).toMatchObject({
      status: 'applied',
      source: 'rollback',
      versionNo: 3,
      baseVersionNo: 2,
    });
  });

  it('has each effect once, however often the reactors are told', async () => {
    const refinementId = await approved();
    await apply(refinementId);
    await world.sent('rollbackRefinement', { refinementId, reason: 'too cold' });
    const story = await world.story();
    await world.settleAnew();
    expect(await world.story()).toEqual(story);
  });

  it('waits for nobody who wrote or submitted it', async () => {
    const [ravi, mira] = ['ravi', 'mira'].map((id) => ({ id, roles: ['editor', 'approver'] as const }));
    const refinementId = await propose(cooler, ravi);
    await world.sent('amendRefinement', { refinementId, set: { temperature: 0.2 } }, mira as never);
    await world.sent('submitRefinement', { refinementId }, dana);
    const { approvalId } = await world.refinementOf(refinementId);
    for (const hand of [ravi, mira])
      expect(await world.refused('voteOnApproval', { approvalId, decision: 'approve' }, hand as never)).toBe(
        'approval-own',
      );
    await vote(refinementId, bob);
    expect((await world.refinementOf(refinementId)).status).toBe('approved');
  });

  it('that is amended while it is voted on loses its votes, and the amender may not vote', async () => {
    const refinementId = await propose();
    await world.sent('submitRefinement', { refinementId, quorum: 2 }, dana);
    await vote(refinementId, bob);
    const both = { id: 'cleo', roles: ['editor' as const, 'approver' as const] };
    await world.sent('amendRefinement', { refinementId, set: { temperature: 0.2 } }, both);
    await expect(vote(refinementId, cleo)).rejects.toMatchObject({ code: 'approval-own' });
    await vote(refinementId, { ...cleo, id: 'eve' });
    expect((await world.refinementOf(refinementId)).status).toBe('awaiting_approval');
    await vote(refinementId, bob);
    expect((await world.refinementOf(refinementId)).status).toBe('approved');
  });

  it('that became another one while the last vote was counted has to be submitted again', async () => {
    const refinementId = await propose();
    await world.sent('submitRefinement', { refinementId }, dana);
    const { approvalId } = await world.refinementOf(refinementId);
    await world.send('voteOnApproval', { approvalId, decision: 'approve' }, bob);
    await world.send('amendRefinement', { refinementId, set: { temperature: 0.2 } }, dana);
    await world.settle();
    expect(await world.refinementOf(refinementId)).toMatchObject({ status: 'proposed', approvalId: null });
    await world.sent('submitRefinement', { refinementId }, dana);
    await vote(refinementId, bob);
    expect((await world.refinementOf(refinementId)).status).toBe('approved');
  });

  it('is rejected by a vote, and given up with its approval', async () => {
    const refinementId = await propose();
    await world.sent('submitRefinement', { refinementId }, dana);
    const { approvalId } = await world.refinementOf(refinementId);
    await world.sent('voteOnApproval', { approvalId, decision: 'reject', reason: 'no' }, bob);
    expect((await world.refinementOf(refinementId)).status).toBe('rejected');

    const other = await propose();
    await world.sent('submitRefinement', { refinementId: other }, dana);
    await world.sent('withdrawRefinement', { refinementId: other }, dana);
    expect((await world.refinementOf(other)).status).toBe('withdrawn');
    expect((await world.story('Approval')).at(-1)).toBe('ApprovalCancelled');
  });

  it('takes the place of an older one', async () => {
    const older = await propose();
    await world.sent('submitRefinement', { refinementId: older }, dana);
    const newer = await propose({ set: { temperature: 0.2 }, supersedes: older });
    expect((await world.refinementOf(older)).status).toBe('superseded');
    expect((await world.refinementOf(newer)).status).toBe('proposed');
    expect((await world.story('Approval')).at(-1)).toBe('ApprovalCancelled');
  });
});

describe('when the persona moves on', () => {
  const publish = async (set: object) => {
    await world.sent('editPersonaDraft', { personaId, set });
    await world.sent('publishPersonaVersion', { personaId });
  };

  it('what is approved cannot be applied before it was rebased, and approved again', async () => {
    const refinementId = await approved();
    await publish({ tags: ['new'] });
    const { diffHash } = await world.refinementOf(refinementId);
    expect(await world.refused('applyRefinement', { refinementId, diffHash }, dana)).toBe(
      'base-version-moved',
    );
    await world.sent('rebaseRefinement', { refinementId }, dana);
    expect(await world.refinementOf(refinementId)).toMatchObject({ status: 'proposed', baseVersionNo: 2 });
    await world.sent('submitRefinement', { refinementId }, dana);
    await vote(refinementId, bob);
    await apply(refinementId);
    const { head } = await world.personaOf(personaId);
    expect(head).toMatchObject({ versionNo: 3, config: { temperature: 0.1, tags: ['new'] } });
  });

  it('between the decision to apply it and the publication, it fails, and can be rebased', async () => {
    const refinementId = await approved();
    const { diffHash } = await world.refinementOf(refinementId);
    await world.send('applyRefinement', { refinementId, diffHash }, dana);
    await world.send('editPersonaDraft', { personaId, set: { tags: ['new'] } });
    await world.send('publishPersonaVersion', { personaId });
    await world.settle();
    expect((await world.refinementOf(refinementId)).status).toBe('failed');
    expect((await world.personaOf(personaId)).head?.versionNo).toBe(2);
    await world.sent('rebaseRefinement', { refinementId }, dana);
    await world.sent('submitRefinement', { refinementId }, dana);
    await vote(refinementId, bob);
    await apply(refinementId);
    expect(await world.refinementOf(refinementId)).toMatchObject({ status: 'applied', versionNo: 3 });
  });

  it('a draft on which somebody works keeps what is worked on, and follows in all else', async () => {
    const refinementId = await approved({ set: { temperature: 0.1, tags: ['cool'] } });
    await world.send('editPersonaDraft', { personaId, set: { temperature: 1.5 } });
    await apply(refinementId);
    expect((await world.personaOf(personaId)).draft).toMatchObject({ temperature: 1.5, tags: ['cool'] });
  });
});

describe('a lock that an owner has set', () => {
  const content = async () => (await world.personaOf(personaId)).head!.config.prompt?.content;
  const setLock = async (): Promise<void> => {
    const set = { prompt: { content: { startLocked: 'never give medical advice' } } };
    const refinementId = await propose({ set }, {});
    await world.sent('submitRefinement', { refinementId });
    await vote(refinementId, bob);
    await apply(refinementId);
  };

  it('is not undone by the publication of a draft on which an editor worked all the while', async () => {
    const mine = { prompt: { content: { editableContent: 'mine' } } };
    await world.sent('editPersonaDraft', { personaId, set: mine }, dana);
    await setLock();
    await world.sent('publishPersonaVersion', { personaId }, dana);
    expect(await content()).toEqual({ startLocked: 'never give medical advice', editableContent: 'mine' });
  });

  it('is not undone by a rollback that was decided before', async () => {
    const refinementId = await approved();
    await apply(refinementId);
    await world.send('rollbackRefinement', { refinementId, reason: 'too cold' }, dana);
    const set = { prompt: { content: { startLocked: 'never' } } };
    await world.send('editPersonaDraft', { personaId, set });
    await world.send('publishPersonaVersion', { personaId });
    await world.settle();
    expect(await content()).toEqual({ startLocked: 'never' });
    expect((await world.refinementOf(refinementId)).status).toBe('applied');
  });

  it('is neither rejected nor accepted by anybody else', async () => {
    const set = { temperature: 0.2, prompt: { content: { startLocked: 'never' } } };
    const refinementId = await propose({ set }, {});
    const field = '/prompt';
    const reject = { refinementId, reject: [field] };
    expect(await world.refused('resolveRefinementFields', reject, dana)).toBe('prompt-locked');
    await world.sent('resolveRefinementFields', reject);
    const accept = { refinementId, accept: [field] };
    expect(await world.refused('resolveRefinementFields', accept, dana)).toBe('prompt-locked');
  });
});

describe('a rollback', () => {
  const direct = async (set: object): Promise<string> => {
    await world.sent('editPersonaDraft', { personaId, set }, dana);
    const { events } = await world.sent('publishPersonaVersion', { personaId }, dana);
    return events[0]!.data['refinementId'] as string;
  };
  const rollBack = (refinementId: string, as: object = dana) =>
    world.sent('rollbackRefinement', { refinementId, reason: 'because' }, as);
  const refused = (refinementId: string, as: object = dana) =>
    world.refused('rollbackRefinement', { refinementId, reason: 'because' }, as);

  it('takes back nothing on which something stands; one after the other, the newest first', async () => {
    const second = await direct({ temperature: 0.1 });
    const third = await direct({ tags: ['new'] });
    expect(await refused(second)).toBe('rollback-not-newest');
    await rollBack(third);
    await rollBack(second);
    const { head } = await world.personaOf(personaId);
    expect(head).toMatchObject({ versionNo: 5, config: { temperature: 0.3, tags: [] } });
    const versions = await world.versionsOf(personaId);
    expect(versions.map(({ versionHash }) => versionHash)).toEqual(
      [1, 2, 3, 2, 1].map((versionNo) => versions[versionNo - 1]!.versionHash),
    );
  });

  it('comes too late when something was published meanwhile: the refinement is applied still', async () => {
    const second = await direct({ temperature: 0.1 });
    await world.send('rollbackRefinement', { refinementId: second, reason: 'because' }, dana);
    await world.send('editPersonaDraft', { personaId, set: { tags: ['new'] } }, dana);
    const third = (await world.send('publishPersonaVersion', { personaId }, dana)).events[0]!;
    await world.settle();
    expect((await world.personaOf(personaId)).head).toMatchObject({ versionNo: 3 });
    expect((await world.refinementOf(second)).status).toBe('applied');
    expect(await world.dataOf('RefinementRollbackFailed')).toMatchObject([{ code: 'rollback-not-newest' }]);
    await rollBack(third.data['refinementId'] as string);
    await rollBack(second);
    expect((await world.personaOf(personaId)).head).toMatchObject({ config: { temperature: 0.3, tags: [] } });
    const story = await world.story();
    await world.settleAnew();
    expect(await world.story()).toEqual(story);
  });

  it('takes along what points to the newest version, too', async () => {
    const second = await direct({ temperature: 0.1 });
    await rollBack(await direct({ tags: ['new'] }));
    await world.sent('movePersonaChannel', {
      personaId,
      channel: 'staging',
      versionNo: 4,
      reason: 'why not',
    });
    await rollBack(second);
    expect((await world.personaOf(personaId)).channels).toEqual({ production: 1, staging: 5 });
  });

  it('where changes are reviewed is for admins, and is not taken back itself', async () => {
    const second = await direct({ temperature: 0.1 });
    await world.sent('changeSettings', { changeControl: 'reviewed' });
    expect(await refused(second)).toBe('change-reviewed');
    const ravi = { id: 'ravi', roles: ['admin' as const] };
    await rollBack(second, ravi);
    expect(await refused(recordedId(personaId, 3), ravi)).toBe('change-reviewed');
  });
});

describe('what a person proposed', () => {
  it('is not an application’s to resolve, rebase, amend, submit, or take the place of', async () => {
    const refinementId = await propose({ ...cooler, source: 'user_modified' });
    const inputs: Record<string, object> = {
      amendRefinement: { set: { temperature: 0.2 } },
      resolveRefinementFields: { accept: ['/temperature'] },
      rebaseRefinement: {},
      submitRefinement: {},
    };
    for (const [operationId, input] of Object.entries(inputs))
      expect(await world.refused(operationId, { refinementId, ...input }, app), operationId).toBe(
        'refinement-not-yours',
      );
    const instead = { personaId, baseVersionNo: 1, set: { temperature: 0.2 }, supersedes: refinementId };
    expect(await world.refused('proposeRefinement', instead, app)).toBe('refinement-not-yours');
    await world.sent('setPersonaOwner', { personaId, kind: 'user', id: 'ada' });
    expect(await world.refused('proposeRefinement', instead, { ...app, id: 'ada' })).toBe(
      'refinement-not-yours',
    );
    const own = await propose(cooler, app);
    expect(await world.refused('proposeRefinement', { ...instead, supersedes: own }, app)).toBe('accepted');
  });

  it('as the draft stood is not voted on by those who wrote the draft', async () => {
    const ravi = { id: 'ravi', roles: ['editor' as const, 'approver' as const] };
    await world.sent('editPersonaDraft', { personaId, set: { temperature: 0.1 } }, ravi);
    const refinementId = await propose({ draft: true }, app);
    const { approvalId } = await world.refinementOf(refinementId);
    expect(await world.refused('voteOnApproval', { approvalId, decision: 'approve' }, ravi)).toBe(
      'approval-own',
    );
    await vote(refinementId, bob);
    expect((await world.refinementOf(refinementId)).status).toBe('approved');
  });

  it('may be voted on by those who accepted or rejected fields of it', async () => {
    const refinementId = await propose({ set: { temperature: 0.1, tags: ['a'] } });
    await world.sent('resolveRefinementFields', { refinementId, reject: ['/tags'] }, bob);
    await world.sent('submitRefinement', { refinementId }, dana);
    await vote(refinementId, bob);
    expect((await world.refinementOf(refinementId)).status).toBe('approved');
  });
});

describe('what machines propose', () => {
  it('waits for approval at once, also what an application calls its own', async () => {
    for (const source of ['user_modified', 'ai_suggested']) {
      const refinementId = await propose({ ...cooler, source }, app);
      expect(await world.refinementOf(refinementId)).toMatchObject({
        status: 'awaiting_approval',
        source: 'ai_suggested',
      });
      await world.sent('withdrawRefinement', { refinementId });
    }
  });

  it('is refused where only people make such changes', async () => {
    await world.sent('setPersonaAutonomy', { personaId, mode: 'auto', perClass: { model: 'manual' } });
    const input = { personaId, baseVersionNo: 1, ...cooler };
    expect(await world.refused('proposeRefinement', input, app)).toBe('autonomy-manual');
    const tagged = { personaId, baseVersionNo: 1, set: { tags: ['a'] } };
    expect(await world.refused('proposeRefinement', tagged, app)).toBe('accepted');
    const { id } = await world.send('proposeRefinement', tagged, app);
    const events = (await world.send('proposeRefinement', tagged, app)).events;
    expect(events[1]).toMatchObject({
      type: 'RefinementSubmitted',
      data: { waitsBecause: 'gate-unavailable' },
    });
    expect(await world.refused('amendRefinement', { refinementId: id, ...cooler }, app)).toBe(
      'autonomy-manual',
    );
    expect(await world.refused('proposeRefinement', input, dana)).toBe('accepted');
  });

  it('is submitted anew by a person where only people make such changes: the person takes it on', async () => {
    const refinementId = await propose(cooler, app);
    await vote(refinementId, bob);
    await world.sent('editPersonaDraft', { personaId, set: { tags: ['new'] } });
    await world.sent('publishPersonaVersion', { personaId });
    await world.sent('setPersonaAutonomy', { personaId, mode: 'auto', perClass: { model: 'manual' } });
    await world.sent('rebaseRefinement', { refinementId }, app);
    expect(await world.refused('submitRefinement', { refinementId }, app)).toBe('autonomy-manual');
    await world.sent('submitRefinement', { refinementId }, dana);
    expect((await world.refinementOf(refinementId)).status).toBe('awaiting_approval');
  });
});

describe('what is published directly', () => {
  it('is on record as an applied refinement from the second version on', async () => {
    expect(await world.story('Refinement')).toEqual([]);
    await world.sent('editPersonaDraft', { personaId, ...cooler }, dana);
    const { events } = await world.sent('publishPersonaVersion', { personaId }, dana);
    const refinementId = recordedId(personaId, 2);
    expect(events[0]!.data).toMatchObject({ refinementId, source: 'user_modified', changeClass: 'model' });
    expect(await world.story('Refinement')).toEqual(['RefinementProposed', 'RefinementApplied']);
    expect(await world.refinementOf(refinementId)).toMatchObject({
      status: 'applied',
      source: 'user_modified',
      proposerId: 'dana',
      baseVersionNo: 1,
      versionNo: 2,
      change: { changed: { temperature: 0.1 }, removed: [], was: { temperature: 0.3 } },
    });
    await world.sent('rollbackRefinement', { refinementId, reason: 'too cold' }, dana);
    expect((await world.personaOf(personaId)).head).toMatchObject({ config: { temperature: 0.3 } });
  });

  it('is nothing but the first version where changes are reviewed', async () => {
    await world.sent('changeSettings', { changeControl: 'reviewed' });
    await world.sent('editPersonaDraft', { personaId, ...cooler });
    expect(await world.refused('publishPersonaVersion', { personaId })).toBe('change-reviewed');
    const refinementId = await approved({ draft: true });
    await apply(refinementId);
    expect((await world.personaOf(personaId)).head).toMatchObject({ config: { temperature: 0.1 } });
    const other = (await world.send('registerPersona', { ...registration, slug: 'other' })).id;
    expect(await world.refused('publishPersonaVersion', { personaId: other })).toBe('accepted');
  });
});

describe('protected channels', () => {
  const inProduction = async (): Promise<string> => {
    const refinementId = await approved();
    await apply(refinementId);
    for (const channel of ['production', 'staging'])
      await world.sent('movePersonaChannel', { personaId, channel, versionNo: 2, reason: 'agreed' });
    return refinementId;
  };

  it('stay when an editor rolls back; the others follow', async () => {
    const refinementId = await inProduction();
    await world.sent('rollbackRefinement', { refinementId, reason: 'too cold' }, dana);
    expect((await world.personaOf(personaId)).channels).toEqual({ production: 2, staging: 3 });
  });

  it('are those of the tenant’s settings', async () => {
    await world.sent('changeSettings', { protectedChannels: ['staging'] });
    const refinementId = await inProduction();
    await world.sent('rollbackRefinement', { refinementId, reason: 'too cold' }, dana);
    expect((await world.personaOf(personaId)).channels).toEqual({ production: 3, staging: 2 });
    const input = { personaId, channel: 'staging', versionNo: 1, reason: 'because' };
    expect(await world.refused('movePersonaChannel', input, dana)).toBe('channel-protected');
  });
});

describe('whatever happens in whichever order', () => {
  const fields = ['/temperature', '/tags', '/responseStyle/tone'];
  const change = fc.constantFrom<object>(
    { temperature: 0.1 },
    { temperature: 0.2, tags: ['a'] },
    { tags: ['b'], responseStyle: { tone: 'warm' } },
  );
  const few = ['submit', 'settle', 'vote', 'settle', 'apply', 'settle', 'rollback'];
  /**
   * What somebody does to one of the refinements or to the persona, step by step; between two steps everything may
   * follow, or nothing yet.
   */
  const acts = fc.record({
    steps: fc.oneof(
      fc
        .constantFrom(...few, 'reject', 'rebase', 'withdraw', 'amend', 'resolve', 'publish')
        .map((one) => [one]),
      fc.integer({ min: 3, max: few.length }).map((count) => few.slice(0, count)),
      fc.constant(['rebase', ...few.slice(0, 5)]),
      fc.constantFrom(['propose'], ['propose', 'submit']),
    ),
    set: change,
    field: fc.constantFrom(...fields),
    by: fc.constantFrom<object>(dana, app),
    index: fc.nat({ max: 2 }),
  });
  type Act = typeof acts extends fc.Arbitrary<infer A> ? A : never;
  type Sent = [operationId: string, input: object, as?: object];

  async function act(step: string, { set, field, by }: Act, refinementId: string): Promise<string | null> {
    const { approvalId, diffHash } = await world.refinementOf(refinementId);
    const { head } = await world.personaOf(personaId);
    const commands: Record<string, Sent> = {
      propose: ['proposeRefinement', { personaId, baseVersionNo: head!.versionNo, set }, by],
      amend: ['amendRefinement', { refinementId, set }, dana],
      resolve: ['resolveRefinementFields', { refinementId, reject: [field] }, dana],
      submit: ['submitRefinement', { refinementId }, dana],
      vote: ['voteOnApproval', { approvalId, decision: 'approve' }, bob],
      reject: ['voteOnApproval', { approvalId, decision: 'reject' }, bob],
      apply: ['applyRefinement', { refinementId, diffHash }, dana],
      rebase: ['rebaseRefinement', { refinementId }, dana],
      withdraw: ['withdrawRefinement', { refinementId }],
      rollback: ['rollbackRefinement', { refinementId, reason: 'because' }],
      publish: ['publishPersonaVersion', { personaId }],
    };
    if (step === 'settle') await world.settle();
    if (step === 'publish') await world.attempt('editPersonaDraft', { personaId, set });
    return Object.hasOwn(commands, step) ? world.attempt(...commands[step]!) : null;
  }
  /** The refinements that were proposed. */
  async function run(list: readonly Act[]): Promise<string[]> {
    const made = [
      (await world.send('proposeRefinement', { personaId, baseVersionNo: 1, ...cooler }, dana)).id,
    ];
    for (const one of list) {
      const refinementId = made.at(-1 - (one.index % made.length))!;
      for (const step of one.steps) {
        const id = await act(step, one, step === 'submit' ? made.at(-1)! : refinementId);
        if (step === 'propose' && id !== null) made.push(id);
      }
    }
    await world.settle();
    return made;
  }

  it('versions come from what was approved as it was, and all of them are on record', async () => {
    let appliedInAll = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(acts, { minLength: 4, maxLength: 16 }), async (list) => {
        await begin();
        const made = await run(list);
        const versions = await world.versionsOf(personaId);
        expect(versions.map(({ versionNo }) => versionNo)).toEqual(versions.map((_, at) => at + 1));
        for (const { versionNo, refinementId, config } of versions.slice(1)) {
          const state = await world.refinementOf(refinementId!);
          expect(['applied', 'rolled_back']).toContain(state.status);
          expect(state.versionNo).toBe(versionNo);
          const base = versions[state.baseVersionNo - 1]!.config;
          expect(same(draftAfter(base, effectOf(state)), config)).toBe(true);
        }
        const granted = (await world.dataOf('ApprovalGranted')).map((one) => [one['ref'], one['actionHash']]);
        for (const { refinementId, diffHash } of await world.dataOf('RefinementApplying'))
          expect(granted).toContainEqual([refinementId, diffHash]);
        const applied = new Set(versions.map(({ refinementId }) => refinementId));
        for (const refinementId of made) {
          const { status } = await world.refinementOf(refinementId);
          expect(status).not.toBe('applying');
          const isApplied = status === 'applied' || status === 'rolled_back';
          expect(applied.has(refinementId)).toBe(isApplied);
          if (isApplied) appliedInAll++;
        }
        const late = await world.dataOf('RefinementRollbackFailed');
        const decided = await world.dataOf('RefinementRolledBack');
        const rollbacks = versions.filter(({ refinementId }) => !made.includes(refinementId ?? ''));
        for (const { toVersionNo, headVersionNo, refinementId } of decided) {
          if (late.some((one) => one['refinementId'] === refinementId)) continue;
          const next = rollbacks.find(({ versionNo }) => versionNo === Number(headVersionNo) + 1);
          expect(next?.versionHash).toBe(versions[Number(toVersionNo) - 1]!.versionHash);
        }
        const story = await world.story();
        await world.settleAnew();
        expect(await world.story()).toEqual(story);
      }),
      { seed, numRuns: 60 },
    );
    expect(appliedInAll).toBeGreaterThan(5);
  }, 60_000);
});

describe('what is about a real person', () => {
  const graces = { identity: { subjectId: 'grace', background: 'born in New York' } };

  it('is sealed from the proposal to the version, and opens in the end', async () => {
    const refinementId = await approved({ set: graces });
    expect(JSON.stringify(await world.refinementOf(refinementId))).not.toContain('New York');
    await apply(refinementId);
    const { head } = await world.personaOf(personaId);
    expect(JSON.stringify(head)).not.toContain('New York');
    expect(await world.open(head!.config.identity)).toEqual(graces.identity);
  });

  it('the reason of a rollback stays with who gave it: channels move for a reason of Dramatis’ own', async () => {
    const refinementId = await approved();
    await apply(refinementId);
    await world.sent('movePersonaChannel', { personaId, channel: 'staging', versionNo: 2, reason: 'agreed' });
    await world.sent('rollbackRefinement', { refinementId, reason: 'Bob did not like it' }, dana);
    const moves = await world.open(await world.dataOf('PersonaChannelMoved'));
    expect(moves.at(-1)).toMatchObject({
      channel: 'staging',
      from: 2,
      to: 3,
      reason: 'version 2 was rolled back to version 1',
    });
  });
});
