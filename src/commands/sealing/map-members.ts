/**
 * A copy of an array or object with every member replaced by what `change` answers for it; the value itself
 * when nothing changed, and any other value as it is.
 */
export function mapMembers(value: unknown, change: (member: unknown, name: string) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  let changed = false;
  const changing = (member: unknown, name: string): unknown => {
    const now = change(member, name);
    if (now !== member) changed = true;
    return now;
  };
  if (Array.isArray(value)) {
    const items = value.map((item, index) => changing(item, String(index)));
    return changed ? items : value;
  }
  const members = Object.entries(value).map(([name, member]) => [name, changing(member, name)]);
  return changed ? Object.fromEntries(members) : value;
}
