import { createHash, createHmac, randomBytes } from 'node:crypto';
import { streamName, type Module, type Secret } from '../domain/kernel.js';
import { canonicalText, type Codec } from './codec.js';
import { drawnId } from './drawn-id.js';
import type { EventStore, IdempotencyKey } from './event-store/port.js';
import { parseInput } from './parse-input.js';
import type { CommandRequest, Principal } from './receipt.js';
import { resolveReferences } from './references.js';
import type { RegisteredCommand } from './registry.js';
import { refuse } from './rejections.js';
import type { Keyring } from './sealing/keyring.js';
import { mapPersonal } from './sealing/map-personal.js';
import { refuseSealedInput } from './sealing/seal.js';
import type { States } from './states.js';

export interface PipelineDeps {
  store: EventStore;
  codec: Codec;
  states: States;
  keyring: Keyring;
  modules: readonly Module[];
  allowed: (principal: Principal, permission: string) => boolean;
  /** Keys the fingerprints of idempotent requests; the same in every process of an installation. */
  instanceKey: Buffer;
}

/** A command on its way: everything that does not change when it is decided again. */
export interface Prepared {
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
  const { command, decider } = operation;
  refuseSealedInput(request.input);
  const parsed = parseInput(command.input, request.input);
  if (command.http !== 'internal' && !deps.allowed(principal, command.permission)) {
    return refuse('forbidden', `${operation.operationId} needs the permission ${command.permission}`, {
      permission: command.permission,
    });
  }
  // Before anything is looked up: what is wrong with a patch's values says nothing about what it is for.
  mapPersonal(command.input, parsed, ({ value }) => value);
  const input = await resolveReferences(deps.store, decider, command.input, parsed, principal.tenantId);
  const commandId = request.commandId ?? drawnId();
  const newId = drawnId();
  const located = decider.locate(input, { tenantId: principal.tenantId, newId, now: deps.store.now() });
  const tenantId = located.tenantId ?? principal.tenantId;
  return {
    principal,
    request,
    operation,
    input,
    commandId,
    tenantId,
    streamId: located.id,
    stream: streamName(decider.name, tenantId, located.id),
    isNew: located.id === newId,
    secret: secretOf(tenantId, request.secret),
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
  return { scope: `${principal.tenantId} ${principal.id} ${operationId}`, key, fingerprint };
}
