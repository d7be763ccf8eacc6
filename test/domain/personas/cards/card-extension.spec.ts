import { describe, expect, it } from 'vitest';
import { portable, split, withExtension } from '../../../../src/domain/personas/cards/card-extension.js';
import type { Card } from '../../../../src/domain/personas/persona-facets.js';
import { personaConfig } from '../../../../src/domain/personas/persona-config.js';
import { config } from '../../../support/persona-examples.js';

const card = (extensions?: unknown): Card => ({
  spec: 'v2',
  data: { name: 'Ada', ...(extensions !== undefined && { extensions }) },
});

describe('an extension', () => {
  it.each([[{}], [{ fav: true }], [{ dramatis: 'kept' }], [{ dramatis: null, fav: 1 }], [null], [''], [[1]]])(
    'is taken out as it was put in, over %j',
    (extensions) => {
      const carrying = withExtension(card(extensions), config);
      expect(carrying.data['extensions']).toMatchObject({ dramatis: { formatVersion: 1, config } });
      expect(split(carrying)).toEqual({ bare: card(extensions), beyond: config });
      expect(split(card(extensions))).toEqual({ bare: card(extensions) });
    },
  );

  it('holds what its maker says, and no default', () => {
    expect(split(withExtension(card({}), { temperature: 0.5 })).beyond).toEqual({ temperature: 0.5 });
  });

  it('makes place for itself', () => {
    expect(split(withExtension(card(), config))).toEqual({ bare: card({}), beyond: config });
  });

  it('is none with an extension inside, which would come out as one', () => {
    const inner = { dramatis: { formatVersion: 1, config: {} } };
    const dramatis = { formatVersion: 1, config, replaced: inner };
    expect(split(card({ dramatis }))).toEqual({ bare: card({ dramatis }) });
  });

  it('carries neither a card nor what is about a real person', () => {
    const writing = { archetype: 'sage' };
    const given = personaConfig.parse({ ...config, identity: { subjectId: 'ada' }, writing, card: card() });
    expect(portable(given)).toEqual({ ...config, writing });
  });

  it('that names a person never goes out again', () => {
    const named = card({ fav: 1, dramatis: { config: { writing: { subjectId: 'ada' } } } });
    expect(split(named)).toEqual({ bare: card({ fav: 1 }) });
  });
});
