import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { StoreUnavailable } from '../../../src/commands/event-store/port.js';
import {
  answered,
  causeOf,
  isLockTimeout,
  isPoison,
  isUndefinedTable,
  Poisoned,
} from '../../../src/projections/engine/failures.js';

const sql = (code: string): Error => Object.assign(new Error(code), { code });

describe('failures', () => {
  it('blames events for what the data did, and for nothing else', () => {
    expect([sql('22P02'), sql('23505'), sql('21000'), sql('54000'), new Poisoned('x')].every(isPoison)).toBe(
      true,
    );
    const others = ['08006', '40001', '40P01', '53300', '55P03', '57P01', '25006', '42P01', '42601', 'XX000'];
    expect(others.map(sql).some(isPoison)).toBe(false);
    expect(isPoison(sql('ECONNRESET'))).toBe(false);
    expect(isPoison(new Error('Connection terminated unexpectedly'))).toBe(false);
  });

  it('tells readers when the database is in trouble, and shows defects as they are', async () => {
    const refused = async (error: Error): Promise<never> => {
      throw error;
    };
    const asked = (error: Error): Promise<unknown> => answered(refused(error));
    for (const error of [
      sql('57P01'),
      sql('ECONNREFUSED'),
      new Error('Connection terminated unexpectedly'),
    ]) {
      await expect(asked(error)).rejects.toBeInstanceOf(StoreUnavailable);
    }
    for (const error of [sql('42601'), sql('22P02'), new TypeError('x')]) {
      await expect(asked(error)).rejects.toBe(error);
    }
    expect(await answered(Promise.resolve(1))).toBe(1);
  });

  it('knows a table that is not there, and keeps causes short', () => {
    expect(isUndefinedTable(sql('42P01'))).toBe(true);
    expect(isUndefinedTable(sql('42703'))).toBe(false);
    expect([isLockTimeout(sql('55P03')), isLockTimeout(sql('40P01'))]).toEqual([true, false]);
    expect(causeOf(new TypeError('x'.repeat(1000)))).toHaveLength(300);
    expect(causeOf('text')).toBe('text');
    expect(causeOf(new Error('two\n  lines'))).toBe('Error: two lines');
  });

  it('says in one line what a schema missed, without the values', () => {
    const schema = z.strictObject({ name: z.string(), tags: z.array(z.strictObject({ at: z.int() })) });
    const { error } = schema.safeParse({ name: 4711, tags: [{ at: 'a secret' }] });
    expect(causeOf(error)).toBe(
      'ZodError: name: Invalid input: expected string, received number; tags.0.at: Invalid input: expected number, received string',
    );
    expect(causeOf(z.string().safeParse(1).error)).toMatch(/^ZodError: \(root\): Invalid input/);
  });
});
