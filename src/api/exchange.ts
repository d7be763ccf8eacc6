import type { Request, Response } from 'express';
import type { Principal } from '../commands/receipt.js';

/** One request on its way to its answer. */
export interface Exchange {
  req: Request;
  res: Response;
  requestId: string;
  /** What was asked for; `none` until an address matched. For logs and metrics. */
  operationId: string;
  /** Milliseconds of the monotonic clock. */
  startedAt: number;
  /** Known once the key was accepted. */
  principal?: Principal;
  /** The answer lasts as long as the client stays: its duration measures nothing. */
  isStream?: boolean;
}

/** An exchange whose key was accepted. */
export interface SignedExchange extends Exchange {
  principal: Principal;
  /** What the client showed, to be shown again while a stream is open. */
  token: string;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** An address that express serves: `GET /api/v1/…`, `:name` marking parameters. */
export interface Route {
  operationId: string;
  http: `${Method} /${string}`;
  run: (exchange: Exchange) => Promise<void> | void;
}

const key = 'exchange';

/** Puts the exchange where later handlers of the same request find it. */
export const keepExchange = (exchange: Exchange): void => {
  exchange.res.locals[key] = exchange;
};

export const exchangeOf = (res: Response): Exchange => res.locals[key] as Exchange;
