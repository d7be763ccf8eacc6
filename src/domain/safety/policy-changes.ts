import { same } from '../content-hash.js';
import { policyShape, type PolicyDocument } from './policy-document.js';

/** New values of the members that changed, and those that are gone: what a revision is recorded as. */
export interface PolicyChange {
  changed: Partial<PolicyDocument>;
  removed: 'description'[];
}

/** The members that another document has other values for, and those that it lacks. */
export function policyChanges(before: PolicyDocument, after: PolicyDocument): PolicyChange {
  const members = Object.keys(policyShape) as (keyof PolicyDocument)[];
  const differing = members.filter((name) => !same(before[name], after[name]));
  const kept = differing.filter((name) => after[name] !== undefined);
  return {
    changed: Object.fromEntries(kept.map((name) => [name, after[name]])),
    // Nothing else may be absent from a document.
    removed: differing.length > kept.length ? ['description'] : [],
  };
}

/** A document after a change that was recorded: the inverse of `policyChanges`. */
export function changedPolicy(
  before: PolicyDocument,
  { changed, removed }: { changed: Partial<PolicyDocument>; removed: readonly 'description'[] },
): PolicyDocument {
  const after = { ...before, ...changed };
  for (const name of removed) delete after[name];
  return after;
}
