/** Answers that last: who has how many, and that they end with their key, their client or the process. */
import type { Principal } from '../commands/receipt.js';
import { refuse } from '../commands/rejections.js';
import type { Allowed, Authenticate } from './auth.js';
import type { SignedExchange } from './exchange.js';
import type { Timers } from './timers.js';

/** Between two looks at the keys of open streams; with the look itself it stays under the promised 5 s. */
const recheckMs = 3_000;

type StreamKind = 'live' | 'export';

export interface StreamLimits {
  /** Live streams and exports that one principal may have open at a time. */
  perPrincipal: Record<StreamKind, number>;
  /** … and all of them together in this process. */
  total: Record<StreamKind, number>;
}

export const streamLimits: StreamLimits = {
  perPrincipal: { live: 200, export: 16 },
  total: { live: 2_000, export: 64 },
};

interface OpenStream {
  token: string;
  permission: string;
  principal: Principal;
  kind: StreamKind;
  controller: AbortController;
}

export interface OpenStreams {
  /**
   * Counts a stream in. The signal aborts when the client left, the key lost its permission, or all streams
   * end; `leave` counts it out.
   * @throws Rejection `too-many-requests`
   */
  admit(
    exchange: SignedExchange,
    kind: StreamKind,
    permission: string,
  ): { signal: AbortSignal; leave: () => void };
  /** Ends every stream, now and from now on. */
  endAll(): void;
  count(kind: StreamKind): number;
}

interface StreamsDeps {
  authenticate: Authenticate;
  allowed: Allowed;
  timers: Timers;
  limits: StreamLimits;
}

export function openStreams(deps: StreamsDeps): OpenStreams {
  const open = new Set<OpenStream>();
  const look = keyWatch(deps, open);
  let isEnded = false;
  let stopLooking: (() => void) | undefined;

  const count = (kind: StreamKind, of?: Principal): number => {
    let found = 0;
    for (const { kind: its, principal } of open) {
      const isOf = !of || (principal.tenantId === of.tenantId && principal.id === of.id);
      if (its === kind && isOf) found++;
    }
    return found;
  };
  const checkRoom = (kind: StreamKind, principal: Principal): void => {
    if (isEnded) refuse('unavailable', 'the server is stopping');
    if (count(kind, principal) >= deps.limits.perPrincipal[kind] || count(kind) >= deps.limits.total[kind]) {
      refuse('too-many-requests', 'too many streams are open; close one first');
    }
  };

  return {
    admit: ({ principal, token, res }, kind, permission) => {
      checkRoom(kind, principal);
      const controller = new AbortController();
      const stream = { token, permission, principal, kind, controller };
      const leave = (): void => {
        open.delete(stream);
        controller.abort();
        if (open.size > 0) return;
        stopLooking?.();
        stopLooking = undefined;
      };
      open.add(stream);
      res.once('close', leave);
      stopLooking ??= deps.timers.every(recheckMs, look);
      return { signal: controller.signal, leave };
    },
    endAll: () => {
      isEnded = true;
      for (const { controller } of open) controller.abort();
    },
    count: (kind) => count(kind),
  };
}

/** Shows every key again, each once, and ends the streams of those that prove nothing any more. */
function keyWatch({ authenticate, allowed }: StreamsDeps, open: ReadonlySet<OpenStream>): () => void {
  const asking = new Set<string>();
  const recheck = async (token: string): Promise<void> => {
    if (asking.has(token)) return;
    asking.add(token);
    try {
      const principal = await authenticate(token);
      for (const stream of open) {
        if (stream.token !== token) continue;
        if (!principal || !allowed(principal, stream.permission)) stream.controller.abort();
      }
    } catch {
      // Nobody can tell now whether the key still holds, and while the store is away no event flows.
    } finally {
      asking.delete(token);
    }
  };
  return () => {
    for (const token of new Set([...open].map((stream) => stream.token))) void recheck(token);
  };
}
