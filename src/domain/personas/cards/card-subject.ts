import { isObject } from '../../json-pointer.js';

/**
 * The steps from a card's fields to a `subjectId` in an identity or a writing inside the extension that Dramatis
 * puts there, or undefined. What is about a real person is sealed for that person, and a card is kept in the clear.
 */
export function subjectIn(fields: Record<string, unknown>): string[] | undefined {
  const within = (value: unknown, path: string[]): string[] | undefined => {
    if (typeof value !== 'object' || value === null) return undefined;
    for (const [name, member] of Object.entries(value)) {
      const here = [...path, name];
      const isFacet = name === 'identity' || name === 'writing';
      if (isFacet && isObject(member) && Object.hasOwn(member, 'subjectId')) return [...here, 'subjectId'];
      const found = within(member, here);
      if (found) return found;
    }
    return undefined;
  };
  const { extensions } = fields;
  const extension =
    isObject(extensions) && Object.hasOwn(extensions, 'dramatis') ? extensions['dramatis'] : {};
  return within(extension, ['extensions', 'dramatis']);
}
