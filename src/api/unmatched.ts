import type { RequestHandler } from 'express';
import { refuse } from '../commands/rejections.js';
import { send } from './answer.js';
import type { Route } from './exchange.js';

/**
 * What no route has taken: 405 with `Allow` where the address is known with other methods, 204 with `Allow` for
 * OPTIONS, else 404.
 */
export function unmatched(routes: readonly Route[]): RequestHandler {
  const known = routes.map(({ http }) => {
    const [method, path] = http.split(' ') as [string, string];
    return { method, segments: path.split('/') };
  });
  return (req, res) => {
    const segments = req.path.split('/');
    const fits = (pattern: string[]): boolean =>
      pattern.length === segments.length &&
      pattern.every((part, index) =>
        part.startsWith(':') ? segments[index] !== '' : part === segments[index],
      );
    const methods = new Set(known.filter((route) => fits(route.segments)).map(({ method }) => method));
    if (methods.size === 0) return refuse('not-found', 'there is no such address');
    if (methods.has('GET')) methods.add('HEAD');
    res.setHeader('Allow', [...methods, 'OPTIONS'].join(', '));
    if (req.method === 'OPTIONS') return send(res, 204, {});
    return refuse('method-not-allowed', `${req.method} is not possible here`);
  };
}
