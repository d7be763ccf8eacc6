import type { z } from 'zod';
import { decisionEvents } from '../../domain/safety/events.js';
import type { ProjectedEvent } from '../engine/declaration.js';
import { rowProjection } from '../engine/declaration.js';

type Checked = z.output<typeof decisionEvents.ActionChecked>;

type Texts = 'args' | 'content' | 'masked' | 'maskedArgs';

/** A decision without the texts that it was about. */
export type DecisionRow = Omit<Checked, Texts> & {
  actor: { kind: string; id: string };
  at: string;
  /** Names of the rules that matched, each once, and the modes in which they did. */
  rules: string[];
  modes: string[];
  /** Action, rules and ids in the form in which they are searched. */
  search: string;
};
/** The texts of an action, sealed: few readers see them, and no list does. */
export type DecisionTexts = Pick<Checked, Texts> & Record<string, unknown>;

/** How rows, and what they are searched for, are spelled: case does not count. */
export const searchable = (text: string): string => text.toLowerCase();

const once = (names: string[]): string[] => [...new Set(names)];

function rowOf(checked: Checked, { meta }: ProjectedEvent): DecisionRow {
  const { args: _, content: __, masked: ___, maskedArgs: ____, ...rest } = checked;
  const rules = once(rest.matchedRules.map(({ rule }) => rule));
  const { checkId, personaId, action, subjectId, conversationId, approvalId } = rest;
  const words = [action, ...rules, checkId, personaId, subjectId, conversationId, approvalId, meta.actor.id];
  return {
    ...rest,
    actor: { kind: meta.actor.kind, id: meta.actor.id },
    at: meta.recordedAt,
    rules,
    modes: once(rest.matchedRules.map(({ mode }) => mode)),
    search: searchable(words.filter((word) => word !== undefined).join('\n')),
  };
}

/** Every decision there ever was; it never changes. */
export const decisions = rowProjection<DecisionRow>()(decisionEvents, {
  name: 'decisions',
  version: 1,
  key: ({ meta }) => meta.streamId,
  asOf: 'immutable',
  indexes: [
    "row->>'at'",
    "row->>'personaId'",
    "row->>'action'",
    "row->>'subjectId'",
    "row->>'conversationId'",
  ],
  on: { ActionChecked: (_, checked, event) => rowOf(checked, event) },
});

/** The texts that decisions were about, for those that were about any. */
export const decisionTexts = rowProjection<DecisionTexts>()(decisionEvents, {
  name: 'decision_texts',
  version: 1,
  key: ({ meta }) => meta.streamId,
  asOf: 'immutable',
  on: {
    ActionChecked: (_, { args, content, masked, maskedArgs }) => {
      const texts = Object.entries({ args, content, masked, maskedArgs }).filter(
        ([, text]) => text !== undefined,
      );
      return texts.length > 0 ? Object.fromEntries(texts) : null;
    },
  },
});
