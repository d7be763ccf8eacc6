/** The sessions in the documents, pasted as they stand. `UPDATE_SESSIONS=1` writes what they print now. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { corrected, isTrue, pasted } from '../support/pasted-session.js';
import { startTestServer, type TestServer } from '../support/server.js';

const documents = [
  'docs/facets.md',
  'docs/sharing.md',
  'docs/templates.md',
  'docs/character-cards.md',
  'docs/prompt-rendering.md',
  'docs/feature-flags.md',
];

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.stop());

describe('a pasted session', () => {
  it.each(documents)('%s prints what the document says', { timeout: 180_000 }, async (document) => {
    const steps = await pasted(document, server);
    if (process.env['UPDATE_SESSIONS']) await corrected(document, steps);
    expect(steps.filter(({ said }) => said !== undefined).length).toBeGreaterThan(0);
    expect(process.env['UPDATE_SESSIONS'] ? [] : steps.filter((step) => !isTrue(step))).toEqual([]);
  });
});
