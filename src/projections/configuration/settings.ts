import { z } from 'zod';
import {
  settingEvents,
  settingShape,
  usualSettings,
  type TenantSettings,
} from '../../domain/configuration/events.js';
import { query, rowProjection, type ReadModule } from '../engine/declaration.js';

type SettingsRow = {
  /** What was set; all else is as usual. */
  given: Partial<TenantSettings>;
  /** Of the stream. */
  version: number;
};

/** The settings of a tenant, as of any moment: what was asked for on a given day. */
export const settings = rowProjection<SettingsRow>()(settingEvents, {
  name: 'settings',
  version: 1,
  key: ({ meta }) => meta.streamId,
  asOf: 'history',
  on: {
    SettingChanged: (row, { setting, to }, { meta }) => ({
      given: { ...row?.given, [setting]: to },
      version: meta.version,
    }),
  },
});

export const settingsReadModule: ReadModule = {
  projections: [settings],
  queries: {
    getSettings: query({
      http: 'GET /settings',
      summary: 'The settings of the tenant, also those that nobody changed',
      permission: 'settings:read',
      input: z.strictObject({}),
      output: z.strictObject({
        ...settingShape,
        version: z.int().describe('Of the stream: what If-Match takes; 0 where nothing was changed yet'),
      }),
      asOf: true,
      reads: [settings],
      run: async (_, ctx) => {
        const found = await ctx.model(settings).get<SettingsRow>(ctx.reader.tenantId);
        const { given, version } = found?.row ?? { given: {}, version: 0 };
        return { body: { ...usualSettings, ...given, version }, version };
      },
    }),
  },
};
