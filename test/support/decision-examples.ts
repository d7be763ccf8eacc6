/** Policies in force and facts for specs of decisions: small ones, and arbitrary ones that meet each other. */
import fc, { type Arbitrary } from 'fast-check';
import {
  actionFacts,
  type ActionFacts,
  type ContentFacts,
  type PartFacts,
} from '../../src/domain/safety/action-facts.js';
import { patternIdOf } from '../../src/domain/safety/content-rules.js';
import {
  piiKind,
  policyDocument,
  policyShape,
  type PolicyDocument,
} from '../../src/domain/safety/policy-document.js';
import type { PolicyInForce } from '../../src/domain/safety/policy-in-force.js';
import { policyHash } from '../../src/domain/safety/policy-input.js';
import { seedPolicies } from '../../src/domain/safety/seed-policies.js';
import type { PolicyRef } from '../../src/domain/safety/verdict.js';
import { arbitraryOf } from './arbitrary.js';

export const ada = '01890000-0000-7000-8000-00000000000a';
export const bob = '01890000-0000-7000-8000-00000000000b';

/** Allows everything, so that what a spec adds stands out. */
export const open: PolicyDocument = {
  ...seedPolicies.general,
  pii: { ...seedPolicies.general.pii, mode: 'off', exemptedFields: [] },
  limits: { ...seedPolicies.general.limits, mode: 'off' },
  riskThreshold: 1,
  autoEscalationThreshold: 1,
  escalationPaths: [],
};

/** What a client would write of the members of a policy: what is left out gets its default. */
type Given = { [K in keyof typeof policyShape]?: unknown };
export const openWith = (given: Given): PolicyDocument => policyDocument.parse({ ...open, ...given });

export const inForce = (
  policy: PolicyDocument,
  ref: Partial<PolicyRef> = {},
): PolicyInForce & { ref: PolicyRef } => ({
  policy,
  ref: { source: 'persona', versionNo: 1, policyHash: policyHash(policy), mode: 'enforce', ...ref },
});

export const factsOf = (given: Partial<ActionFacts> = {}): ActionFacts => ({
  action: 'tool:search.query',
  personaStatus: 'active',
  personaId: ada,
  roles: ['editor'],
  counters: { actionsPerMinute: { persona: 1 } },
  ...given,
});

/** What was found in arguments: so often each of some patterns. */
export const partOf = (patterns: Record<string, number> = {}, given: Partial<PartFacts> = {}): PartFacts => ({
  part: 'args',
  direction: 'output',
  patterns: Object.fromEntries(
    Object.entries(patterns).map(([pattern, count]) => [patternIdOf(pattern), count]),
  ),
  pii: {},
  detectorVersion: 1,
  exemptedFields: [],
  ...given,
});
/** The same as all that is known of texts. */
export const contentOf = (...part: Parameters<typeof partOf>): ContentFacts => [partOf(...part)];

// Most of them are in no action: rules that always matched would deny everything.
const words = ['send', 'mail', 'delete', 'skill', 'fax', 'zip', 'read', 'note', 'pay', 'run'];
const fields = ['to', 'cc'];
const someCounts = fc.tuple(...words.map(() => fc.nat({ max: 3 }).map((count) => Math.max(0, count - 2))));
const somePii = fc.dictionary(fc.constantFrom(...piiKind.options), fc.integer({ min: 1, max: 3 }), {
  maxKeys: 2,
});

const someCounted = fc.tuple(someCounts, somePii).map(([counts, pii]) => ({
  ...partOf(Object.fromEntries(words.map((word, index) => [word, counts[index]!]))),
  pii,
}));
const somePart: Arbitrary<PartFacts>[] = [
  someCounted.map((found) => ({
    ...found,
    // All of the first kind that was found stands in the first field.
    exemptedFields: fields.map((field, index) => ({
      field,
      pii: index === 0 ? Object.fromEntries(Object.entries(found.pii).slice(0, 1)) : {},
      patterns: {},
    })),
  })),
  fc
    .tuple(someCounted, fc.constantFrom('input' as const, 'output' as const))
    .map(([found, direction]) => ({ ...found, part: 'content' as const, direction })),
];
/** Arguments, a text, or both. */
const someContent: Arbitrary<ContentFacts> = fc
  .tuple(fc.subarray([0, 1], { minLength: 1 }), fc.tuple(...somePart))
  .map(([which, parts]) => which.map((index) => parts[index]!));

/** Facts that tell of every pattern and field that `somePolicy` may ask of. */
export const someFacts = arbitraryOf(actionFacts, {
  picks: {
    action: fc.constantFrom('tool:mail.send', 'tool:file.delete', 'skill:query', 'Tool:Clock.Now'),
    personaStatus: fc.constantFrom('active', 'active', 'active', 'draft', 'inactive', 'archived'),
    actionsPerMinute: fc.record({ persona: fc.nat(9), subject: fc.nat(9) }),
    tokensInConversation: fc.nat(9),
    toolCallsInTurn: fc.nat(9),
    personaId: fc.constantFrom(ada, bob),
    content: someContent,
  },
}) as Arbitrary<ActionFacts>;

const someScore = fc.constantFrom(0, 0.1, 0.2, 0.3);
const asPattern = <T extends { pattern: string }>(rule: T): T => ({ ...rule, pattern: `*${rule.pattern}*` });

export const somePolicy: Arbitrary<PolicyDocument> = (
  arbitraryOf(policyDocument, {
    picks: {
      pattern: fc.constantFrom(...words),
      actionPattern: fc.constantFrom(...words, '*').map((word) => `*${word}*`),
      name: fc.constantFrom('a', 'b', 'c'),
      mode: fc.constantFrom('enforce', 'shadow', 'off'),
      score: someScore,
      base: someScore,
      affectsExternal: someScore,
      irreversible: someScore,
      involvesPii: someScore,
      riskThreshold: fc.oneof(fc.constantFrom('medium', 'high', 'critical'), fc.constantFrom(0.3, 0.7, 1)),
      autoEscalationThreshold: fc.constantFrom(0.5, 0.9, 1),
      maxActionsPerMinute: fc.constantFrom(8, 20),
      maxTokensPerConversation: fc.constantFrom(8, 20),
      maxToolCallsPerTurn: fc.constantFrom(8, 20),
      category: fc.constantFrom('x', 'y'),
      fromPersonaId: fc.constantFrom(ada, bob),
      exemptedFields: fc.subarray(fields),
      members: fc.subarray(['ada', 'bob', 'kim']),
      notifyChannels: fc.subarray(['mail', 'chat']),
      message: fc.constant('because'),
      description: fc.constant('a policy'),
    },
  }) as Arbitrary<PolicyDocument>
).map((policy) => ({
  // Members with defaults may be left out in what is made; a stored document has them.
  ...policyDocument.parse({
    ...policy,
    // Where there are some, one matches often.
    allowedActions: policy.allowedActions.map((rule, index) =>
      index === 0 ? { ...rule, pattern: 'tool:*' } : asPattern(rule),
    ),
    blockedActions: policy.blockedActions.map(asPattern),
    requireApproval: policy.requireApproval.map(asPattern),
    riskTable: { ...policy.riskTable, actions: policy.riskTable.actions.map(asPattern) },
  }),
}));

export const someRef = (source: PolicyRef['source'], mode?: PolicyRef['mode']): Arbitrary<PolicyRef> =>
  fc.record({
    source: fc.constant(source),
    versionNo: fc.constant(1),
    policyHash: fc.constant('0'.repeat(64)),
    mode: mode ? fc.constant(mode) : fc.constantFrom('enforce' as const, 'shadow' as const),
    waivedRules: fc.subarray(['riskThreshold', 'blockedActions/*send*', 'pii/email', 'allowedActions']),
  });

/** A policy of a source in force; `policy` is what to draw it from, since making one takes some milliseconds. */
export const somePolicyInForce = (
  policy: Arbitrary<PolicyDocument>,
  source: PolicyRef['source'],
  mode?: PolicyRef['mode'],
): Arbitrary<PolicyInForce> => fc.record({ ref: someRef(source, mode), policy });

/** None, one or both of a persona's policy and a floor. */
export const somePolicies = (policy: Arbitrary<PolicyDocument>): Arbitrary<PolicyInForce[]> =>
  fc
    .tuple(
      fc.option(somePolicyInForce(policy, 'persona'), { freq: 8 }),
      fc.option(somePolicyInForce(policy, 'floor'), { freq: 8 }),
    )
    .map((both) => both.filter((one) => one !== null));

/** Some of what an arbitrary makes, to draw from again and again. */
export const pool = <T>(arbitrary: Arbitrary<T>, seed: number, size = 60): Arbitrary<T> =>
  fc.constantFrom(...fc.sample(arbitrary, { numRuns: size, seed }));
