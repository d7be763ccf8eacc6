/**
 * Laws over the registry: whatever is declared there obeys them, also what is added tomorrow. Histories are
 * made by deciding random commands, so that every state met here is one that can be reached.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { v5 as uuidv5 } from 'uuid';
import { canonicalText, openCodec } from '../../src/commands/codec.js';
import { modules } from '../../src/commands/registry.js';
import { engineRejections } from '../../src/commands/rejections.js';
import { settings } from '../../src/domain/configuration/tenant-settings.js';
import { refinement } from '../../src/domain/personas/refinements/refinement.js';
import {
  evolve,
  Rejection,
  type Command,
  type DecideContext,
  type DomainEvent,
  type EventMeta,
  type Module,
} from '../../src/domain/kernel.js';
import { beginBacktest } from '../../src/domain/safety/backtest.js';
import { seedPolicies } from '../../src/domain/safety/seed-policies.js';
import { allowed, permissions } from '../../src/domain/tenancy/permissions.js';
import { role } from '../../src/domain/tenancy/events.js';
import { mapPersonal } from '../../src/commands/sealing/map-personal.js';
import { sealed } from '../support/given.js';
import { arbitraryOf, type Picks } from '../support/arbitrary.js';
import { seedFor } from '../support/seed.js';

const seed = seedFor('the laws');
const codec = openCodec(modules);
const names = modules.map((module): [string, Module] => [module.decider.name, module]);

const streamId = '01890000-0000-7000-8000-000000000001';
/** Few ids, so that commands meet each other. */
const picks: Picks = {
  memberId: fc.constantFrom('ada', 'bob', 'cleo'),
  ownerId: fc.constant('ada'),
  teamId: fc.constantFrom('red', 'blue'),
  flag: fc.constantFrom('beta', 'dark-mode'),
  members: fc.array(fc.constantFrom('ada', 'bob', 'cleo'), { maxLength: 3 }),
  keyId: fc.constantFrom('default.1', 'default.2', 'default.3'),
  personaId: fc.constant(streamId),
  parentPersonaId: fc.constant(undefined),
  versionNo: fc.integer({ min: 1, max: 3 }),
  channel: fc.constantFrom('production', 'staging'),
};

const candidate = seedPolicies.general;
const emptyBacktest = beginBacktest(
  { candidate },
  {
    policyOf: () => Promise.resolve(null),
    textsOf: () => Promise.resolve({}),
    pause: () => Promise.resolve(),
  },
).result();

interface Step {
  operationId: string;
  command: Command;
  input: Record<string, unknown>;
  roles: (typeof role.options)[number][];
}

function contextFor(module: Module, step: Step, index: number): DecideContext<string, never> {
  return {
    now: '2026-01-01T00:00:00.000Z',
    tenantId: 'default',
    streamId,
    actor: { kind: 'user', id: 'ada', roles: step.roles, teams: [] },
    commandId: `command-${index}`,
    facts: {
      slug: 'a-slug',
      slugTaken: false,
      parent: null,
      template: null,
      teamExists: true,
      isKnown: true,
      settings: settings.initialState(),
      isPolicyResolvable: true,
      check: {
        policies: [],
        facts: {
          action: 'say',
          personaStatus: 'active',
          personaId: streamId,
          roles: ['service'],
          counters: { actionsPerMinute: { persona: 1 } },
        },
      },
      tested: { candidate, range: { after: 0, to: 7 }, result: emptyBacktest },
      refinement: refinement.initialState(),
      fourEyes: true,
      personaExists: true,
      seesPersona: true,
      strangers: [],
      delegators: {},
    } as never,
    secret: { id: `default.${(index % 3) + 1}`, value: 'secret', digest: 'a'.repeat(64) },
    elapsedUs: 42,
    id: (name) => uuidv5(name, `01890000-0000-7000-8000-${String(index).padStart(12, '0')}`),
    reject: (code, detail) => {
      const row = module.decider.rejections[code];
      if (!row) throw new Error(`${code} is in no table`);
      throw new Rejection(code, row, detail);
    },
  };
}

const metaAt = (module: Module, version: number): EventMeta => ({
  tenantId: 'default',
  stream: `${module.decider.name}-default_${streamId}`,
  streamId,
  version,
  occurredAt: '2026-01-01T00:00:00.000Z',
  recordedAt: '2026-01-01T00:00:00.000Z',
  actor: { kind: 'user', id: 'ada', roles: ['owner'] },
  commandId: 'command',
});

/** The input as `decide` sees it: parsed, personal members sealed. */
const sealedInput = ({ input: schema }: Command) =>
  arbitraryOf(schema, { picks }).map((input) =>
    mapPersonal(schema, schema.parse(input), ({ value }) => sealed(value)),
  );

const steps = (module: Module): fc.Arbitrary<Step[]> => {
  const any = Object.entries(module.commands).map(([operationId, command]) =>
    fc.record({
      operationId: fc.constant(operationId),
      command: fc.constant(command),
      input: sealedInput(command) as fc.Arbitrary<Record<string, unknown>>,
      roles: fc.constantFrom<Step['roles']>(['owner'], ['admin'], ['editor']),
    }),
  );
  // The first command is the one that creates: without it most histories would stay empty.
  const [first = fc.constant(undefined as never)] = any;
  return fc.tuple(first, fc.array(fc.oneof(...any), { maxLength: 12 })).map(([one, rest]) => [one, ...rest]);
};

function decideOrReject(module: Module, state: unknown, step: Step, index: number): DomainEvent[] | string {
  try {
    const events = step.command.decide(state as never, step.input as never, contextFor(module, step, index));
    return events;
  } catch (error) {
    if (error instanceof Rejection) return error.code;
    throw error;
  }
}

/** Runs the steps and hands every decision to `check`; returns the events in order. */
function live(
  module: Module,
  list: Step[],
  check: (state: unknown, step: Step, index: number, outcome: DomainEvent[] | string) => void = () => {},
): DomainEvent[] {
  let state = module.decider.initialState();
  const history: DomainEvent[] = [];
  list.forEach((step, index) => {
    const outcome = decideOrReject(module, state, step, index);
    check(state, step, index, outcome);
    if (typeof outcome === 'string') return;
    for (const event of outcome) {
      history.push(event);
      state = evolve(module.decider, state, event, metaAt(module, history.length));
    }
  });
  return history;
}

describe.each(names)('%s', (_, module) => {
  const assert = (property: fc.IProperty<[Step[]]>) => fc.assert(property, { seed, numRuns: 60 });

  it('refuses with declared codes only, and never fails otherwise', () => {
    assert(
      fc.property(steps(module), (list) => {
        live(module, list, (_state, step, _index, outcome) => {
          if (typeof outcome === 'string') expect(step.command.rejects).toContain(outcome);
        });
      }),
    );
  });

  it('decides the same when it decides again', () => {
    assert(
      fc.property(steps(module), (list) => {
        live(module, list, (state, step, index, outcome) => {
          expect(decideOrReject(module, state, step, index)).toEqual(outcome);
        });
      }),
    );
  });

  it('folds a history in one go or in two to the same state', () => {
    assert(
      fc.property(steps(module), (list) => {
        const history = live(module, list);
        const fold = (from: unknown, events: DomainEvent[], offset: number): unknown =>
          events.reduce(
            (state, event, index) => evolve(module.decider, state, event, metaAt(module, offset + index + 1)),
            from,
          );
        const cut = Math.floor(history.length / 2);
        const first = fold(module.decider.initialState(), history.slice(0, cut), 0);
        const whole = fold(module.decider.initialState(), history, 0);
        expect(fold(first, history.slice(cut), cut)).toEqual(whole);
      }),
    );
  });

  it('reads back what it wrote: decode ∘ encode is the identity', () => {
    assert(
      fc.property(steps(module), (list) => {
        live(module, list).forEach((event, index) => {
          const { stored, data } = codec.encode(module.decider, event, index, {
            actor: { kind: 'user', id: 'ada', roles: ['owner'] },
            commandId: '01890000-0000-7000-8000-00000000000c',
            correlationId: 'c',
            causationId: null,
            subjects: [],
            occurredAt: '2026-01-01T00:00:00.000Z',
          });
          const decoded = codec.decode({
            ...stored,
            log: 'record',
            position: 1,
            tenantId: 'default',
            stream: `${module.decider.name}-default_${streamId}`,
            version: 1,
            recordedAt: stored.occurredAt,
          });
          if (decoded.kind !== 'event') throw new Error('outdated');
          expect(decoded.event.data).toEqual(data);
          expect(canonicalText(decoded.event.data)).toBe(stored.data);
        });
      }),
    );
  });
});

describe('declarations', () => {
  const commands = modules.flatMap(({ decider, commands: list }) =>
    Object.entries(list).map(([operationId, command]) => ({ decider, operationId, command })),
  );

  it('name only rejections of their area’s table', () => {
    for (const { decider, command } of commands) {
      for (const code of command.rejects) expect(Object.keys(decider.rejections)).toContain(code);
    }
  });

  it('reuse no code of the engines', () => {
    for (const { decider } of modules) {
      for (const code of Object.keys(decider.rejections))
        expect(Object.keys(engineRejections)).not.toContain(code);
    }
  });

  it('need permissions that somebody holds', () => {
    for (const { command } of commands) expect(Object.keys(permissions)).toContain(command.permission);
  });

  it('have addresses and names of their own', () => {
    const addresses = commands.map(({ command }) => command.http).filter((http) => http !== 'internal');
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  it('name in their address members of their input', () => {
    for (const { command } of commands) {
      const named = [...command.http.matchAll(/:(\w+)/g)].map((match) => match[1]!);
      for (const name of named) expect(Object.keys(command.input.shape)).toContain(name);
    }
  });

  it('grant nothing to a permission that does not exist', () => {
    expect(allowed({ tenantId: 'default', roles: ['owner'] }, 'everything')).toBe(false);
  });
});
