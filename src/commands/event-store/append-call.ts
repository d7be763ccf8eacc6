import { createHash } from 'node:crypto';
import type { AppendItem, AppendResult, Guard, Log } from './port.js';
import { integerArray, textArray } from './text-array.js';

/** A named statement with its parameters, ready to be sent, and sent again. */
export interface Statement {
  name: string;
  text: string;
  values: unknown[];
}

const columns =
  'item, outcome, version, position, recorded_at, fingerprint, command_id, from_version, stream, kind, key';
const batchParameters = 25;
const singleParameters = 14;

/**
 * The statement that appends these items of one log as one transaction. One item with one event and without
 * claims and guards takes the lean function.
 */
export function appendCall(log: Log, items: readonly AppendItem[]): Statement {
  const [only] = items;
  if (items.length === 1 && only && isSingle(only)) {
    return statement(callText(`append_one_${log}`, singleParameters), singleValues(only));
  }
  return statement(callText(`append_${log}`, batchParameters), batchValues(items));
}

/**
 * Names a statement after its text, so that two programs behind one pooler never mean different statements by
 * the same name.
 */
export function statement(text: string, values: unknown[]): Statement {
  let name = names.get(text);
  if (name === undefined) {
    name = `dramatis_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
    names.set(text, name);
  }
  return { name, text, values };
}

const names = new Map<string, string>();

/** The rows of an append's answer as results in the order of its items. */
export function appendResults(
  rows: readonly (string | null)[][],
  items: readonly AppendItem[],
): AppendResult[] {
  const results = Array.from<AppendResult>({ length: items.length });
  for (const row of rows) results[Number(row[0]) - 1] = appendResult(row);
  return results;
}

function appendResult(row: readonly (string | null)[]): AppendResult {
  const [, outcome, version, position, recordedAt, fingerprint, commandId, fromVersion, stream, kind, key] =
    row;
  switch (outcome) {
    case 'appended':
      return { outcome, version: Number(version), position: Number(position), recordedAt: recordedAt! };
    case 'replayed':
      return {
        outcome,
        fingerprint: fingerprint!,
        commandId: commandId!,
        stream: stream!,
        fromVersion: Number(fromVersion),
        version: Number(version),
        position: Number(position),
      };
    case 'version-conflict':
      return { outcome, currentVersion: Number(version) };
    case 'claim-conflict':
      return { outcome, kind: kind!, key: key!, owner: stream! };
    case 'guard-conflict':
      return { outcome, stream: stream!, currentVersion: Number(version) };
    default:
      throw new Error(`es.append answered ${outcome}`);
  }
}

function isSingle({ events, claims, guards }: AppendItem): boolean {
  return events.length === 1 && claims.length === 0 && guards.length === 0;
}

function callText(name: string, parameters: number): string {
  const list = Array.from({ length: parameters }, (_, index) => `$${index + 1}`).join(', ');
  return `SELECT ${columns} FROM es.${name}(${list})`;
}

function singleValues({
  tenantId,
  stream,
  expectedVersion,
  commandId,
  events,
  idempotency,
}: AppendItem): unknown[] {
  const { eventId, type, schemaVersion, data, actor, meta, occurredAt } = events[0]!;
  const key = [idempotency?.scope ?? null, idempotency?.key ?? null, idempotency?.fingerprint ?? null];
  const event = [eventId, type, schemaVersion, data, actor, meta, occurredAt];
  return [tenantId, stream, expectedVersion, commandId, ...event, ...key];
}

function batchValues(items: readonly AppendItem[]): unknown[] {
  const events = numbered(items, (item) => item.events);
  const keys = numbered(items, ({ idempotency }) => (idempotency ? [idempotency] : []));
  const claims = numbered(items, (item) => item.claims);
  const guards = numbered(items, (item): Required<Guard>[] =>
    item.guards.map(({ stream, version, log = item.log }) => ({ stream, version, log })),
  );
  return [
    textArray(items.map(({ tenantId }) => tenantId)),
    textArray(items.map(({ stream }) => stream)),
    integerArray(items.map(({ expectedVersion }) => expectedVersion)),
    integerArray(items.map(({ events }) => events.length)),
    textArray(items.map(({ commandId }) => commandId)),
    integerArray(events.of),
    textArray(events.all.map(({ eventId }) => eventId)),
    textArray(events.all.map(({ type }) => type)),
    integerArray(events.all.map(({ schemaVersion }) => schemaVersion)),
    textArray(events.all.map(({ data }) => data)),
    textArray(events.all.map(({ actor }) => actor)),
    textArray(events.all.map(({ meta }) => meta)),
    textArray(events.all.map(({ occurredAt }) => occurredAt)),
    integerArray(keys.of),
    textArray(keys.all.map(({ scope }) => scope)),
    textArray(keys.all.map(({ key }) => key)),
    textArray(keys.all.map(({ fingerprint }) => fingerprint)),
    integerArray(claims.of),
    textArray(claims.all.map(({ op }) => op)),
    textArray(claims.all.map(({ kind }) => kind)),
    textArray(claims.all.map(({ key }) => key)),
    integerArray(guards.of),
    textArray(guards.all.map(({ log }) => log)),
    textArray(guards.all.map(({ stream }) => stream)),
    integerArray(guards.all.map(({ version }) => version)),
  ];
}

/** The parts of all items in one row, each with the number of its item, counted from 1. */
function numbered<Part>(
  items: readonly AppendItem[],
  partsOf: (item: AppendItem) => readonly Part[],
): { all: Part[]; of: number[] } {
  const all: Part[] = [];
  const of: number[] = [];
  for (const [index, item] of items.entries()) {
    for (const part of partsOf(item)) {
      all.push(part);
      of.push(index + 1);
    }
  }
  return { all, of };
}
