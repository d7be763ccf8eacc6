/**
 * Everything that decides, over the memory store, with all reactors: `settle` lets them react until nothing follows
 * any more. The clock stands still but for a second before every command.
 */
import { openCodec } from '../../src/commands/codec.js';
import { memoryCounters } from '../../src/commands/counters.js';
import { MemoryStore } from '../../src/commands/event-store/memory.js';
import { openPipeline } from '../../src/commands/handle.js';
import { react } from '../../src/commands/reaction.js';
import { reactorsOf } from '../../src/commands/reactor-events.js';
import type { Principal, Receipt } from '../../src/commands/receipt.js';
import { modules } from '../../src/commands/registry.js';
import { memoryKeyring } from '../../src/commands/sealing/memory-keyring.js';
import { openValues } from '../../src/commands/sealing/open.js';
import { openStates } from '../../src/commands/states.js';
import { Rejection } from '../../src/domain/kernel.js';
import { persona, type ExistingPersona, type Head } from '../../src/domain/personas/persona.js';
import { refinement, type ExistingRefinement } from '../../src/domain/personas/refinements/refinement.js';
import { allowed } from '../../src/domain/tenancy/permissions.js';

const tenantId = 'acme';
const ada: Principal = { tenantId, kind: 'user', id: 'ada', roles: ['owner'], teams: [] };

export interface RefinementWorld {
  /** Sends a command; nothing follows from it before `settle`. @throws Rejection */
  send(operationId: string, input: object, as?: Partial<Principal>): Promise<Receipt>;
  /** Sends a command and lets everything follow from it. */
  sent(operationId: string, input: object, as?: Partial<Principal>): Promise<Receipt>;
  /** The code of the rejection that a command ends in. */
  refused(operationId: string, input: object, as?: Partial<Principal>): Promise<string>;
  /** The id of the stream that a command went to; null where a rule refused it. */
  attempt(operationId: string, input: object, as?: Partial<Principal>): Promise<string | null>;
  settle(): Promise<void>;
  /** Lets all reactors begin at the first event again, as after a crash that lost every checkpoint. */
  settleAnew(): Promise<void>;
  personaOf(personaId: string): Promise<ExistingPersona>;
  refinementOf(refinementId: string): Promise<ExistingRefinement>;
  /** All versions of a persona. */
  versionsOf(personaId: string): Promise<Head[]>;
  /** The data of all events of a type. */
  dataOf(type: string): Promise<Record<string, unknown>[]>;
  /** Types of all events, or those of one kind. */
  story(prefix?: string): Promise<string[]>;
  /** A copy of a value with everything sealed in it opened. */
  open<T>(value: T): Promise<T>;
}

/** Opens a world. */
export function refinementWorld(): RefinementWorld {
  let clock = Date.UTC(2026, 0, 1);
  const store = new MemoryStore({ now: () => new Date(clock).toISOString() });
  const codec = openCodec(modules);
  const states = openStates({ store, codec });
  const keyring = memoryKeyring();
  const counters = memoryCounters();
  const instanceKey = Buffer.alloc(32, 7);
  const handle = openPipeline({ store, codec, states, keyring, counters, modules, allowed, instanceKey });
  const reactors = reactorsOf(modules);
  const open = <T>(value: T): Promise<T> => openValues(value, keyring);
  const deps = { store, handle, open, log: { debug: () => {} } };
  let position = 0;

  const send: RefinementWorld['send'] = (operationId, input, as = {}) => {
    clock += 1_000;
    return handle({ ...ada, ...as }, { operationId, input, correlationId: 'spec' });
  };
  async function settle(): Promise<void> {
    for (;;) {
      const { events } = await store.readAll('record', position, 100);
      if (events.length === 0) return;
      for (const stored of events) {
        const decoded = codec.decode(stored);
        if (decoded.kind === 'outdated') throw new Error(decoded.type);
        const event = { ...decoded.event, correlationId: 'spec' };
        for (const reactor of reactors) await react(deps, reactor, event);
        ({ position } = stored);
      }
    }
  }

  const dataOf: RefinementWorld['dataOf'] = async (type) => {
    const { events } = await store.readAll('record', 0, 10_000, { types: [type] });
    return events.map(({ data }) => JSON.parse(data) as Record<string, unknown>);
  };

  return {
    send,
    async sent(...command) {
      const receipt = await send(...command);
      await settle();
      return receipt;
    },
    refused: (...command) =>
      send(...command).then(
        () => 'accepted',
        (error: unknown) => {
          if (error instanceof Rejection) return error.code;
          throw error;
        },
      ),
    attempt: (...command) =>
      send(...command).then(
        ({ id }) => id,
        (error: unknown) => {
          if (error instanceof Rejection) return null;
          throw error;
        },
      ),
    settle,
    async settleAnew() {
      position = 0;
      await settle();
    },
    async personaOf(personaId) {
      return (await states.load(persona, tenantId, personaId)).state as ExistingPersona;
    },
    async refinementOf(refinementId) {
      return (await states.load(refinement, tenantId, refinementId)).state as ExistingRefinement;
    },
    dataOf,
    async versionsOf(personaId) {
      const versions = await dataOf('PersonaVersionPublished');
      return versions.filter((version) => version['personaId'] === personaId) as unknown as Head[];
    },
    async story(prefix = '') {
      const { events } = await store.readAll('record', 0, 10_000);
      return events.map(({ type }) => type).filter((type) => type.startsWith(prefix));
    },
    open,
  };
}
