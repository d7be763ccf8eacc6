/** Addresses as the declarations write them: `POST /things/:thingId/verb`. */

export const basePath = '/api/v1';

export interface Address {
  method: string;
  /** Below the base path. */
  path: string;
  segments: string[];
  /** Names of the `:parameters`, in order. */
  parameters: string[];
}

export function addressOf(http: string): Address {
  const [method, path] = http.split(' ') as [string, string];
  const segments = path.split('/').filter(Boolean);
  const parameters = segments.filter((segment) => segment.startsWith(':')).map((segment) => segment.slice(1));
  return { method, path, segments, parameters };
}

/** Orders addresses so that a fixed segment is tried before a parameter in the same place. */
export function bySpecificity(a: { http: string }, b: { http: string }): number {
  const [left, right] = [addressOf(a.http).segments, addressOf(b.http).segments];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = Number(left[index]!.startsWith(':')) - Number(right[index]!.startsWith(':'));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
