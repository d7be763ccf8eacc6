import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentHash } from '../../../../src/domain/content-hash.js';
import { personaConfig, type PersonaConfig } from '../../../../src/domain/personas/persona-config.js';
import { platformAdaptation } from '../../../../src/domain/personas/platform-adaptation.js';
import {
  maxPromptLength,
  renderPrompt,
  rendererVersion,
  type PromptRequest,
} from '../../../../src/domain/personas/prompts/prompt-rendering.js';
import { someConfig } from '../../../support/persona-arbitrary.js';
import { assistant } from '../../../support/persona-examples.js';
import { seedFor } from '../../../support/seed.js';

const seed = seedFor('rendered prompts');
const configWith = (members: Record<string, unknown>): PersonaConfig =>
  personaConfig.parse({ ...assistant, ...members });
const contentOf = (config: PersonaConfig, request?: PromptRequest): string =>
  renderPrompt(config, request).messages[0].content;

const everything = {
  systemPromptTemplate: 'Template.',
  prompt: {
    content: { startLocked: ' HEAD {{char}}\n', editableContent: 'Editable.', endLocked: 'TAIL {{x}} \n' },
  },
  card: { spec: 'v2', data: { description: 'Card.', post_history_instructions: 'Stay brief.' } },
  identity: { background: 'Background.' },
  knowledgeDomains: [{ name: 'code', expertiseLevel: 5, topics: ['types'], contextKeywords: ['bug'] }],
  behaviorRules: [{ condition: 'c', action: 'a' }],
  writing: { archetype: 'Sage' },
};
const platform = { type: 'linkedin', adaptation: platformAdaptation.parse({ tonalRange: 'calm' }) };

/** The same value with the members of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, reversed(member)]);
  return Object.fromEntries(members.reverse());
}

describe('a rendered prompt', () => {
  it('has its sections in a fixed order, a blank line between', () => {
    const content = contentOf(configWith(everything), { platform });
    expect(content.match(/^(?:HEAD|## .*|Template\.|Editable\.|Stay brief\.|TAIL| HEAD).*$/gm)).toEqual([
      ' HEAD {{char}}',
      'Template.',
      'Editable.',
      '## Character',
      '## Identity',
      '## Traits',
      '## Response style',
      '## Knowledge',
      '## Rules',
      '## Writing',
      '## Platform: linkedin',
      'Stay brief.',
      'TAIL {{x}} ',
    ]);
  });

  it('begins and ends with the locked parts, to the last blank: variables are none in them', () => {
    const rendered = renderPrompt(configWith(everything), { variables: { x: 'changed', char: 'changed' } });
    const { content } = rendered.messages[0];
    expect(content.startsWith(' HEAD {{char}}\n\n\nTemplate.')).toBe(true);
    expect(content.endsWith('\n\nStay brief.\n\nTAIL {{x}} \n')).toBe(true);
    expect(rendered.variables).toEqual({ used: [], unknown: [] });
  });

  it('has nothing of a section that is empty, also when a variable emptied it', () => {
    const content = contentOf(configWith({ systemPromptTemplate: ' {{nothing}} ' }), {
      variables: { nothing: '' },
    });
    expect(content).toMatch(/^## Traits\n.*\n\n## Response style\n/);
    expect(content).not.toMatch(/\n{3}|Knowledge|Rules|Identity|Writing|Character|Platform/);
  });

  it('knows the persona’s name as `char`, unless it is given', () => {
    const config = configWith({ systemPromptTemplate: 'I am {{char}}, you are {{user}}; {{mood}}.' });
    const rendered = renderPrompt(config, { variables: { user: 'Bob' } });
    expect(rendered.messages[0].content).toMatch(/^I am Technical Assistant, you are Bob; \{\{mood\}\}\./);
    expect(rendered.variables).toEqual({ used: ['char', 'user'], unknown: ['mood'] });
    expect(contentOf(config, { variables: { char: 'Zoe' } })).toMatch(/^I am Zoe/);
  });

  it('names the domains that are active in it', () => {
    const config = configWith(everything);
    expect(
      [undefined, 'a bug', 'nothing'].map((context) => renderPrompt(config, { context }).activeDomains),
    ).toEqual([['code'], ['code'], []]);
  });

  it('is hashed with the version of the renderer', () => {
    const { hash, messages } = renderPrompt(configWith({}));
    expect(hash).toBe(contentHash({ rendererVersion, messages }));
    expect(messages).toEqual([{ role: 'system', content: expect.any(String) as string }]);
  });

  it('comes with what a caller needs to run the persona, and is silent about it in the text', () => {
    const config = configWith({
      voice: { provider: 'elevenlabs' },
      prompt: { provider: 'anthropic', model: 'claude', allowedTools: [], meaning: 'a note' },
    });
    const { parameters, messages } = renderPrompt(config);
    expect(parameters).toEqual({
      temperature: 0.3,
      maxTokens: 2_000,
      modelPreferences: ['gpt-4-turbo', 'claude-3-opus'],
      interactionMode: 'conversational',
      provider: 'anthropic',
      model: 'claude',
      allowedTools: [],
    });
    expect(messages[0].content).not.toMatch(/anthropic|claude|elevenlabs|a note|0\.3/);
  });
});

describe('rendering', () => {
  const request = fc.record(
    {
      context: fc.string({ unit: 'grapheme' }),
      variables: fc.dictionary(fc.constantFrom('char', 'user', '__proto__'), fc.string({ unit: 'grapheme' })),
      platform: fc.constant(platform),
    },
    { requiredKeys: [] },
  );

  const card = fc.record({
    spec: fc.constantFrom('v1' as const, 'v2' as const, 'v3' as const),
    data: fc.dictionary(
      fc.constantFrom(
        'description',
        'personality',
        'scenario',
        'mes_example',
        'character_book',
        'tags',
        'name',
      ),
      fc.jsonValue(),
    ),
  });
  const anyConfig = fc
    .tuple(someConfig, fc.option(card, { nil: undefined }))
    .map(([config, card]): PersonaConfig => (card ? { ...config, card } : config));

  it('is total and gives the same for equal content, in whatever order its members come', () => {
    fc.assert(
      fc.property(anyConfig, request, (config, asked) => {
        const rendered = renderPrompt(config, asked);
        expect(renderPrompt(reversed(config) as PersonaConfig, asked)).toEqual(rendered);
        const { content } = rendered.messages[0];
        expect(content).toContain('## Response style\n- ');
        expect(rendered.isTooLarge).toBe(false);
      }),
      { seed },
    );
  });

  it('keeps locked parts at both ends of any configuration', () => {
    const locked = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(anyConfig, locked, locked, (config, startLocked, endLocked) => {
        const content = { startLocked, endLocked };
        const { messages } = renderPrompt({ ...config, prompt: { content } as PersonaConfig['prompt'] });
        expect(messages[0].content.startsWith(`${startLocked}\n\n`)).toBe(true);
        expect(messages[0].content.endsWith(`\n\n${endLocked}`)).toBe(true);
      }),
      { seed },
    );
  });

  it('does not change what it is given', () => {
    const config = configWith({
      traits: [...assistant.traits, { ...assistant.traits[0], name: 'b', weight: 9 }],
    });
    const before = structuredClone(config);
    renderPrompt(config, { context: '' });
    expect(config).toEqual(before);
  });

  it('of braces without end comes to an end', () => {
    for (const braces of ['{', '{{', '{{a', '{{ ', '{{a }', '}}']) {
      const text = braces.repeat(65_536 / 8);
      const config = configWith({ systemPromptTemplate: text });
      expect(renderPrompt(config).messages[0].content.startsWith(text.trim())).toBe(true);
    }
  });

  it('says when values make a text larger than a prompt may be', () => {
    const config = configWith({ systemPromptTemplate: '{{a}}'.repeat(10_000) });
    const rendered = renderPrompt(config, { variables: { a: 'x'.repeat(10_000) } });
    expect(rendered.isTooLarge).toBe(true);
    expect(rendered.messages[0].content.length).toBeLessThan(maxPromptLength + 100_000);
    expect(renderPrompt(config, { variables: { a: 'xx' } }).isTooLarge).toBe(false);
  });
});
