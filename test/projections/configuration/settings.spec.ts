import { expect, it } from 'vitest';
import { settings as decider } from '../../../src/domain/configuration/tenant-settings.js';
import { settings } from '../../../src/projections/configuration/settings.js';
import { expectExampleForEvery, projected, recorded } from '../../support/projected.js';

const examples = [
  decider.event('SettingChanged', { setting: 'changeControl', from: 'direct', to: 'reviewed' }),
  decider.event('SettingChanged', { setting: 'refinementQuorum', from: 1, to: 2 }),
  decider.event('SettingChanged', { setting: 'changeControl', from: 'reviewed', to: 'direct' }),
];
const after = (count: number) =>
  projected(settings, recorded({ category: 'settings', streamId: 'acme' }, ...examples.slice(0, count)));

it('has an example of every event', () => expectExampleForEvery(settings, examples));

it('holds what was set, and of which version of the stream that is', () => {
  expect([...after(2)]).toEqual([
    ['acme', { given: { changeControl: 'reviewed', refinementQuorum: 2 }, version: 2 }],
  ]);
  expect(after(3).get('acme')).toEqual({
    given: { changeControl: 'direct', refinementQuorum: 2 },
    version: 3,
  });
});
