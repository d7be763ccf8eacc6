/** Operations of the engine itself, declared like queries, so that all that is derived covers them too. */
import type { z } from 'zod';
import { addressOf, basePath } from './address.js';
import { demand, identify, type Allowed, type Authenticate } from './auth.js';
import type { Route, SignedExchange } from './exchange.js';
import type { parameterComponents } from './openapi-components.js';
import { parseAddress, queryParameters, refuseParameters } from './input.js';

/** An operation of the engine, as OpenAPI and the permission matrix see it. */
export interface EngineOperation {
  http: `${'GET' | 'POST'} /${string}`;
  summary: string;
  permission: string;
  /** Of GET: path and query parameters. Of POST: the body. */
  input: z.ZodObject;
  output: z.ZodType;
  /** Request headers of its own, by their names among the components of the OpenAPI document. */
  headers?: readonly (keyof typeof parameterComponents)[];
  /** Media types of the answer other than JSON, with what one answer is made of. */
  media?: Record<string, string>;
}

/**
 * Answers an operation. The input of a GET is parsed; a POST gets an empty one and reads its body itself, because
 * sizes differ.
 */
export type EngineAnswer = (exchange: SignedExchange, input: never) => Promise<void>;

/** The routes of the engine's operations: key, permission, input, in this order. */
export function engineRoutes(
  operations: Record<string, EngineOperation>,
  answers: Record<string, EngineAnswer>,
  { authenticate, allowed }: { authenticate: Authenticate; allowed: Allowed },
): Route[] {
  return Object.entries(operations).map(([operationId, { http, permission, input }]) => {
    const { method, path } = addressOf(http);
    const answer = answers[operationId]!;
    return {
      operationId,
      http: `${method as 'GET'} ${basePath}${path}`,
      run: async (exchange) => {
        const signed = await identify(exchange, authenticate);
        demand(allowed, signed.principal, operationId, permission);
        const { originalUrl, params } = exchange.req;
        if (method === 'POST') {
          refuseParameters(originalUrl);
          return answer(signed, {} as never);
        }
        const parameters = queryParameters(originalUrl);
        await answer(signed, parseAddress(input, params as Record<string, string>, parameters) as never);
      },
    };
  });
}
