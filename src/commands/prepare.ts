import { createHash, createHmac, randomBytes } from 'node:crypto';
import { canonicalText } from '../domain/canonical-text.js';
import { streamName, type Module, type Secret } from '../domain/kernel.js';
import { siblingsIn } from '../domain/stored-schema.js';
import type { Codec } from './codec.js';
import type { Counters } from './counters.js';
import { drawnId } from './drawn-id.js';
import type { EventStore, IdempotencyKey } from './event-store/port.js';
import { parseInput } from './parse-input.js';
import type { CommandRequest, Principal } from './receipt.js';
import { resolveReferences } from './references.js';
import type { RegisteredCommand } from './registry.js';
import { refuse } from './rejections.js';
import { commandKeys, type CommandKeys } from './sealing/command-keys.js';
import type { Keyring } from './sealing/keyring.js';
import { mapPersonal } from './sealing/map-personal.js';
import { refuseSealedInput } from './sealing/seal.js';
import type { States } from './states.js';

export interface PipelineDeps {
  store: EventStore;
  codec: Codec;
  states: States;
  keyring: Keyring;
  counters: Counters;
  modules: readonly Module[];
  allowed: (principal: Principal, permission: string) => boolean;
  /** Keys the fingerprints of idempotent requests and pseudonyms; the same in every process of an installation. */
  instanceKey: Buffer;
}

/** A command on its way: everything that does not change when it is decided again. */
export interface Prepared {
  /** When the pipeline took it up, in milliseconds of a monotonic clock. */
  takenUpAt: number;
  /** The same by the store's clock: what facts see, however often they are read, so that it counts in one window. */
  now: string;
  principal: Principal;
  request: CommandRequest;
  operation: RegisteredCommand;
  input: Record<string, unknown>;
  commandId: string;
  tenantId: string;
  streamId: string;
  stream: string;
  /** The id was drawn just now: no such stream can exist. */
  isNew: boolean;
  secret: () => Secret;
  /** What it seals with. */
  keys: CommandKeys;
  /** The input may hold something that is sealed before it is decided upon. */
  isPersonal: boolean;
  idempotency?: IdempotencyKey;
  sealed?: Record<string, unknown>;
}

/**
 * Parses, authorises and locates a command: everything before the stream is looked at.
 * @throws Rejection for malformed input (400), a missing permission (403), an unknown name (404)
 */
export async function prepare(
  deps: PipelineDeps,
  operation: RegisteredCommand,
  principal: Principal,
  request: CommandRequest,
): Promise<Prepared> {
  const takenUpAt = performance.now();
  const now = deps.store.now();
  const { command, decider } = operation;
  // Before anything is looked at: an input that only some may send can be costly to check.
  if (command.http !== 'internal' && !deps.allowed(principal, command.permission)) {
    return refuse('forbidden', `${operation.operationId} needs the permission ${command.permission}`, {
      permission: command.permission,
    });
  }
  refuseSealedInput(request.input);
  const parsed = parseInput(command.input, request.input);
  // Before anything is looked up: what is wrong with a patch's values says nothing about what it is for.
  // A drawn id may be one that something is personal beside, which shows only when it is sealed.
  let isPersonal = siblingsIn(command.input).size > 0;
  mapPersonal(command.input, parsed, ({ value }) => {
    isPersonal = true;
    return value;
  });
  const input = await resolveReferences(deps.store, decider, command.input, parsed, principal.tenantId);
  const commandId = request.commandId ?? drawnId();
  const newId = drawnId();
  const located = decider.locate(input, { tenantId: principal.tenantId, newId, now });
  const tenantId = located.tenantId ?? principal.tenantId;
  const isNew = located.id === newId;
  return {
    takenUpAt,
    now,
    principal,
    request,
    operation,
    input,
    commandId,
    tenantId,
    streamId: located.id,
    stream: streamName(decider.name, tenantId, located.id),
    isNew,
    secret: secretOf(tenantId, request.secret),
    keys: commandKeys(deps.keyring, { isNew }),
    isPersonal,
    ...(request.idempotencyKey !== undefined && {
      idempotency: idempotencyOf(deps, operation.operationId, principal, request.idempotencyKey, input),
    }),
  };
}

/** Draws the secret when a decision first asks for it: most never do. */
function secretOf(tenantId: string, given: { id: string; value: string } | undefined): () => Secret {
  let drawn: Secret | undefined;
  return () => {
    if (drawn) return drawn;
    const { id, value } = given ?? {
      id: `${tenantId}.${randomBytes(8).toString('hex')}`,
      value: randomBytes(32).toString('hex'),
    };
    drawn = { id, value, digest: createHash('sha256').update(value).digest('hex') };
    return drawn;
  };
}

function idempotencyOf(
  deps: PipelineDeps,
  operationId: string,
  principal: Principal,
  key: string,
  input: Record<string, unknown>,
): IdempotencyKey {
  const fingerprint = createHmac('sha256', deps.instanceKey).update(canonicalText(input)).digest('hex');
  return { scope: idempotencyScope(principal.tenantId, principal.id, operationId), key, fingerprint };
}

/** Within which an idempotency key names one effect; the purge of old keys knows reactors by it (`reactor:`). */
export const idempotencyScope = (tenantId: string, memberId: string, operationId: string): string =>
  `${tenantId} ${memberId} ${operationId}`;
