import { evolve, parseStream, type AnyDecider, type Command } from '../domain/kernel.js';
import type { Codec } from './codec.js';
import type { EventStore, Replay } from './event-store/port.js';
import type { Receipt } from './receipt.js';
import { refuse } from './rejections.js';
import { logOf } from './states.js';

/**
 * Builds the receipt of an earlier command again from its events. The reply is computed as it was then,
 * from the stream folded up to the command's last event; only a secret cannot be shown again.
 */
export async function receiptFromLog(
  deps: { store: EventStore; codec: Codec },
  decider: AnyDecider,
  command: Command,
  replay: Replay,
): Promise<Receipt> {
  const { tenantId, streamId } = parseStream(replay.stream)!;
  // Without a reply only the command's own events are needed; with one, the whole stream up to them.
  const from = command.reply ? 0 : replay.fromVersion;
  const stored = await deps.store.readStream(logOf(decider), replay.stream, from, replay.version - from || 1);
  let state = decider.initialState();
  const events: Receipt['events'] = [];
  for (const item of stored.filter(({ version }) => version <= replay.version)) {
    const decoded = deps.codec.decode(item);
    if (decoded.kind === 'outdated') return refuse('outdated', `the log holds ${decoded.type}`);
    const { event } = decoded;
    if (command.reply) state = evolve(decider, state, event, event.meta);
    if (item.version > replay.fromVersion)
      events.push({ id: event.eventId, type: event.type, data: event.data });
  }
  const reply = command.reply?.(state as never, events as never, { tenantId, streamId, secret: null });
  return {
    commandId: replay.commandId,
    id: streamId,
    stream: replay.stream,
    version: replay.version,
    position: replay.position,
    events,
    ...(reply !== undefined && { reply }),
    created: replay.fromVersion === 0 && replay.version > 0,
    replayed: true,
  };
}
