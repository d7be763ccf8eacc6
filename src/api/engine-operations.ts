import { runCommands } from './batch.js';
import type { EngineOperation } from './engine-routes.js';
import { readEvents, readStream } from './events.js';
import { streamEvents } from './stream.js';
import { whoami } from './whoami.js';

/** The engine's own operations by operationId; commands and queries are declared by the areas. */
export const engineOperations = {
  whoami,
  readEvents,
  streamEvents,
  readStream,
  runCommands,
} satisfies Record<string, EngineOperation>;
