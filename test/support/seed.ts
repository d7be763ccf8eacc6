/**
 * The seed of a random test, printed so that a failure can be had again: `SEED=<n> npx vitest run <file>`.
 * The names tell the seeds of one file apart.
 */
export function seedFor(name: string): number {
  const seed = process.env['SEED'] ? Number(process.env['SEED']) : Math.floor(Math.random() * 0x7fffffff);
  console.info(`seed of ${name}: ${seed}`);
  return seed;
}
