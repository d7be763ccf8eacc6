import { describe, expect, it } from 'vitest';
import {
  settingEvents,
  usualSettings,
  type SettingChange,
} from '../../../src/domain/configuration/events.js';
import { settings, settingsModule } from '../../../src/domain/configuration/tenant-settings.js';
import { given } from '../../support/given.js';

const changed = (change: SettingChange) => settings.event('SettingChanged', change);
const untouched = given(settingsModule);
const reviewed = changed({ setting: 'changeControl', from: 'direct', to: 'reviewed' });
const twoEyes = changed({ setting: 'fourEyes', from: true, to: false });
const quorumOfTwo = changed({ setting: 'refinementQuorum', from: 1, to: 2 });
const admin = { roles: ['admin' as const] };

it('the settings of a tenant stand in its one stream', () => {
  expect(settings.locate({}, { tenantId: 'acme', newId: 'x', now: '' })).toEqual({ id: 'acme' });
});

it('where nothing was set, one person can work alone', () => {
  expect(settings.initialState()).toEqual({
    changeControl: 'direct',
    protectedChannels: ['production'],
    fourEyes: true,
    refinementQuorum: 1,
    refinementDeadlineSeconds: 604_800,
  });
});

describe('changeSettings', () => {
  const change = (input: object, before = untouched, as = {}) =>
    before.when('changeSettings', { ...input }, as);

  it('records each setting that changes, once', () =>
    void change({ refinementQuorum: 2, changeControl: 'reviewed', fourEyes: true })
      .thenEvents(reviewed, quorumOfTwo)
      .again()
      .thenNothing());

  it('leaves alone what is not given', () => {
    const both = given(settingsModule, reviewed, quorumOfTwo);
    change({ refinementQuorum: 3 }, both).thenEvents(
      changed({ setting: 'refinementQuorum', from: 2, to: 3 }),
    );
    change({ changeControl: 'reviewed' }, both).thenNothing();
  });

  it('does nothing where nothing is given, or what holds as usual', () => {
    change({}).thenNothing();
    change({ ...usualSettings }).thenNothing();
  });

  it('keeps the channels in one order, each once', () => {
    const four = changed({
      setting: 'protectedChannels',
      from: ['production'],
      to: ['live', 'production'],
    });
    change({ protectedChannels: ['production', 'live', 'production'] }).thenEvents(four);
    change({ protectedChannels: ['production', 'live'] }, given(settingsModule, four)).thenNothing();
    change({ protectedChannels: [] }, given(settingsModule, four)).thenEvents(
      changed({ setting: 'protectedChannels', from: ['live', 'production'], to: [] }),
    );
  });

  it('is for managers', () => {
    change({ refinementQuorum: 2 }, untouched, admin).thenEvents(quorumOfTwo);
    change({ refinementQuorum: 2 }, untouched, { roles: ['editor'] }).thenRejected('forbidden');
  });

  it('leaves four eyes to owners, both ways', () => {
    change({ fourEyes: false }).thenEvents(twoEyes);
    change({ fourEyes: false }, untouched, admin).thenRejected('settings-owners-only', '/fourEyes');
    const off = given(settingsModule, twoEyes);
    change({ fourEyes: true }, off, admin).thenRejected('settings-owners-only', '/fourEyes');
    change({ fourEyes: true }, off).thenEvents(changed({ setting: 'fourEyes', from: false, to: true }));
  });

  it('lets managers ask for reviews, and owners alone go without again', () => {
    change({ changeControl: 'reviewed' }, untouched, admin).thenEvents(reviewed);
    const strict = given(settingsModule, reviewed);
    change({ changeControl: 'direct' }, strict, admin).thenRejected('settings-owners-only', '/changeControl');
    change({ changeControl: 'direct' }, strict).thenEvents(
      changed({ setting: 'changeControl', from: 'reviewed', to: 'direct' }),
    );
  });

  it('changes nothing where something is refused, and names all of it', () =>
    void change(
      { changeControl: 'direct', fourEyes: false, refinementQuorum: 2 },
      given(settingsModule, reviewed),
      admin,
    ).thenRejected('settings-owners-only', '/changeControl', '/fourEyes'));

  it('does not refuse an admin what holds already', () =>
    void change({ ...usualSettings, refinementQuorum: 2 }, untouched, admin).thenEvents(quorumOfTwo));

  it.each([
    ['/changeControl', { changeControl: 'none' }],
    ['/protectedChannels/0', { protectedChannels: ['No Channel'] }],
    ['/protectedChannels', { protectedChannels: Array.from({ length: 21 }, (_, n) => `c${n}`) }],
    ['/fourEyes', { fourEyes: 'yes' }],
    ['/refinementQuorum', { refinementQuorum: 0 }],
    ['/refinementQuorum', { refinementQuorum: 21 }],
    ['/refinementDeadlineSeconds', { refinementDeadlineSeconds: 0 }],
    ['/refinementDeadlineSeconds', { refinementDeadlineSeconds: 2_592_001 }],
    ['/surely', { surely: 'unknown' }],
  ])('refuses at %s: %j', (pointer, input) => void change(input).thenRejected('invalid-input', pointer));
});

it('an event of one setting holds no value of another', () => {
  const schema = settingEvents.SettingChanged;
  const accepts = (data: unknown): boolean => schema.safeParse(data).success;
  expect(accepts({ setting: 'fourEyes', from: true, to: false })).toBe(true);
  expect(accepts({ setting: 'fourEyes', from: true, to: 2 })).toBe(false);
  expect(accepts({ setting: 'refinementQuorum', from: 1, to: 604_800 })).toBe(false);
  expect(accepts({ setting: 'nothing', from: 1, to: 2 })).toBe(false);
});
