import { describe, expect, it } from 'vitest';
import {
  isMachine,
  proposedSource,
  refinementSource,
  sourceBy,
} from '../../../../src/domain/personas/refinements/change-source.js';

describe('the source of a change', () => {
  it('is a machine’s where no person had the idea', () => {
    expect(refinementSource.options.filter(isMachine)).toEqual([
      'ai_suggested',
      'interview',
      'improvement_cycle',
      'experiment_winner',
    ]);
  });

  it('a proposal does not say that it is a rollback or an import', () => {
    for (const reserved of ['rollback', 'import'])
      expect(proposedSource.safeParse(reserved).success).toBe(false);
  });

  it('an application does not make a person’s change, whatever it says', () => {
    for (const kind of ['service', 'persona', 'timer'] as const) {
      expect(sourceBy({ kind }, 'user_modified')).toBe('ai_suggested');
      expect(sourceBy({ kind }, 'interview')).toBe('interview');
    }
    for (const source of proposedSource.options) expect(sourceBy({ kind: 'user' }, source)).toBe(source);
  });
});
