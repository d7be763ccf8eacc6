import { describe, expect, it } from 'vitest';
import { personaConfig, type PersonaConfig } from '../../../../src/domain/personas/persona-config.js';
import {
  domainsFor,
  instruction,
  knowledgeSection,
  paragraphs,
  rulesSection,
  section,
  styleSection,
  traitsSection,
} from '../../../../src/domain/personas/prompts/prompt-sections.js';
import { occursIn } from '../../../../src/domain/personas/prompts/prompt-words.js';
import { assistant } from '../../../support/persona-examples.js';

const configWith = (members: Record<string, unknown>): PersonaConfig =>
  personaConfig.parse({ ...assistant, ...members });
const trait = (name: string, value: unknown, more: object = {}) => ({
  name,
  category: 'cognitive',
  value,
  ...more,
});

describe('a section', () => {
  it('has a heading, but not without a body', () => {
    expect([section('Traits', '- a'), section('Traits', '')]).toEqual(['## Traits\n- a', '']);
  });

  it('is parted from the next by one blank line', () => {
    expect(paragraphs(['\n a\n', undefined, '', ' \n', 'b'])).toBe('a\n\nb');
  });
});

describe('the instruction', () => {
  it('is the template, then what is editable of the prompt', () => {
    const config = configWith({
      systemPromptTemplate: ' Template.\n',
      prompt: { content: { editableContent: 'Editable.' } },
    });
    expect(instruction(config, false)).toBe('Template.\n\nEditable.');
    expect(instruction(configWith({ systemPromptTemplate: 'Template.' }), false)).toBe('Template.');
  });

  it('is name and description where nothing was written, the name alone where a section describes', () => {
    const name = 'You are Technical Assistant.';
    expect(instruction(configWith({}), false)).toBe(`${name}\n\nExpert technical assistant for developers`);
    expect(instruction(configWith({}), true)).toBe(name);
  });
});

describe('traits', () => {
  it('come by weight, the heaviest first, in the order of the list where weights are equal', () => {
    const traits = [
      trait('a', 1),
      trait('b', 2, { weight: 5 }),
      trait('c', 3),
      trait('d', 4, { weight: 0.5 }),
    ];
    expect(traitsSection(configWith({ traits }))).toBe(
      '## Traits\n- b: 2/100\n- a: 1/100\n- c: 3/100\n- d: 4/100',
    );
  });

  it('show numbers on their scale, booleans as yes and no, texts as they are, and what describes them', () => {
    const traits = [
      trait('empathy', 72.5, { description: 'feels with people' }),
      trait('policy', true),
      trait('disclaimers', false),
      trait('level', ' moderate\nat most '),
    ];
    expect(traitsSection(configWith({ traits }))).toBe(
      [
        '## Traits',
        '- empathy: 72.5/100 — feels with people',
        '- policy: yes',
        '- disclaimers: no',
        '- level: moderate',
        '  at most',
      ].join('\n'),
    );
  });
});

describe('the personality of a card', () => {
  it('is no trait beside the section that tells it', () => {
    const traits = [trait('character', 'calm'), trait('patience', 80)];
    const card = { spec: 'v2', data: { personality: 'calm' } };
    expect(traitsSection(configWith({ traits, card }))).toBe('## Traits\n- patience: 80/100');
    expect(traitsSection(configWith({ traits: traits.slice(0, 1), card }))).toBe('');
    expect(traitsSection(configWith({ traits }))).toContain('- character: calm');
  });
});

describe('the response style', () => {
  it('names every setting; formatting preferences by name', () => {
    const formattingPreferences = { tables: false, headings: { depth: 2 } };
    const config = configWith({ responseStyle: { ...assistant.responseStyle, formattingPreferences } });
    expect(styleSection(config)).toBe(
      [
        '## Response style',
        '- Style: technical',
        '- Tone: professional',
        '- Formality: 8/10',
        '- Verbosity: 6/10',
        '- Use examples: yes',
        '- Use analogies: no',
        '- Use emoji: no',
        '- Formatting:',
        '  - headings:',
        '    - depth: 2',
        '  - tables: no',
      ].join('\n'),
    );
  });
});

describe('knowledge', () => {
  const knowledgeDomains = [
    { name: 'code', expertiseLevel: 9, topics: ['types', 'tests'], contextKeywords: ['stack trace', 'bug'] },
    { name: 'tea', expertiseLevel: 3, topics: ['green'], relatedTools: ['kettle', 'cup'] },
    { name: 'law', expertiseLevel: 5, topics: ['contracts'], contextKeywords: ['sue'], priority: 9 },
  ];
  const config = configWith({ knowledgeDomains });
  const names = (context?: string) =>
    domainsFor(config, context === undefined ? undefined : occursIn(context)).map(({ name }) => name);

  it('comes by priority, in the order of the list where priorities are equal', () => {
    expect(names()).toEqual(['law', 'code', 'tea']);
  });

  it('is what the conversation is about: domains with keywords need one of them', () => {
    expect(names('a Stack  Trace')).toEqual(['code', 'tea']);
    expect(names('bugs and issues')).toEqual(['tea']);
    expect(names('')).toEqual(['tea']);
  });

  it('has one item per domain, and no section without any', () => {
    expect(knowledgeSection(domainsFor(config, undefined))).toBe(
      [
        '## Knowledge',
        '- law (expertise 5/10): contracts',
        '- code (expertise 9/10): types, tests',
        '- tea (expertise 3/10): green',
        '  Tools: kettle, cup',
      ].join('\n'),
    );
    expect(knowledgeSection([])).toBe('');
  });
});

describe('rules', () => {
  const conflict = 'Where rules conflict, the one further up wins.';

  it('come by priority, in the order of the list where priorities are equal', () => {
    const behaviorRules = [3, 9, 3, 10].map((priority, index) => ({
      condition: `c${index}`,
      action: 'x',
      priority,
    }));
    const text = rulesSection(configWith({ behaviorRules }));
    expect([...text.matchAll(/c\d/g)].map(String)).toEqual(['c3', 'c1', 'c0', 'c2']);
    expect(text.split('\n')[1]).toBe(conflict);
  });

  it('say which are mandatory, and what they except', () => {
    const behaviorRules = [
      { condition: 'asked for code', action: 'give code', exceptions: ['in public', ' at night '] },
      { condition: 'in danger', action: 'call help', priority: 10, isMandatory: true },
    ];
    expect(rulesSection(configWith({ behaviorRules }))).toBe(
      [
        '## Rules',
        `${conflict} A rule marked [mandatory] holds without any exception but those it names.`,
        '- [mandatory] When: in danger',
        '  Then: call help',
        '- When: asked for code',
        '  Then: give code',
        '  Except: in public',
        '  Except: at night',
      ].join('\n'),
    );
    expect(rulesSection(configWith({}))).toBe('');
  });
});
