/** A record's own member, or undefined: `toString` and the like, which every object has, are no members. */
export const ownMember = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
