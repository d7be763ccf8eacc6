import { featureFlagsModule } from '../domain/configuration/feature-flags.js';
import { settingsModule } from '../domain/configuration/tenant-settings.js';
import { accessModule } from '../domain/tenancy/access.js';
import { tenantModule } from '../domain/tenancy/tenant.js';
import { personaModule } from '../domain/personas/persona-module.js';
import { refinementModule } from '../domain/personas/refinements/refinement-module.js';
import { templateModule } from '../domain/personas/templates/template.js';
import { approvalModule } from '../domain/safety/approval-module.js';
import { backtestModule } from '../domain/safety/backtest-command.js';
import { decisionModule } from '../domain/safety/check-action.js';
import { policyModule } from '../domain/safety/policy-commands.js';
import type { AnyDecider, Command, Module } from '../domain/kernel.js';

/** Every decider with its commands. A new decider file is added here; a new command is not. */
export const modules: readonly Module[] = [
  tenantModule,
  accessModule,
  personaModule,
  refinementModule,
  templateModule,
  featureFlagsModule,
  settingsModule,
  policyModule,
  decisionModule,
  approvalModule,
  backtestModule,
];

export interface RegisteredCommand {
  operationId: string;
  command: Command;
  decider: AnyDecider;
}

/** The commands by operationId. @throws when two modules declare the same one */
export function commandsOf(list: readonly Module[]): Map<string, RegisteredCommand> {
  const found = new Map<string, RegisteredCommand>();
  for (const { decider, commands } of list) {
    for (const [operationId, command] of Object.entries(commands)) {
      if (found.has(operationId)) throw new Error(`two commands are called ${operationId}`);
      found.set(operationId, { operationId, command, decider });
    }
  }
  return found;
}
