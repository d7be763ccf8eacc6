/** What a persona can do among others (seed S0: PersonaAgentManifest). Set as a whole; it holds from then on. */
import { z } from 'zod';
import { clear } from '../sealed.js';
import { line } from './config-values.js';

/** The part of a persona in orchestrated work; a worker never delegates, whatever else its manifest says. */
const orchestrationRole = z.enum(['worker', 'orchestrator', 'hybrid']);

/** The members of a manifest. */
export const manifestShape = {
  capabilities: z.array(line(100)).max(200).default([]),
  specializations: z.array(line(100)).max(200).default([]),
  maxParallelTasks: z.int().min(1).max(1_000).default(1),
  canDelegate: z.boolean().default(false),
  canBeDelegatedTo: z.boolean().default(true),
  role: orchestrationRole.default('worker'),
  delegateAllowList: z
    .array(clear(z.uuid()))
    .max(500)
    .optional()
    .describe('Ids of the personas it may delegate to; absent: to any'),
};

export const manifest = z.strictObject(manifestShape);
export type Manifest = z.output<typeof manifest>;
