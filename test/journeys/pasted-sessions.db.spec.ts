/** The sessions in the documents, pasted as they stand. `UPDATE_SESSIONS=1` writes what they print now. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corrected, isTrue, pasted } from '../support/pasted-session.js';
import { startTestServer, type TestServer } from '../support/server.js';

/** In the order of the README: somebody who pastes them all does it on one installation. */
const documents = [
  'docs/facets.md',
  'docs/prompt-rendering.md',
  'docs/templates.md',
  'docs/sharing.md',
  'docs/safety-policies.md',
  'docs/approvals.md',
  'docs/refinements.md',
  'docs/feature-flags.md',
  'docs/character-cards.md',
];

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

describe('a pasted session', () => {
  it.each(documents)('%s prints what the document says', { timeout: 180_000 }, async (document) => {
    const steps = await pasted(document, server);
    if (process.env['UPDATE_SESSIONS']) await corrected(document, steps);
    expect(steps.filter(({ said }) => said !== undefined).length).toBeGreaterThan(0);
    expect(process.env['UPDATE_SESSIONS'] ? [] : steps.filter((step) => !isTrue(step))).toEqual([]);
  });
});
