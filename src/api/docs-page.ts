/** `GET /docs`: the OpenAPI document in a browser. Every byte comes from this server. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { refuse } from '../commands/rejections.js';
import { prefers } from './accept.js';
import { send, sendJson } from './answer.js';
import type { Route } from './exchange.js';

const html = 'text/html; charset=utf-8';
const script = 'text/javascript; charset=utf-8';

/** The files of swagger-ui-dist that the page needs; nothing else in its folder is served. */
const assets: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': script,
  'favicon-32x32.png': 'image/png',
};

/** Scripts of this server only. Swagger UI sets style attributes and shows icons as data: URLs. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dramatis API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** The validator badge is off: it would ask a foreign server. */
const start = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis],
});
`;

/** The documentation, the OpenAPI document and the way to both from `/`. */
export function docsRoutes({ openApi, version }: { openApi: object; version: string }): Route[] {
  const openApiText = JSON.stringify(openApi);
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const index = JSON.stringify({
    name: 'dramatis',
    version,
    docs: '/docs',
    openapi: '/openapi.json',
    api: '/api/v1',
  });
  const cached = { 'Cache-Control': 'public, max-age=300' };
  return [
    {
      operationId: 'index',
      http: 'GET /',
      run: ({ req, res }) => {
        if (prefers(req, 'text/html')) return send(res, 302, { Location: '/docs', Vary: 'Accept' });
        sendJson(res, 200, index, { Vary: 'Accept' });
      },
    },
    {
      operationId: 'openapi',
      http: 'GET /openapi.json',
      run: ({ res }) => sendJson(res, 200, openApiText, { 'Cache-Control': 'no-cache' }),
    },
    {
      operationId: 'docs',
      http: 'GET /docs',
      run: ({ res }) =>
        send(
          res,
          200,
          { 'Content-Type': html, 'Content-Security-Policy': contentSecurityPolicy, ...cached },
          page,
        ),
    },
    {
      operationId: 'docs',
      http: 'GET /docs/:file',
      run: async ({ req, res }) => {
        const file = String(req.params['file']);
        if (file === 'start.js') return send(res, 200, { 'Content-Type': script, ...cached }, start);
        const type = Object.hasOwn(assets, file) ? assets[file] : undefined;
        if (type === undefined) return refuse('not-found', 'there is no such file');
        send(res, 200, { 'Content-Type': type, ...cached }, await readFile(join(folder, file)));
      },
    },
  ];
}
