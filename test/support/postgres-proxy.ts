import net from 'node:net';

/**
 * What the proxy does to statements that match:
 * - `ambiguous` lets the server finish it and drops the answer with the connection;
 * - `cut` drops the connection instead of passing the statement on.
 */
type Fault = 'ambiguous' | 'cut';

export interface PostgresProxy {
  /** The given URL by way of the proxy. */
  url: string;
  /** The next `times` statements whose SQL matches suffer the fault. */
  fail(fault: Fault, match: RegExp, times?: number): void;
  /** How many statements have suffered. */
  readonly fired: number;
  /** While true nothing is passed on in either direction, and no connection ends. */
  hang(hanging: boolean): void;
  /** While true connections are reset, present ones at once. */
  refuse(refusing: boolean): void;
  close(): Promise<void>;
}

interface State {
  fault: Fault | null;
  match: RegExp;
  left: number;
  fired: number;
  refusing: boolean;
  hanging: Promise<void> | null;
  resume: () => void;
  sockets: Set<net.Socket>;
}

const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5]);

/** A proxy on loopback that reads enough of the PostgreSQL protocol to fail chosen statements. */
export async function postgresProxy(url: string): Promise<PostgresProxy> {
  const target = new URL(url);
  const sockets = new Set<net.Socket>();
  const none = { fault: null, match: /^$/, left: 0, fired: 0 };
  const state: State = { ...none, refusing: false, hanging: null, resume: () => {}, sockets };
  const server = net.createServer((client) => {
    if (state.refusing) return void client.resetAndDestroy();
    pass(state, client, net.connect(Number(target.port), target.hostname));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    url: Object.assign(new URL(url), { port: String(port) }).href,
    fail: (fault, match, times = 1) => Object.assign(state, { fault, match, left: times, fired: 0 }),
    get fired() {
      return state.fired;
    },
    hang: (hanging) => {
      state.resume();
      state.hanging = hanging ? new Promise((resolve) => (state.resume = resolve)) : null;
    },
    refuse: (refusing) => {
      state.refusing = refusing;
      if (refusing) for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () => {
      state.resume();
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function pass(state: State, client: net.Socket, server: net.Socket): void {
  let cut = false;
  let dropping = false;
  let order = Promise.resolve();
  const statements = new Map<string, string>();
  const end = (): void => {
    cut = true;
    client.resetAndDestroy();
    server.destroy();
    state.sockets.delete(client);
    state.sockets.delete(server);
  };
  for (const socket of [client, server]) {
    state.sockets.add(socket.setNoDelay());
    socket.on('error', end).on('close', end);
  }
  const inOrder = (work: () => void): void => {
    order = order.then(() => state.hanging ?? undefined).then(() => (cut ? undefined : work()));
  };
  const messages = messageReader((message) =>
    inOrder(() => {
      const fault = faultOf(state, sqlOf(message, statements));
      if (fault === 'cut') return end();
      if (fault === 'ambiguous') dropping = true;
      server.write(message);
    }),
  );
  client.on('data', messages);
  server.on('data', (chunk: Buffer) =>
    inOrder(() => {
      if (!dropping) client.write(chunk);
      else if (chunk.includes(readyForQuery)) end();
    }),
  );
}

function faultOf(state: State, sql: string | undefined): Fault | null {
  if (sql === undefined || state.left === 0 || !state.match.test(sql)) return null;
  state.left--;
  state.fired++;
  return state.fault;
}

/** Cuts what a client sends into messages; the first has no type byte. */
function messageReader(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let started = false;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const header = started ? 1 : 0;
      if (rest.length < header + 4) return;
      const length = header + rest.readInt32BE(header);
      if (rest.length < length) return;
      onMessage(rest.subarray(0, length));
      rest = rest.subarray(length);
      started = true;
    }
  };
}

/** The SQL that a message runs: a simple query, or the binding of a statement parsed before. */
function sqlOf(message: Buffer, statements: Map<string, string>): string | undefined {
  const [first, second] = message.toString('utf8', 5).split('\0', 2) as [string, string];
  switch (String.fromCharCode(message[0]!)) {
    case 'Q':
      return first;
    case 'P':
      statements.set(first, second);
      return undefined;
    case 'B':
      return statements.get(second);
    default:
      return undefined;
  }
}
