import type { Caller } from '../domain/kernel.js';

/** Who sends a command: a caller within a tenant. */
export interface Principal extends Caller {
  tenantId: string;
}

/** A command as it arrives at the pipeline; `input` is what the client sent, path members included. */
export interface CommandRequest {
  operationId: string;
  input: unknown;
  /** The version the client has seen; another one is refused with 412. */
  ifMatch?: number;
  /** `If-Match: *`: the stream must exist. */
  mustExist?: boolean;
  /** `If-None-Match: *`: the stream must not exist yet. */
  ifNoneMatch?: boolean;
  idempotencyKey?: string;
  correlationId: string;
  causationId?: string;
  /** Given by reactors, whose command ids are deterministic; drawn otherwise. */
  commandId?: string;
  /** Given when a secret was chosen outside (the first owner's key); drawn otherwise. */
  secret?: { id: string; value: string };
}

/** What every command answers. Event data holds personal values in sealed form. */
export interface Receipt {
  commandId: string;
  /** The id part of the stream. */
  id: string;
  stream: string;
  version: number;
  position: number;
  events: { id: string; type: string; data: Record<string, unknown> }[];
  reply?: unknown;
  /** The stream's first event is among `events`. */
  created: boolean;
  /** This is the answer of an earlier request with the same Idempotency-Key. */
  replayed: boolean;
}

/** The command API as everything outside `commands/` sees it. @throws Rejection, StoreUnavailable */
export type Handle = (principal: Principal, request: CommandRequest) => Promise<Receipt>;
