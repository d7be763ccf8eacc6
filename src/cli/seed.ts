import type { Command } from 'commander';
import { builtInPersonas } from '../domain/personas/built-in-personas.js';
import { sendBatch, type BatchAnswer, type BatchItem } from './batch.js';
import type { Client } from './client.js';
import { withServer } from './connect.js';
import { withClient, type ClientOptions } from './options.js';
import { fail, printResult } from './output.js';

interface Seeded {
  personas: { slug: string; made: boolean }[];
  members: { memberId: string; roles: string[]; key: string | null }[];
}

/** People to try rules of more than one person with: one who proposes, two who decide, and an application. */
const demoMembers = [
  { memberId: 'dana', displayName: 'Dana', roles: ['editor', 'approver'] },
  { memberId: 'ravi', displayName: 'Ravi', roles: ['admin', 'approver'] },
  { memberId: 'mira', displayName: 'Mira', roles: ['approver'] },
  { memberId: 'helpdesk', displayName: 'Help desk', roles: ['service'] },
];

/** `dramatis seed`: Abi, Abbey and Aviva, published and in production; `--demo` adds members with keys. */
export function seedCommand(program: Command): void {
  withClient(program.command('seed').description('make the personas Abi, Abbey and Aviva'))
    .option('--demo', 'also add three people and an application, and print their API keys')
    .action(async ({ url, key, json, demo }: ClientOptions & { demo?: boolean }) => {
      await withServer({ url, key }, async (client) => {
        const seeded: Seeded = { personas: [], members: [] };
        for (const persona of builtInPersonas) seeded.personas.push(await seedPersona(client, persona));
        for (const member of demo ? demoMembers : []) seeded.members.push(await seedMember(client, member));
        printResult(json, seeded, lines(seeded));
      });
    });
}

function lines({ personas, members }: Seeded): string[] {
  return [
    ...personas.map(({ slug, made }) => `persona ${slug}  ${made ? 'made' : 'there already'}`),
    ...members.map(({ memberId, roles, key }) => {
      const shown = key ? `${key}   (shown once)` : 'there already';
      return `member ${memberId} (${roles.join(', ')})  ${shown}`;
    }),
  ];
}

/** Only what this run registered is published: a persona that is there already belongs to its editors. */
async function seedPersona(
  client: Client,
  persona: Record<string, unknown>,
): Promise<{ slug: string; made: boolean }> {
  const slug = String(persona['slug']);
  const input = { ...persona, isPublic: true };
  const made = await run(client, { type: 'registerPersona', input }, 'slug-taken');
  if (!made) return { slug, made: false };
  const personaId = slug;
  await run(client, { type: 'publishPersonaVersion', input: { personaId } });
  const production = { personaId, channel: 'production', versionNo: 1, reason: 'built-in persona' };
  await run(client, { type: 'movePersonaChannel', input: production });
  await run(client, { type: 'activatePersona', input: { personaId } });
  return { slug, made: true };
}

async function seedMember(
  client: Client,
  member: (typeof demoMembers)[number],
): Promise<Seeded['members'][number]> {
  const { memberId, roles } = member;
  if (!(await run(client, { type: 'addMember', input: member }, 'member-exists'))) {
    return { memberId, roles, key: null };
  }
  const issued = await run(client, { type: 'issueApiKey', input: { memberId, label: 'demo' } });
  return { memberId, roles, key: (issued as { reply: { key: string } }).reply.key };
}

/** Runs one command; null when it was refused with the code that means "done before". */
async function run(client: Client, item: BatchItem, doneBefore?: string): Promise<BatchAnswer | null> {
  const [answer] = await sendBatch(client, [item]);
  if (!answer?.problem) return answer ?? null;
  if (answer.code === doneBefore) return null;
  return fail('failed', `${item.type}: ${answer.problem}`);
}
