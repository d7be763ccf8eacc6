import { expect, it } from 'vitest';
import type { Postmaster } from '../../src/database/postmaster.js';
import { supervise, type ServerState } from '../../src/database/supervisor.js';

const log = { info() {}, warn() {}, error() {} };

function server(pid: number): Postmaster & { die: () => void } {
  let die = (): void => {};
  const gone = new Promise<void>((resolve) => {
    die = resolve;
  });
  return { pid, port: 1, gone, die };
}

it('tries until the server runs again', async () => {
  const first = server(1);
  const starts = [new Error('full disk'), new Error('full disk'), server(2)];
  const restart = async (): Promise<Postmaster> => {
    const next = starts.shift();
    if (next === undefined || next instanceof Error) throw next ?? new Error('one start too many');
    return next;
  };
  const supervisor = supervise({ first, restart, log });
  const states: ServerState[] = [];
  const again = new Promise<void>((resolve) => {
    supervisor.onState((state) => {
      states.push(state);
      if (state === 'running') resolve();
    });
  });
  first.die();
  await again;
  expect(supervisor.current().pid).toBe(2);
  await supervisor.end();
  expect(states).toEqual(['down', 'running', 'stopped']);
});

it('ends while the server is down, and calls off the start under way', async () => {
  const first = server(1);
  const restart = (signal: AbortSignal): Promise<Postmaster> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('called off'))));
  const supervisor = supervise({ first, restart, log });
  const down = new Promise<void>((resolve) => supervisor.onState((state) => state === 'down' && resolve()));
  first.die();
  await down;
  await supervisor.end();
  expect(supervisor.state()).toBe('stopped');
});

it('leaves a server down that it is not to restart', async () => {
  const first = server(1);
  const supervisor = supervise({ first, restart: null, log });
  const states: ServerState[] = [];
  const down = new Promise<void>((resolve) => supervisor.onState((state) => state === 'down' && resolve()));
  const forget = supervisor.onState((state) => states.push(state));
  first.die();
  await down;
  forget();
  await supervisor.end();
  expect(states).toEqual(['down']);
  expect(supervisor.state()).toBe('stopped');
});
