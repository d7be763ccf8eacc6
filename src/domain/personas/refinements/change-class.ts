/** What kind of change a refinement is, by the members of a configuration that it touches. */
import { z } from 'zod';
import { same } from '../../content-hash.js';
import { isObject } from '../../json-pointer.js';
import type { PersonaConfig } from '../persona-config.js';

/** The classes that a change can be declared to be of. */
export const singleClass = z.enum([
  'general',
  'identity',
  'style',
  'rules',
  'knowledge',
  'memory',
  'voice',
  'prompt',
  'tools',
  'model',
]);
export type SingleClass = z.output<typeof singleClass>;
/** `mixed` is what touches several. */
export const changeClass = z.enum([...singleClass.options, 'mixed']);
export type ChangeClass = z.output<typeof changeClass>;

const classOfMember: Record<keyof PersonaConfig, SingleClass> = {
  name: 'identity',
  description: 'identity',
  avatarUrl: 'identity',
  identity: 'identity',
  traits: 'style',
  responseStyle: 'style',
  interactionMode: 'style',
  writing: 'style',
  behaviorRules: 'rules',
  knowledgeDomains: 'knowledge',
  memory: 'memory',
  voice: 'voice',
  systemPromptTemplate: 'prompt',
  prompt: 'prompt',
  temperature: 'model',
  maxTokens: 'model',
  modelPreferences: 'model',
  tags: 'general',
  card: 'general',
  metadata: 'general',
};
/** Members of the prompt parts that say what the persona may use. */
const toolMembers: ReadonlySet<string> = new Set(['allowedTools', 'allowedSkills']);

/** A place that a change touches, with its class. */
export interface Touched {
  path: string[];
  class: SingleClass;
}

/** The members that differ between two configurations, or parts of such, each with its class. */
export function touchedBetween(before: Partial<PersonaConfig>, after: Partial<PersonaConfig>): Touched[] {
  const members = Object.keys(classOfMember) as (keyof PersonaConfig)[];
  const differing = members.filter((name) => !same(before[name], after[name]));
  return differing.flatMap((name): Touched[] =>
    name === 'prompt'
      ? touchedParts(before.prompt, after.prompt)
      : [{ path: [name], class: classOfMember[name] }],
  );
}

function touchedParts(before: unknown, after: unknown): Touched[] {
  const [former, now] = [before, after].map((parts) => (isObject(parts) ? parts : {}));
  const names = new Set([...Object.keys(former!), ...Object.keys(now!)]);
  return [...names]
    .filter((name) => !same(former![name], now![name]))
    .map((name) => ({ path: ['prompt', name], class: toolMembers.has(name) ? 'tools' : 'prompt' }));
}

/** The classes of what is touched, each once. */
export const classesOf = (touched: readonly Touched[]): SingleClass[] => [
  ...new Set(touched.map((one) => one.class)),
];

/** The one class of a change, or `mixed`. */
export function classOf(touched: readonly Touched[]): ChangeClass {
  const [first = 'general', ...others] = classesOf(touched);
  return others.length === 0 ? first : 'mixed';
}
