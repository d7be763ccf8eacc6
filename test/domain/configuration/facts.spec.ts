import { expect, it } from 'vitest';
import { usualSettings } from '../../../src/domain/configuration/events.js';
import { settingsFact } from '../../../src/domain/configuration/facts.js';
import { factReader } from '../../support/fact-reader.js';

it('tells the settings of the tenant', async () => {
  const strict = { ...usualSettings, changeControl: 'reviewed' as const };
  expect(await settingsFact(factReader({ states: { 'settings acme': strict } }))).toEqual(strict);
});

it('tells the usual ones where nobody changed any', async () => {
  expect(await settingsFact(factReader())).toEqual(usualSettings);
});
