/** One route per command: path and body make the input, the receipt makes the answer. */
import type { Log } from '../commands/event-store/port.js';
import type { Handle, Principal, Receipt } from '../commands/receipt.js';
import { hint, memberNames, pointerTo } from '../commands/parse-input.js';
import { refuse } from '../commands/rejections.js';
import type { Command } from '../domain/kernel.js';
import type { Query } from '../projections/engine/declaration.js';
import { addressOf, basePath } from './address.js';
import { sendJson, type Open } from './answer.js';
import { identify, type Allowed, type Authenticate } from './auth.js';
import type { Route, SignedExchange } from './exchange.js';
import { refuseParameters } from './input.js';
import { readJson } from './json-body.js';
import type { OwnWrites } from './own-writes.js';
import { conditionsOf, prefersRepresentation } from './preconditions.js';
import { readerOf, type RunQuery } from './query-routes.js';
import { nameIn, receiptHeaders, receiptText, resourceOf, type Resource } from './receipt-answer.js';

export interface CommandRouteDeps {
  handle: Handle;
  commands: Record<string, Command>;
  queries: Record<string, Query>;
  runQuery: RunQuery;
  authenticate: Authenticate;
  allowed: Allowed;
  open: Open;
  /** The log that a command's events go to. */
  logOf: (operationId: string) => Log;
  /** What the id of a command's stream is called. */
  idOf: (operationId: string) => string;
  ownWrites: OwnWrites;
}

/** The routes of all commands that have an address. */
export function commandRoutes(deps: CommandRouteDeps): Route[] {
  return Object.entries(deps.commands)
    .filter(([, command]) => command.http !== 'internal')
    .map(([operationId, command]) => {
      const { method, path } = addressOf(command.http);
      const resource = resourceOf(command.http, deps.queries, deps.idOf(operationId));
      return {
        operationId,
        http: `${method as 'POST'} ${basePath}${path}`,
        run: async (exchange) => {
          const signed = await identify(exchange, deps.authenticate);
          await answerCommand(deps, signed, operationId, command, resource);
        },
      };
    });
}

async function answerCommand(
  deps: CommandRouteDeps,
  exchange: SignedExchange,
  operationId: string,
  command: Command,
  resource: Resource | undefined,
): Promise<void> {
  const { req, res, principal } = exchange;
  const conditions = conditionsOf(req);
  const body = await readJson(req);
  refuseParameters(req.originalUrl);
  const input = joined(command, body, req.params as Record<string, string>);
  const request = { operationId, input, correlationId: exchange.requestId, ...conditions };
  const receipt = await deps.handle(principal, request);
  noteWrite(deps, principal, operationId, receipt);
  const name = resource && nameIn(resource, deps.idOf(operationId), receipt, input);
  const representation = prefersRepresentation(req)
    ? await stateAfter(deps, principal, name, receipt, resource)
    : undefined;
  const text = await receiptText(
    receipt,
    deps.open,
    representation && { representation: representation.body },
  );
  sendJson(res, receipt.created ? 201 : 200, text, {
    ...receiptHeaders(receipt, resource, name),
    ...(representation && { 'Preference-Applied': 'return=representation' }),
  });
}

/** The input: the body's members and the path's; a member of the path may not stand in the body too. */
function joined(command: Command, body: unknown, path: Record<string, string>): Record<string, unknown> {
  if (body === undefined) return { ...path };
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    const detail = 'the body must be a JSON object';
    return refuse('invalid-input', detail, { errors: [{ pointer: '', detail }] });
  }
  const twice = Object.keys(path).filter((name) => Object.hasOwn(body, name));
  if (twice.length === 0) return { ...body, ...path };
  const known = memberNames(command.input, []).filter((name) => !Object.hasOwn(path, name));
  const errors = twice.map((name) => ({
    pointer: pointerTo([name]),
    detail: `there is no such field; it stands in the address${hint(name, known)}`,
  }));
  return refuse('invalid-input', undefined, { errors });
}

/** Makes the principal's next reads wait for this write. Telemetry has positions of its own. */
export function noteWrite(
  { logOf, ownWrites }: Pick<CommandRouteDeps, 'logOf' | 'ownWrites'>,
  principal: Principal,
  operationId: string,
  { position }: Receipt,
): void {
  if (logOf(operationId) === 'record') ownWrites.note(principal, position);
}

/**
 * The state that a command led to, from the query for one thing of its collection; undefined where there is no
 * such query, the principal may not run it, or it cannot answer now: the command took effect all the same.
 */
async function stateAfter(
  deps: CommandRouteDeps,
  principal: Principal,
  name: unknown,
  receipt: Receipt,
  found: Resource | undefined,
): Promise<{ body: unknown } | undefined> {
  if (!found || !deps.allowed(principal, found.query.permission)) return undefined;
  const input = found.query.input.safeParse(found.parameter === undefined ? {} : { [found.parameter]: name });
  if (!input.success) return undefined;
  try {
    const { answer } = await deps.runQuery({
      operationId: found.operationId,
      query: found.query,
      input: input.data,
      reader: readerOf(principal),
      minPosition: receipt.position,
    });
    return { body: answer.body };
  } catch {
    return undefined;
  }
}
