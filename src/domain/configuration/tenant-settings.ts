import { z } from 'zod';
import { same } from '../content-hash.js';
import { deciderFor, defineModule } from '../kernel.js';
import {
  settingEvents,
  settingNames,
  settingShape,
  usualSettings,
  type SettingChange,
  type TenantSettings,
} from './events.js';
import { settingRejections } from './rejections.js';

/** What holds in a tenant for everybody: how changes are controlled, which channels are protected. */
export const settings = deciderFor<TenantSettings>()({
  name: 'settings',
  id: 'tenantId',
  events: settingEvents,
  rejections: settingRejections,
  initialState: () => usualSettings,
  // A tenant has one stream of them, named after itself.
  locate: (_, at) => ({ id: at.tenantId }),
  evolve: {
    SettingChanged: (state, { setting, to }) => ({ ...state, [setting]: to }),
  },
});

const wanted = z.strictObject(settingShape).partial();

/** The settings in the one form in which they are kept: in which order a list names its channels says nothing. */
function inOneForm({ protectedChannels, ...others }: z.output<typeof wanted>): z.output<typeof wanted> {
  if (!protectedChannels) return others;
  return { ...others, protectedChannels: [...new Set(protectedChannels)].sort() };
}

/** What admins cannot grant themselves: to decide on their own matters, or to publish past those who decide. */
const isForOwners = ({ setting, to }: SettingChange): boolean =>
  setting === 'fourEyes' || (setting === 'changeControl' && to === 'direct');

export const settingsModule = defineModule(settings, {
  changeSettings: settings.command({
    http: 'PATCH /settings',
    summary: 'Change settings of the tenant; those that are not given stay as they are',
    permission: 'settings:manage',
    input: wanted,
    rejects: ['settings-owners-only'],
    decide: (state, input, ctx) => {
      const given = inOneForm(input);
      const changes = settingNames.flatMap((setting) => {
        const [from, to] = [state[setting], given[setting]];
        return to === undefined || same(from, to) ? [] : [{ setting, from, to } as SettingChange];
      });
      const withheld = ctx.actor.roles.includes('owner') ? [] : changes.filter(isForOwners);
      if (withheld.length > 0) {
        const errors = withheld.map(({ setting, to }) => ({
          pointer: `/${setting}`,
          detail: `only an owner may set it to ${String(to)}`,
        }));
        return ctx.reject('settings-owners-only', errors[0]!.detail, { errors });
      }
      return changes.map((change) => settings.event('SettingChanged', change));
    },
  }),
});
