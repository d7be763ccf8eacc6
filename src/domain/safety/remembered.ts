/**
 * A pure function that keeps its last answers, so that what is asked again and again — a compiled pattern, a hash — is
 * made once. At most `max` are kept; the one that was made first goes first.
 */
export function remembered<T>(max: number, make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    if (made.size >= max) made.delete(made.keys().next().value!);
    made.set(key, value);
    return value;
  };
}
