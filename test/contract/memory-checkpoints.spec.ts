import { memoryLeases } from '../../src/commands/leases.js';
import { memoryCheckpoints } from '../../src/commands/memory-checkpoints.js';
import { checkpointsContract, leasesContract } from './checkpoints.js';

leasesContract('memory', async () => ({ leases: memoryLeases(() => 0), close: async () => {} }));
checkpointsContract('memory', async () => ({ checkpoints: memoryCheckpoints(), close: async () => {} }));
