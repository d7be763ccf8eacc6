import { createHmac } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { v5 as uuidv5 } from 'uuid';
import { parseStream, streamName, type AnyDecider, type FactReader } from '../domain/kernel.js';
import type { Guard } from './event-store/port.js';
import { positionOf } from './moment.js';
import { pastEvents } from './past-events.js';
import type { PipelineDeps, Prepared } from './prepare.js';
import { callerOf } from './seal-and-encode.js';
import { sealValue } from './sealing/data-key.js';
import { openValues } from './sealing/open.js';
import { logOf, type Loaded } from './states.js';

/** A reader of other streams that remembers what it read, so that the append can check it again. */
export interface Facts {
  reader: FactReader;
  /** The streams that were read, as they were then; but for the command's own, whose version is expected anyway. */
  guards(): Guard[];
  /** Whether something that was recalled, and not read from the store, is not so any more. @throws StoreUnavailable */
  haveMoved(): Promise<boolean>;
}

/** A stream that was read. */
interface Read {
  decider: AnyDecider;
  id: string;
  stream: string;
  loaded: Loaded;
  /** It came from the cache, or from the memory of what is not there. */
  isRecalled: boolean;
}

/** Under which what a request with an Idempotency-Key has counted is known, whichever command it became. */
const countedNamespace = '6f0d3f52-6d0e-5c0a-9a5b-6c0f0a8b6f51';

/**
 * Opens the facts of one attempt to decide. A first attempt recalls states where it can: the append checks them. A
 * refusal has to ask `haveMoved` first; another attempt reads everything from the store (`fresh`).
 */
export function openFacts(deps: PipelineDeps, c: Prepared, { fresh }: { fresh: boolean }): Facts {
  const { store, keyring, counters } = deps;
  const { tenantId, streamId, commandId } = c;
  const { stateOf, guards, haveMoved } = openReads(deps, c, fresh);
  let pseudonymKey: Buffer | undefined;
  const reader: FactReader = {
    tenantId,
    streamId,
    caller: callerOf(c.principal),
    now: c.now,
    state: async <S>(decider: AnyDecider & { initialState: () => S }, id: string): Promise<S> =>
      (await stateOf(decider, id)) as S,
    async claimOwner(kind, key) {
      const stream = await store.claimOwner(tenantId, kind, key);
      return stream === null ? null : (parseStream(stream)?.streamId ?? null);
    },
    async count(counts) {
      // Sent again, it is answered as it was; in a window of today it would count once more.
      const { idempotency } = c;
      if (idempotency && (await store.findReplay(idempotency.scope, idempotency.key)))
        return counts.map(() => 0);
      return counters.count(tenantId, countedAs(c), counts);
    },
    pause: () => setImmediate(),
    pseudonym(text) {
      pseudonymKey ??= hmac(deps.instanceKey, `pseudonyms ${tenantId}`).digest();
      return hmac(pseudonymKey, text).digest('hex');
    },
    async seal(name, subjectId = streamId, value) {
      const key = await c.keys.keyFor({ tenantId, subjectId, scope: c.stream });
      return sealValue(key, `${commandId}/${name}`, value);
    },
    id: (name) => uuidv5(name, commandId),
    open: (value) => openValues(value, keyring),
    events: (selection, range) => pastEvents(deps, tenantId, selection, range),
    positionAt: (moment, pointer) => positionOf(store, moment, pointer),
    head: () => store.head('record'),
  };
  return { reader, guards, haveMoved };
}

/** The states of other streams that one attempt reads. */
function openReads(
  { states }: PipelineDeps,
  { tenantId, stream: own }: Prepared,
  fresh: boolean,
): Pick<Facts, 'guards' | 'haveMoved'> & { stateOf(decider: AnyDecider, id: string): Promise<unknown> } {
  const reads: Read[] = [];
  const underWay = new Map<string, Promise<Read>>();

  async function read(decider: AnyDecider, id: string, stream: string): Promise<Read> {
    const recalled = fresh ? undefined : states.recalled(decider, stream);
    const loaded = recalled ?? (await states.load(decider, tenantId, id));
    const found = { decider, id, stream, loaded, isRecalled: recalled !== undefined };
    reads.push(found);
    return found;
  }

  async function hasMoved({ decider, id, loaded }: Read): Promise<boolean> {
    const current = await states.load(decider, tenantId, id);
    return current.version !== loaded.version;
  }

  return {
    async stateOf(decider, id) {
      const stream = streamName(decider.name, tenantId, id);
      // Asked for twice, it is the same: a decision never sees two states of one stream.
      const reading = underWay.get(stream) ?? read(decider, id, stream);
      underWay.set(stream, reading);
      return (await reading).loaded.state;
    },
    guards: () =>
      reads
        .filter(({ stream }) => stream !== own)
        .map(({ stream, loaded, decider }) => ({ stream, version: loaded.version, log: logOf(decider) })),
    haveMoved: async () => {
      const recalled = reads.filter(({ isRecalled }) => isRecalled);
      return (await Promise.all(recalled.map(hasMoved))).includes(true);
    },
  };
}

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text);

/** The id that a command counts under: a request that is sent again with its key is the same one. */
const countedAs = ({ idempotency, commandId }: Prepared): string =>
  idempotency ? uuidv5(`${idempotency.scope}\n${idempotency.key}`, countedNamespace) : commandId;
