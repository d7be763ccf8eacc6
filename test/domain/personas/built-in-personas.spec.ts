import { describe, expect, it } from 'vitest';
import { builtInPersonas } from '../../../src/domain/personas/built-in-personas.js';
import { personaModule } from '../../../src/domain/personas/persona-module.js';
import { given } from '../../support/given.js';

const facts = { slugTaken: false, parentExists: true };

describe('the built-in personas', () => {
  it('are Abi, Abbey and Aviva', () => {
    expect(builtInPersonas.map(({ name, slug }) => [name, slug])).toEqual([
      ['Abi', 'abi'],
      ['Abbey', 'abbey'],
      ['Aviva', 'aviva'],
    ]);
  });

  it.each(builtInPersonas.map((body): [string, Record<string, unknown>] => [String(body['name']), body]))(
    '%s can be registered and published',
    (_, body) => {
      const { events } = given(personaModule).when('registerPersona', body, { facts });
      const personaId = events[0]!.data['personaId'];
      const version = given(personaModule, ...events).when('publishPersonaVersion', { personaId }).events;
      expect(version[0]?.data).toMatchObject({ versionNo: 1, versionHash: events[0]!.data['draftHash'] });
    },
  );

  it('carry the settings of the seed', () => {
    const [abi, abbey, aviva] = builtInPersonas as [Persona, Persona, Persona];
    const value = (persona: Persona, name: string) =>
      persona.traits.find((trait) => trait.name === name)?.value;
    expect(abi.metadata).toEqual({
      routingConfidenceThreshold: 0.6,
      filterLevel: 'moderate',
      maxRoutingLatencyMs: 50,
    });
    expect([value(abbey, 'empathy'), value(abbey, 'technical-depth'), value(abbey, 'reasoning')]).toEqual([
      80,
      70,
      true,
    ]);
    expect(abbey.metadata).toEqual({ maxReasoningSteps: 5 });
    expect(
      ['directness', 'disclaimers', 'code-comments', 'verify-facts'].map((name) => value(aviva, name)),
    ).toEqual([90, false, true, true]);
    expect(aviva['maxTokens']).toBe(4096);
  });
});

type Persona = Record<string, unknown> & { traits: { name: string; value: unknown }[]; metadata?: unknown };
