import { memoryCounters } from '../../src/commands/counters.js';
import { countersContract } from './counters-contract.js';

countersContract('memory', () => Promise.resolve(memoryCounters()));
