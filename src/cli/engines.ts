import { pino } from 'pino';
import { openInstallation } from '../database/installation.js';
import { openEngines, type Engines } from '../engines.js';
import { assertAnswering, isUnavailable, messageOf } from './databases.js';
import { configOrFail } from './options.js';
import { fail } from './output.js';

/**
 * Runs `work` on the databases themselves, beside whatever process serves them.
 * @throws CliFailure 4 (a KEK that is not theirs) or 5 (one does not answer)
 */
export async function withEngines(work: (engines: Engines) => Promise<void>): Promise<void> {
  const config = configOrFail();
  if (config.database) {
    const { url, keysUrl } = config.database;
    await assertAnswering({ DRAMATIS_DATABASE_URL: url, DRAMATIS_KEYS_URL: keysUrl });
  }
  const log = pino({ level: 'error' }, pino.destination(2));
  const installation = await openInstallation(config, { log, passing: true });
  try {
    const engines = await openEngines(config, installation, log).catch((error: unknown) => {
      if (isUnavailable(error)) throw error;
      return fail('configuration', messageOf(error));
    });
    try {
      await work(engines);
    } finally {
      await engines.close();
    }
  } finally {
    await installation.close();
  }
}
