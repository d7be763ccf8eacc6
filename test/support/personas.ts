/** The persona of seed S3's usage example, as a client registers it. */
export const technicalAssistant = {
  name: 'Technical Assistant',
  slug: 'technical-assistant',
  description: 'Expert technical assistant for developers',
  traits: [{ name: 'analytical', category: 'cognitive', value: 90, weight: 2.0 }],
  responseStyle: { type: 'technical', tone: 'professional', formalityLevel: 8, verbosity: 6 },
  temperature: 0.3,
  modelPreferences: ['gpt-4-turbo', 'claude-3-opus'],
};

/** Any number of personas that differ by slug. */
export const personaNamed = (slug: string) => ({ ...technicalAssistant, slug });
