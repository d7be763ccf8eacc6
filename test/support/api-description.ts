import { engineOperations } from '../../src/api/engine-operations.js';
import { buildOpenApi } from '../../src/api/openapi.js';
import { commandsOf, modules } from '../../src/commands/registry.js';
import { engineRejections } from '../../src/commands/rejections.js';
import type { RejectionTable } from '../../src/domain/kernel.js';
import { queriesOf, readModules } from '../../src/projections/engine/registry.js';
import { version } from '../../src/main.js';

/** The API as declared: its OpenAPI document, and the permission of each operation. Nothing is started. */
export function describeApi(): { openApi: Record<string, unknown>; permissions: Record<string, string> } {
  const commands = Object.fromEntries(
    [...commandsOf(modules)].map(([operationId, { command }]) => [operationId, command]),
  );
  const queries = Object.fromEntries(queriesOf(readModules));
  const operations = engineOperations;
  const rejections = Object.assign(
    {},
    engineRejections,
    ...modules.map(({ decider }) => decider.rejections),
  ) as RejectionTable;
  const addressed = Object.entries(commands).filter(([, { http }]) => http !== 'internal');
  return {
    openApi: buildOpenApi({ version, commands, queries, operations, rejections }),
    permissions: Object.fromEntries(
      [...addressed, ...Object.entries(queries), ...Object.entries(operations)].map(
        ([operationId, { permission }]) => [operationId, permission],
      ),
    ),
  };
}
