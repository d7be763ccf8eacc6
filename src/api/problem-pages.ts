/** `GET /problems/<code>`: what a problem's type means, for people and for machines. */
import { refuse } from '../commands/rejections.js';
import type { RejectionRow, RejectionTable } from '../domain/kernel.js';
import { prefers } from './accept.js';
import { send, sendJson } from './answer.js';
import { escapeHtml } from './html.js';
import type { Route } from './exchange.js';

/** A refusal, or the one problem that is none. */
type Row = Omit<RejectionRow, 'status'> & { status: number };

const internalError: Record<string, Row> = {
  'internal-error': { status: 500, title: 'Something went wrong on the server' },
};

/** The pages of every refusal there is. */
export function problemRoutes(rejections: RejectionTable): Route[] {
  const all: Record<string, Row> = { ...rejections, ...internalError };
  const rows = Object.entries(all)
    .map(([code, { status, title, retryable = false, next }]) => {
      return { type: `/problems/${code}`, code, status, title, retryable, next };
    })
    .sort((a, b) => (a.code < b.code ? -1 : 1));
  const byCode = new Map(rows.map((row) => [row.code, row]));
  const cached = { 'Cache-Control': 'public, max-age=300', Vary: 'Accept' };
  return [
    {
      operationId: 'listProblems',
      http: 'GET /problems',
      run: ({ res }) => sendJson(res, 200, JSON.stringify({ items: rows, next: null }), cached),
    },
    {
      operationId: 'getProblem',
      http: 'GET /problems/:code',
      run: ({ req, res }) => {
        const row = byCode.get(String(req.params['code']));
        if (!row) return refuse('not-found', 'there is no such problem');
        if (!prefers(req, 'text/html')) return sendJson(res, 200, JSON.stringify(row), cached);
        send(res, 200, { ...cached, 'Content-Type': 'text/html; charset=utf-8' }, page(row));
      },
    },
  ];
}

function page(row: {
  code: string;
  status: number;
  title: string;
  retryable: boolean;
  next?: string;
}): string {
  const title = `${row.code} · Dramatis`;
  const next = row.next === undefined ? '' : `<p>The way out: <code>${escapeHtml(row.next)}</code></p>`;
  const again = row.retryable ? '<p>The same request may succeed later.</p>' : '';
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>` +
    `<body><h1>${escapeHtml(row.code)}</h1><p>${escapeHtml(row.title)}</p><p>HTTP status ${row.status}</p>` +
    `${next}${again}</body></html>`
  );
}
