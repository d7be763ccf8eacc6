import { MemoryStore } from '../../src/commands/event-store/memory.js';
import { eventStoreContract } from './event-store.js';

eventStoreContract('memory', async () => {
  const store = new MemoryStore();
  return { store, close: () => store.close() };
});
