/** The HTTP server around the application: limits on slow clients, a clear start, a graceful end. */
import { randomUUID } from 'node:crypto';
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from 'pino';
import { engineRejections } from '../commands/rejections.js';
import { Rejection } from '../domain/kernel.js';
import type { App } from './app.js';
import { toProblem } from './problem.js';
import { processTimers, type Timers } from './timers.js';

/** After this time requests that are still under way are cut off; the promise is an end within 10 s. */
const forceMs = 8_000;
/** Between two looks for connections that have become idle while the server stops. */
const sweepMs = 50;
/** A connection on which no request has begun by then was opened ahead of need. */
const unusedMs = 500;

export interface RunningServer {
  url: string;
  /** Answers what is in flight, ends streams, closes. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Listens. Port 0 takes a free one.
 * @throws Error with a message for people when the address cannot be used
 */
export async function startServer(deps: {
  app: App;
  host: string;
  port: number;
  log: Logger;
  timers?: Timers;
}): Promise<RunningServer> {
  const { app, host, port, log, timers = processTimers } = deps;
  const server = createServer({
    headersTimeout: 15_000,
    requestTimeout: 60_000,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 5_000,
    // Node would answer without a problem; the application refuses a missing Host itself.
    requireHostHeader: false,
  });
  const unused = unusedConnections(server);
  server.on('request', app.handler).on('clientError', answerUnreadable);
  // Left alone, Node would answer an unknown Expect with a bare 417; the application refuses it.
  server.on('checkExpectation', app.handler);
  await listening(server, host, port);
  server.on('error', (error) => log.error({ err: error }, 'the server failed'));
  let closing: Promise<void> | undefined;
  return {
    url: urlOf(server.address() as AddressInfo),
    close: () => (closing ??= closed({ server, app, log, timers, unused })),
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        EADDRINUSE: `port ${port} on ${host} is in use by another process; choose another one with DRAMATIS_PORT`,
        EACCES: `port ${port} may not be used by this user; choose another one with DRAMATIS_PORT`,
        EADDRNOTAVAIL: `${host} is no address of this machine; choose another one with DRAMATIS_HOST`,
      };
      reject(new Error(reasons[error.code ?? ''] ?? error.message, { cause: error }));
    });
    server.listen({ host, port, backlog: 2_048 }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Connections that have brought no request yet: Node counts them as busy, and would wait for them. */
function unusedConnections(server: Server): Set<Socket> {
  const unused = new Set<Socket>();
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  const use = ({ socket }: IncomingMessage): boolean => unused.delete(socket);
  server.on('request', use).on('checkExpectation', use);
  return unused;
}

interface Closing {
  server: Server;
  app: App;
  log: Logger;
  timers: Timers;
  unused: ReadonlySet<Socket>;
}

function closed({ server, app, log, timers, unused }: Closing): Promise<void> {
  return new Promise((resolve) => {
    app.beginShutdown();
    const cancel = [
      // A connection that was busy when the server stopped listening becomes idle later, and nobody else looks.
      timers.every(sweepMs, () => server.closeIdleConnections()),
      timers.after(unusedMs, () => {
        for (const socket of unused) socket.destroy();
      }),
      timers.after(forceMs, () => {
        log.warn('requests were cut off: they took too long');
        server.closeAllConnections();
      }),
    ];
    server.close(() => {
      for (const one of cancel) one();
      resolve();
    });
  });
}

const unreadable: Record<string, { status: number; detail: string }> = {
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'the headers are too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'the request took too long to arrive' },
};

/** Answers what never became a request: a problem, as everywhere, and the end of the connection. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, detail } = unreadable[error.code ?? ''] ?? { status: 400, detail: 'this is not HTTP/1.1' };
  const instance = randomUUID();
  const { problem } = toProblem(
    new Rejection('malformed-request', engineRejections['malformed-request'], detail),
    instance,
  );
  const body = JSON.stringify({ ...problem, status, retryable: status === 408 }) + '\n';
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\n` +
      `Cache-Control: no-store\r\nRequest-Id: ${instance}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
