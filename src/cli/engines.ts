import { pino } from 'pino';
import { openInstallation } from '../database/installation.js';
import { openEngines, type Engines } from '../engines.js';
import { configOrFail } from './options.js';

/** Runs `work` on the databases themselves, beside whatever process serves them. */
export async function withEngines(work: (engines: Engines) => Promise<void>): Promise<void> {
  const config = configOrFail();
  const log = pino({ level: 'error' }, pino.destination(2));
  const installation = await openInstallation(config, { log, passing: true });
  try {
    const engines = await openEngines(config, installation, log);
    try {
      await work(engines);
    } finally {
      await engines.close();
    }
  } finally {
    await installation.close();
  }
}
