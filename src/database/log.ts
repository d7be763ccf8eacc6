import type { Logger } from 'pino';

/** What this folder needs of a logger: pino's, or any object with these three. */
export type DatabaseLog = Pick<Logger, 'info' | 'warn' | 'error'>;
