/**
 * Between events as the domain has them and events as the log has them. Strict towards the log: what is
 * written matches its schema exactly, in canonical JSON. Tolerant towards the past and the future: unknown
 * members are left out, defaults are filled, retired names are upcast — and an event of a newer process is
 * reported as such, never guessed at.
 */
import { v5 as uuidv5 } from 'uuid';
import type { z } from 'zod';
import { canonicalText } from '../domain/canonical-text.js';
import {
  parseStream,
  type Actor,
  type AnyDecider,
  type DomainEvent,
  type EventMeta,
  type Module,
} from '../domain/kernel.js';
import type { ProjectedEvent } from '../projections/engine/declaration.js';
import type { NewEvent, StoredEvent } from './event-store/port.js';
import { storedSchema, tolerantSchema } from '../domain/stored-schema.js';

/** What the pipeline knows around an event when it encodes it. */
export interface Envelope {
  actor: Actor;
  commandId: string;
  correlationId: string;
  causationId: string | null;
  /** Data subjects whose sealed values the event holds. */
  subjects: string[];
  occurredAt: string;
}

export type Decoded = { kind: 'event'; event: ProjectedEvent } | { kind: 'outdated'; type: string };

export interface Codec {
  /** Text for the log. @throws when the data does not match the event's schema: a defect, not an input error */
  encode(decider: AnyDecider, event: DomainEvent, index: number, envelope: Envelope): EncodedEvent;
  /** @throws when stored data cannot be read although its type and version are known: a poison event */
  decode(stored: StoredEvent): Decoded;
  /** The event types there are, with their deciders. */
  types: ReadonlyMap<string, AnyDecider>;
}

/** The stored text and the same data parsed by the schema, which is what evolve sees. */
export interface EncodedEvent {
  stored: NewEvent;
  data: Record<string, unknown>;
}

export { canonicalText };

interface EventKind {
  decider: AnyDecider;
  strict: z.ZodType;
  tolerant: z.ZodType;
  version: number;
}

/** Every event there is, with its schemas. @throws when two areas declare one of the same name */
function eventKinds(modules: readonly Module[]): Map<string, EventKind> {
  const kinds = new Map<string, EventKind>();
  for (const { decider } of modules) {
    for (const [type, schema] of Object.entries(decider.events)) {
      if (kinds.has(type)) throw new Error(`two areas declare the event ${type}`);
      kinds.set(type, {
        decider,
        strict: storedSchema(schema),
        tolerant: tolerantSchema(schema),
        version: decider.schemaVersions[type] ?? 1,
      });
    }
  }
  return kinds;
}

export function openCodec(modules: readonly Module[]): Codec {
  const kinds = eventKinds(modules);
  const upcasters = new Map(
    modules.flatMap(({ decider }) =>
      Object.keys(decider.upcasters).map((type): [string, AnyDecider] => [type, decider]),
    ),
  );

  return {
    types: new Map([...kinds].map(([type, kind]) => [type, kind.decider])),

    encode(decider, event, index, envelope) {
      const kind = kinds.get(event.type);
      if (!kind || kind.decider.name !== decider.name) {
        throw new Error(`${decider.name} decided ${event.type}, which it does not declare`);
      }
      const data = kind.strict.parse(event.data) as Record<string, unknown>;
      const { actor, commandId, correlationId, causationId, subjects, occurredAt } = envelope;
      return {
        data,
        stored: {
          // The bytes of the namespace: the library reads the text twice, by a regular expression.
          eventId: uuidv5(String(index), Buffer.from(commandId.replaceAll('-', ''), 'hex')),
          type: event.type,
          schemaVersion: kind.version,
          data: canonicalText(data),
          actor: canonicalText(actor),
          meta: canonicalText({
            commandId,
            correlationId,
            causationId,
            dataClass: decider.dataClass,
            subjects,
          }),
          occurredAt,
        },
      };
    },

    decode(stored) {
      const retired = upcasters.get(stored.type);
      const kind = kinds.get(stored.type);
      if (!kind && !retired) return { kind: 'outdated', type: stored.type };
      if (kind && stored.schemaVersion > kind.version) return { kind: 'outdated', type: stored.type };
      const raw = JSON.parse(stored.data) as Record<string, unknown>;
      const event = retired ? retired.upcasters[stored.type]!(raw) : { type: stored.type, data: raw };
      const { tolerant } = kinds.get(event.type)!;
      const data = tolerant.parse(event.data) as Record<string, unknown>;
      return {
        kind: 'event',
        event: {
          log: stored.log,
          position: stored.position,
          eventId: stored.eventId,
          type: event.type,
          data,
          meta: metaOf(stored),
        },
      };
    },
  };
}

function metaOf(stored: StoredEvent): EventMeta {
  const { commandId } = JSON.parse(stored.meta) as { commandId: string };
  return {
    tenantId: stored.tenantId,
    stream: stored.stream,
    streamId: parseStream(stored.stream)?.streamId ?? stored.stream,
    version: stored.version,
    occurredAt: stored.occurredAt,
    recordedAt: stored.recordedAt,
    actor: JSON.parse(stored.actor) as Actor,
    commandId,
  };
}
