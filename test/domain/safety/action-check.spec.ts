import { describe, expect, it } from 'vitest';
import { actionFacts } from '../../../src/domain/safety/action-facts.js';
import { actionCheck, type AskedAction } from '../../../src/domain/safety/action-check.js';
import { patternIdOf } from '../../../src/domain/safety/content-analysis.js';
import { judged } from '../../../src/domain/safety/judgement.js';
import { policy, type Policy } from '../../../src/domain/safety/policy.js';
import type { PolicyDocument } from '../../../src/domain/safety/policy-document.js';
import { policyHash } from '../../../src/domain/safety/policy-input.js';
import { factReader } from '../../support/fact-reader.js';
import { sealed } from '../../support/given.js';
import { personaId } from '../../support/persona-examples.js';
import { documentOf } from '../../support/policy-examples.js';

const secrets = { name: 'secrets', pattern: 'BEGIN KEY', action: 'mask' };
const document = documentOf({ outputFilters: [secrets], pii: { kinds: ['email'], exemptedFields: ['to'] } });
const enforcing = (document: PolicyDocument): Policy => ({
  ...policy.initialState(),
  enforced: { versionNo: 1, mode: 'enforce', policy: document, policyHash: policyHash(document) },
});
const own = enforcing(document);
const persona = { status: 'active', isPublic: true };
const reader = (members: Parameters<typeof factReader>[0] = {}) =>
  factReader({
    states: { [`persona ${personaId}`]: persona, [`policy ${personaId}`]: own },
    caller: { id: 'app', roles: ['service'] },
    ...members,
  });
const asked = { personaId, action: 'tool:email.send' };
const check = async (members: Partial<AskedAction> = {}, read = reader()) =>
  (await actionCheck({ ...asked, ...members }, read))!;

describe('the facts', () => {
  it('are what is known of persona, caller and counters, and what the caller says', async () => {
    const given = { affectsExternal: true, tokens: 900, turnId: 't' };
    const { facts } = await check({ facts: given, conversationId: 'c', subjectId: 's' });
    expect(facts).toEqual({
      ...asked,
      personaStatus: 'active',
      roles: ['service'],
      ...given,
      counters: {
        actionsPerMinute: { persona: 1, persona_subject: 1, subject: 1 },
        tokensInConversation: 900,
        toolCallsInTurn: 1,
      },
    });
  });

  it('are those that are recorded: nothing in them is lost on the way', async () => {
    const { facts } = await check({
      facts: { irreversible: false, labels: undefined },
      args: { to: 'kim@example.org', body: 'BEGIN KEY' },
    });
    expect(actionFacts.parse(JSON.parse(JSON.stringify(facts)))).toEqual(facts);
    expect(facts).not.toHaveProperty('labels');
  });

  it('count what was there before', async () => {
    const counted = { [`actions/${personaId}/2026-01-02T03:04`]: 60 };
    const { facts } = await check({}, reader({ states: { [`persona ${personaId}`]: persona }, counted }));
    expect(facts.counters.actionsPerMinute.persona).toBe(61);
  });
});

describe('texts', () => {
  const found = async (members: Partial<AskedAction>) => (await check(members)).facts.content;
  const id = patternIdOf(secrets.pattern);

  it('without any there is nothing to tell', async () => expect(await found({})).toBeUndefined());

  it('of arguments go out to a tool, at any depth', async () => {
    const args = { body: { lines: ['BEGIN KEY', 'kim@example.org', 7, null] } };
    expect(await found({ args })).toMatchObject([
      { part: 'args', direction: 'output', patterns: { [id]: 1 }, pii: { email: 1 } },
    ]);
  });

  it('of arguments are looked through as output beside a text, whichever way that one goes', async () => {
    const content = { direction: 'input' as const, text: 'from lee@example.org' };
    expect(await found({ args: { body: 'BEGIN KEY' }, content })).toMatchObject([
      { part: 'args', direction: 'output', patterns: { [id]: 1 }, pii: {} },
      { part: 'content', direction: 'input', patterns: {}, pii: { email: 1 } },
    ]);
  });

  it('in exempted members are told apart', async () => {
    const [args] = (await found({ args: { to: 'kim@example.org', body: 'lee@example.org' } }))!;
    expect(args?.pii).toEqual({ email: 2 });
    expect(args?.exemptedFields).toEqual([{ field: 'to', pii: { email: 1 }, patterns: {} }]);
  });
});

describe('the masked text', () => {
  const masked = async (text: string) =>
    (await check({ content: { direction: 'output', text }, subjectId: 's' })).masked;

  it('is sealed like the text', async () => {
    const value = await masked('BEGIN KEY of kim@example.org');
    const text: unknown = await reader().open(value);
    expect(text).toMatch(/^\[secrets:[0-9a-f]{10}\] of \[email:[0-9a-f]{10}\]$/);
    expect(value).toEqual(sealed(text));
  });

  it('is not there where nothing is to be masked', async () =>
    expect(await masked('all fine')).toBeUndefined());
});

describe('what is masked', () => {
  const content = { direction: 'output' as const, text: 'kim@example.org' };
  const subjectOf = async (members: Partial<AskedAction>): Promise<unknown> => {
    const subjects: unknown[] = [];
    const read = reader();
    const seal: typeof read.seal = (name, subjectId, value) => {
      subjects.push(subjectId);
      return read.seal(name, subjectId, value);
    };
    await check({ content, args: { body: 'kim@example.org' }, ...members }, { ...read, seal });
    expect(subjects).toHaveLength(2);
    return new Set(subjects).size === 1 && subjects[0];
  };

  it('belongs to the subject', async () => expect(await subjectOf({ subjectId: 's' })).toBe('s'));

  it('belongs to the one that is drawn for arguments and content where nobody is named', async () =>
    expect(await subjectOf({})).toBe(reader().id('subjectId')));
});

describe('masked arguments', () => {
  const masked = async (args: Record<string, unknown>) => (await check({ args, subjectId: 's' })).maskedArgs;

  it('are sealed like the arguments', async () => {
    const value = await masked({ to: 'kim@example.org', body: ['by kim@example.org', 7] });
    const args = (await reader().open(value)) as unknown as { body: unknown[] };
    expect(args).toEqual({
      to: 'kim@example.org',
      body: [expect.stringMatching(/^by \[email:[0-9a-f]{10}\]$/), 7],
    });
    expect(value).toEqual(sealed(args));
  });

  it('are not there where nothing is to be masked, nor is a text that was not given', async () => {
    expect(await masked({ to: 'kim@example.org' })).toBeUndefined();
    expect(await check({ args: { body: 'kim@example.org' } })).not.toHaveProperty('masked');
  });
});

it('what is too much to be looked through is not masked, and everything is denied', async () => {
  const filters = Array.from({ length: 6 }, (_, n) => ({
    name: `f${n}`,
    pattern: `[a-z]{480}${n}`,
    action: 'mask',
  }));
  const large = enforcing(documentOf({ outputFilters: filters }));
  const states = { [`persona ${personaId}`]: persona, [`policy ${personaId}`]: large };
  const content = { direction: 'output' as const, text: 'kim@example.org '.repeat(4_000) };
  const { policies, facts, ...rest } = await check({ content }, reader({ states }));
  expect(rest).toEqual({});
  expect(facts.content).toMatchObject([{ part: 'content', tooMuch: true }]);
  expect(judged(policies, facts).verdict).toMatchObject({ decision: 'deny', contentAction: 'block' });
});

describe('a persona that the caller does not see', () => {
  it('has nothing counted and nothing sealed for it', async () => {
    const read = {
      ...reader({ states: {} }),
      count: () => Promise.reject(new Error('counted')),
      seal: () => Promise.reject(new Error('sealed')),
    };
    expect(
      await actionCheck({ ...asked, content: { direction: 'output', text: 'kim@example.org' } }, read),
    ).toBeNull();
    const hidden = {
      status: 'active',
      isPublic: false,
      owner: { kind: 'user', id: 'ada' },
      allowedUsers: [],
      allowedRoles: [],
      allowedTeams: [],
    };
    const other = reader({ states: { [`persona ${personaId}`]: hidden } });
    expect(await actionCheck(asked, { ...other, count: read.count })).toBeNull();
  });
});

it('a suspended policy leaves the check without an answer of its own', async () => {
  const states = {
    [`persona ${personaId}`]: persona,
    [`policy ${personaId}`]: { ...own, isSuspended: true },
  };
  expect((await check({}, reader({ states }))).unresolved).toBe('policy-suspended');
});
