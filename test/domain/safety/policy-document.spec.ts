import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  actionName,
  actionPattern,
  approvers,
  policyDocument,
  policyShape,
  textPattern,
} from '../../../src/domain/safety/policy-document.js';
import { contains, kindOf, unwrapped } from '../../../src/domain/schema-walk.js';
import { isClear } from '../../../src/domain/sealed.js';
import { open } from '../../support/decision-examples.js';

const accepts = (schema: z.ZodType, values: unknown[]): boolean[] =>
  values.map((value) => schema.safeParse(value).success);

describe('a policy', () => {
  it('is complete: only its description may be absent', () => {
    const { description: _, ...rest } = open;
    expect(accepts(policyDocument, [open, rest])).toEqual([true, true]);
    for (const member of Object.keys(policyShape).filter((name) => name !== 'description')) {
      const { [member as keyof typeof open]: _, ...less } = open;
      expect(policyDocument.safeParse(less).success, member).toBe(false);
    }
  });

  it('has no other members', () => {
    expect(accepts(policyDocument, [{ ...open, allowed: [] }])).toEqual([false]);
  });

  it('fills what is left out within a rule', () => {
    const given = {
      ...open,
      blockedActions: [{ pattern: 'x' }],
      hitlTriggers: [{ name: 'a', actionPattern: '*' }],
    };
    expect(policyDocument.parse(given)).toMatchObject({
      blockedActions: [{ mode: 'enforce' }],
      hitlTriggers: [
        { mode: 'enforce', riskThreshold: 'high', quorum: 1, timeoutSeconds: 600, requireReason: true },
      ],
    });
  });

  it('holds clear text alone', () => {
    const unmarked = contains(
      policyDocument,
      (node) => kindOf(unwrapped(node)) === 'string' && !isClear(unwrapped(node)),
    );
    expect(unmarked).toBe(false);
  });
});

describe('the schema of', () => {
  it('names of actions has no stars, that of patterns does', () => {
    const names = ['tool:email.send', 'a/b', '*', '', ':a', 'ü', 'a b', 'a'.repeat(129)];
    expect(accepts(actionName, names)).toEqual([true, true, false, false, false, false, false, false]);
    expect(accepts(actionPattern, ['tool:*', '*', ':a', '', 'a?'])).toEqual([true, true, true, false, false]);
  });

  it('patterns over texts refuses what RE2 does not know, and what matches everything', () => {
    expect(accepts(textPattern, ['(?i)a', '(?=a)', 'a*', '', '('])).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(textPattern.safeParse('(').error!.issues).toHaveLength(1);
  });

  it('approvers leaves out what is not named', () => {
    expect(approvers.parse({ members: ['kim'] })).toEqual({ roles: [], members: ['kim'] });
  });
});
