/** `POST /commands`: many commands in one request, each answered on its own, in the order given. */
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import { hint, parseInput } from '../commands/parse-input.js';
import type { Receipt } from '../commands/receipt.js';
import { refuse } from '../commands/rejections.js';
import type { FieldError } from '../domain/kernel.js';
import { sendJson } from './answer.js';
import { noteWrite, type CommandRouteDeps } from './command-routes.js';
import type { EngineAnswer, EngineOperation } from './engine-routes.js';
import type { SignedExchange } from './exchange.js';
import { maxCommandBytes, readJson } from './json-body.js';
import { idempotencyKeyOf, refuseConditions } from './preconditions.js';
import type { Problem, ProblemAnswer } from './problem.js';
import { receiptText } from './receipt-answer.js';

const maxBatchBytes = 8 * 1024 * 1024;
const maxItems = 500;

const item = z.strictObject({
  type: z.string().min(1).max(64),
  input: z.record(z.string(), z.unknown()).default({}),
  idempotencyKey: z.string().min(1).max(600).optional(),
  ifMatch: z.int().min(0).optional(),
});

export interface BatchDeps extends Pick<
  CommandRouteDeps,
  'handle' | 'commands' | 'open' | 'logOf' | 'ownWrites'
> {
  /** The problem for an error of one operation; denials are audited and defects logged on the way. */
  problemOf: (exchange: SignedExchange, operationId: string, error: unknown) => ProblemAnswer;
  /** Whether the process is on its way to its end. */
  isStopping: () => boolean;
}

/** `POST /commands`. */
export const runCommands = {
  http: 'POST /commands',
  summary: 'Many commands in one request, each answered on its own',
  permission: 'self:read',
  input: z.strictObject({ commands: z.array(item).min(1).max(maxItems) }),
  output: z.strictObject({
    items: z.array(
      z.strictObject({ status: z.int(), body: z.looseObject({}), replayed: z.literal(true).optional() }),
    ),
  }),
} satisfies EngineOperation;

/** Items are parsed one by one: a malformed one fails alone. */
const envelope = z.strictObject({ commands: z.array(z.unknown()).min(1).max(maxItems) });

/** Runs the commands in order. A failed item does not stop the ones behind it. */
export const answerBatch =
  (deps: BatchDeps): EngineAnswer =>
  async (exchange) => {
    const { req, res } = exchange;
    refuseConditions(req);
    const { commands } = parseInput(envelope, (await readJson(req, maxBatchBytes)) ?? {});
    const mayBeTooLarge = Number(req.headers['content-length'] ?? Infinity) > maxCommandBytes;
    const answers: string[] = [];
    for (const [index, given] of commands.entries()) {
      // Nobody is left to be answered: what is not begun yet is better repeated as a whole.
      if (res.closed) return;
      answers.push(await answerItem(deps, exchange, given, index, mayBeTooLarge));
      // A refused item waits for nothing, and hundreds of them would keep all others from being answered.
      await turn();
    }
    sendJson(res, 200, `{"items":[${answers.join(',')}]}`);
  };

async function answerItem(
  deps: BatchDeps,
  exchange: SignedExchange,
  given: unknown,
  index: number,
  mayBeTooLarge: boolean,
): Promise<string> {
  let operationId = 'runCommands';
  let isEnvelope = true;
  try {
    // A stop waits for what is under way, not for hundreds of commands: these can be sent again as they are.
    if (deps.isStopping()) return refuse('unavailable', 'the server is stopping; nothing of this was done');
    if (mayBeTooLarge && Buffer.byteLength(JSON.stringify(given)) > maxCommandBytes) {
      return refuse('payload-too-large', `an item may have ${maxCommandBytes} bytes at most`);
    }
    const { type, input, ifMatch, idempotencyKey } = parseInput(item, given);
    operationId = known(deps, type);
    isEnvelope = false;
    const receipt = await deps.handle(exchange.principal, {
      operationId,
      input,
      correlationId: exchange.requestId,
      ...(ifMatch !== undefined && { ifMatch }),
      ...(idempotencyKey !== undefined && { idempotencyKey: idempotencyKeyOf(idempotencyKey) }),
    });
    noteWrite(deps, exchange.principal, operationId, receipt);
    return answerText(receipt, await receiptText(receipt, deps.open));
  } catch (error) {
    const { status, problem } = deps.problemOf(exchange, operationId, error);
    const at = `/commands/${index}${isEnvelope ? '' : '/input'}`;
    return `{"status":${status},"body":${JSON.stringify(pointedFrom(at, problem))}}`;
  }
}

const answerText = ({ created, replayed }: Receipt, text: string): string =>
  `{"status":${created ? 201 : 200},"body":${text}${replayed ? ',"replayed":true' : ''}}`;

/** The operation that a type names. @throws Rejection `unknown-operation` */
function known({ commands }: BatchDeps, type: string): string {
  const addressed = Object.keys(commands).filter((name) => commands[name]!.http !== 'internal');
  if (addressed.includes(type)) return type;
  const detail = `there is no such operation${hint(type, addressed)}`;
  return refuse('unknown-operation', detail, { errors: [{ pointer: '/type', detail }] });
}

/** Makes the pointers lead into the body that was sent. */
function pointedFrom(at: string, problem: Problem): Problem {
  if (!problem.errors) return problem;
  const errors = problem.errors.map(({ pointer, detail }: FieldError) => ({ pointer: at + pointer, detail }));
  return { ...problem, errors };
}
