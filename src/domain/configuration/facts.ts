/** What other areas may ask of the configuration when they decide. */
import type { FactReader } from '../kernel.js';
import type { TenantSettings } from './events.js';
import { settings } from './tenant-settings.js';

/** What holds in the tenant: settings that nobody changed are as usual. */
export const settingsFact = (read: FactReader): Promise<TenantSettings> =>
  read.state(settings, read.tenantId);
