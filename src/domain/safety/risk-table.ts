/**
 * The risk table of the seed policies: 0.1 for what says nothing, 0.5 for what writes or sends, 0.8 for what destroys,
 * administers or moves money. Names of actions are taken apart as people write them (`tool:email.send`,
 * `tool:send_email`, `skill:refund`), so that a word inside another one — `dropbox`, `postgres`, `skill`, `display` —
 * makes nothing risky.
 */
import type { RiskTable } from './policy-document.js';

type Row = RiskTable['actions'][number];

/** Words that mean it wherever they stand. */
const anywhere = (word: string): string[] => [`*${word}*`];
/** Words that a name begins with: `email.sendAll`, `send_email`. */
const leading = (word: string): string[] => [`*.${word}*`, `*:${word}*`];
/** Words that others begin with — `postgres`, `dropbox`, `address` — stand alone, or before `_`. */
const alone = (word: string): string[] => [`*.${word}`, `*.${word}_*`, `*:${word}`, `*:${word}_*`];
/** Words that a name ends with: `email_send`. */
const trailing = (word: string): string[] => [`*_${word}`];

const rows = (category: string, score: number, patterns: string[]): Row[] =>
  patterns.map((pattern) => ({ category, pattern, score }));
const words = (spelled: (word: string) => string[], list: string): string[] =>
  list.split(' ').flatMap(spelled);

/** Scores in steps of 0.01; the seed policies begin with it, and a policy may bring another. */
export const defaultRiskTable: RiskTable = {
  base: 0.1,
  actions: [
    ...rows('destructive', 0.8, [
      ...words(anywhere, 'delete destroy purge truncate uninstall overwrite'),
      ...words(leading, 'erase wipe kill terminate shutdown shell execute'),
      ...words(alone, 'drop exec'),
    ]),
    ...rows('financial', 0.8, [
      ...words(anywhere, 'payment transfer refund withdraw payout payroll purchase'),
      ...words(leading, 'charge debit wire_'),
      ...words(alone, 'pay buy sell'),
    ]),
    ...rows('admin', 0.8, [
      'admin.*',
      'admin:*',
      ...words(anywhere, 'permission password credential api_key assign_role set_role'),
      ...words(leading, 'admin grant revoke deploy sudo'),
    ]),
    ...rows('write', 0.5, [
      ...words(leading, 'create update insert upsert modify remove rename upload append cancel commit merge'),
      ...words(leading, 'save patch push move'),
      ...words(alone, 'write edit set add put'),
      ...words(trailing, 'create update write'),
    ]),
    ...rows('send', 0.5, [
      ...words(leading, 'send publish forward notify tweet reply share submit'),
      ...words(alone, 'post call'),
      ...words(trailing, 'send post'),
    ]),
  ],
  factors: { affectsExternal: 0.2, irreversible: 0.3, involvesPii: 0.15 },
  levels: { medium: 0.4, high: 0.7, critical: 0.9 },
};
