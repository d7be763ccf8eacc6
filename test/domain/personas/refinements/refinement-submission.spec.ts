import { describe, expect, it } from 'vitest';
import type { Caller } from '../../../../src/domain/kernel.js';
import {
  acceptedMode,
  modeFor,
  submission,
  usualTerms,
} from '../../../../src/domain/personas/refinements/refinement-submission.js';
import { personaId } from '../../../support/persona-examples.js';
import {
  approvalId,
  coolHash,
  refinementId,
  submitted,
  usual,
} from '../../../support/refinement-examples.js';

const touched = [{ path: ['temperature'], class: 'model' as const }];
const mode = (one: 'manual' | 'hybrid' | 'auto') => ({ mode: one, perClass: {} });
const ada: Caller = { kind: 'user', id: 'ada', roles: ['editor'], teams: [] };

describe('what the autonomy makes of a change', () => {
  it('is nothing where a person proposes it', () => {
    for (const autonomy of [mode('manual'), mode('hybrid'), mode('auto')])
      for (const source of ['user_modified', 'rollback', 'import'] as const)
        expect(acceptedMode(source, autonomy, touched)).toBeNull();
  });

  it('is a refusal where a machine does and people only may', () => {
    expect(modeFor('interview', mode('manual'), touched)).toBe('manual');
    expect(() => acceptedMode('interview', mode('manual'), touched)).toThrow(
      expect.objectContaining({ code: 'autonomy-manual', detail: 'changes of model are made by people' }),
    );
    expect(acceptedMode('interview', mode('hybrid'), touched)).toBe('hybrid');
  });
});

describe('a submission', () => {
  const terms = usualTerms({ refinementQuorum: 1, refinementDeadlineSeconds: 604_800 });
  const what = { refinementId, personaId, diffHash: coolHash };

  it('names those who may not vote: whoever wrote it, and who submits it', () => {
    expect(terms).toEqual({ quorum: 1, approvers: usual, deadlineSeconds: 604_800 });
    expect(submission(what, { terms, mode: null, hands: [] }, { actor: ada, approvalId })).toEqual(
      submitted(coolHash),
    );
    const actor = { ...ada, id: 'bob', onBehalfOf: 'cleo' };
    expect(
      submission(what, { terms, mode: 'hybrid', hands: ['ada'] }, { actor, approvalId }).data,
    ).toMatchObject({ excluded: ['ada', 'bob', 'cleo'] });
  });

  it('says why it is needed where it would be none', () => {
    expect(submission(what, { terms, mode: 'auto', hands: [] }, { actor: ada, approvalId })).toEqual(
      submitted(coolHash, { waitsBecause: 'gate-unavailable' }),
    );
  });
});
