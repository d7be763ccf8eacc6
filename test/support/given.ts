/**
 * The test language of deciders: `given(module, …history).when('command', input).thenEvents(…)`. It does what
 * the pipeline does around a decision — parse, authorise, seal, check what comes out against the events'
 * schemas — without IO, so that a spec reads as the rule it checks.
 */
import { createHash } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import { expect } from 'vitest';
import type { z } from 'zod';
import { parseInput } from '../../src/commands/parse-input.js';
import { refuse } from '../../src/commands/rejections.js';
import { mapPersonal } from '../../src/commands/sealing/map-personal.js';
import { storedSchema } from '../../src/domain/stored-schema.js';
import {
  evolve,
  Rejection,
  type Actor,
  type DomainEvent,
  type EventMeta,
  type Module,
  type Role,
} from '../../src/domain/kernel.js';
import type { Sealed } from '../../src/domain/sealed.js';
import { allowed } from '../../src/domain/tenancy/permissions.js';

/** A personal value as it looks in here once it is sealed; equal for equal plaintexts. */
export function sealed(plain: unknown): Sealed {
  const text = JSON.stringify(plain);
  const eq = createHash('sha256').update(text).digest('base64url');
  const ct = Buffer.from(text).toString('base64url');
  return { $sealed: { key: 'a-key', iv: 'aXY', ct, eq, at: 'a-command' } };
}

/** Who and what surrounds a decision; everything has a default. */
export interface Surroundings {
  roles: Role[];
  /** Ids of the teams that the actor is in. */
  teams: string[];
  actorId: string;
  /** The id of the key that is shown. */
  credential: string;
  /** What the command's `facts` would have read. */
  facts: unknown;
  tenantId: string;
  /** The id that is drawn for a new stream. */
  newId: string;
  now: string;
  commandId: string;
}

const usual: Surroundings = {
  roles: ['owner'],
  teams: [],
  actorId: 'ada',
  credential: 'acme.0',
  facts: undefined,
  tenantId: 'acme',
  newId: '01890000-0000-7000-8000-000000000001',
  now: '2026-01-02T03:04:05.678Z',
  commandId: '01890000-0000-7000-8000-00000000c0de',
};

type Verdict = { events: DomainEvent[] } | { rejection: Rejection };

export class Outcome {
  constructor(
    private readonly verdict: Verdict,
    private readonly repeat: (events: DomainEvent[]) => Outcome,
    private readonly replyOf: (events: DomainEvent[]) => unknown,
  ) {}

  /** The decided events. @throws the rejection, if it was one */
  get events(): DomainEvent[] {
    if ('rejection' in this.verdict) throw this.verdict.rejection;
    return this.verdict.events;
  }

  /** These events exactly, in this order. */
  thenEvents(...expected: DomainEvent[]): this {
    expect(this.events).toEqual(expected);
    return this;
  }

  /** Nothing happens: what was wanted holds already. */
  thenNothing(): this {
    return this.thenEvents();
  }

  thenReply(expected: unknown): this {
    expect(this.replyOf(this.events)).toEqual(expected);
    return this;
  }

  /** Refused with a code; `pointers` are those of its errors. */
  thenRejected(code: string, ...pointers: string[]): this {
    expect('events' in this.verdict ? this.verdict.events : this.verdict.rejection.code).toBe(code);
    const { rejection } = this.verdict as { rejection: Rejection };
    if (pointers.length > 0) expect(rejection.more.errors?.map(({ pointer }) => pointer)).toEqual(pointers);
    return this;
  }

  /** The same command once more, on the state that its events have made. */
  again(): Outcome {
    return this.repeat(this.events);
  }
}

/** Starts from what has happened to one stream. */
export function given(module: Module, ...history: DomainEvent[]) {
  return {
    when(operationId: string, input: Record<string, unknown>, around: Partial<Surroundings> = {}): Outcome {
      const surroundings = { ...usual, ...around };
      const decideOn = (events: DomainEvent[]): Outcome =>
        new Outcome(
          verdictOf(() => decided(module, events, operationId, input, surroundings)),
          (more) => decideOn([...events, ...more]),
          (more) => replyOf(module, [...events, ...more], operationId, more, surroundings),
        );
      return decideOn(history);
    },
  };
}

function verdictOf(decide: () => DomainEvent[]): Verdict {
  try {
    return { events: decide() };
  } catch (error) {
    if (error instanceof Rejection) return { rejection: error };
    throw error;
  }
}

function decided(
  { decider, commands }: Module,
  history: DomainEvent[],
  operationId: string,
  raw: Record<string, unknown>,
  around: Surroundings,
): DomainEvent[] {
  const command = commands[operationId];
  if (!command) throw new Error(`${decider.name} has no command ${operationId}`);
  const input = parseInput(command.input, raw);
  if (command.http !== 'internal' && !allowed(around, command.permission)) return refuse('forbidden');
  const { id: streamId } = decider.locate(input, around);
  const declared = new Set<string>(command.rejects);
  const events = command.decide(
    folded(decider, history, streamId, around) as never,
    sealedBy(command.input, input) as never,
    {
      now: around.now,
      tenantId: around.tenantId,
      streamId,
      actor: { ...actorOf(around), teams: around.teams },
      commandId: around.commandId,
      facts: around.facts as never,
      secret: { id: `${around.tenantId}.key`, value: 'a-secret', digest: 'd'.repeat(64) },
      elapsedUs: 42,
      id: (name) => uuidv5(name, around.commandId),
      reject: (code, detail, more) => {
        if (!declared.has(code)) throw new Error(`${operationId} does not declare ${code}`);
        throw new Rejection(code, decider.rejections[code]!, detail, more);
      },
    },
  );
  for (const { type, data } of events) {
    expect(storedSchema(decider.events[type]!).parse(data), `${type} matches its schema`).toEqual(data);
  }
  return events;
}

const actorOf = ({ actorId, credential, roles }: Surroundings): Actor => ({
  kind: 'user',
  id: actorId,
  credential,
  roles,
});

function folded(
  decider: Module['decider'],
  history: DomainEvent[],
  streamId: string,
  around: Surroundings,
): unknown {
  return history.reduce((state, event, index) => {
    const meta: EventMeta = {
      tenantId: around.tenantId,
      stream: `${decider.name}-${around.tenantId}_${streamId}`,
      streamId,
      version: index + 1,
      occurredAt: around.now,
      recordedAt: around.now,
      actor: actorOf(around),
      commandId: around.commandId,
    };
    return evolve(decider, state, event, meta);
  }, decider.initialState());
}

function replyOf(
  { decider, commands }: Module,
  history: DomainEvent[],
  operationId: string,
  events: DomainEvent[],
  around: Surroundings,
): unknown {
  const state = folded(decider, history, around.newId, around);
  const context = { tenantId: around.tenantId, streamId: around.newId, secret: null };
  return commands[operationId]!.reply?.(state as never, events as never, context);
}

/** The input with every personal part sealed. */
const sealedBy = (schema: z.ZodType, input: unknown): unknown =>
  mapPersonal(schema, input, ({ value }) => sealed(value));
