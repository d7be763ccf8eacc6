import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backtestReadModule } from '../../../src/projections/safety/backtests.js';
import { personas } from '../../../src/projections/personas/facts.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { personaNamed } from '../../support/personas.js';

let world: AreaWorld;
let ofPersona: string;
let ofFloor: string;

const candidate = { blockedActions: ['tool:shell.*'] };
const editor = { roles: ['editor' as const], id: 'bob' };
const auditor = { roles: ['auditor' as const], id: 'eve' };
const check = (persona: string, action: string) => world.send('checkAction', { personaId: persona, action });
const tested = async (operationId: string, input = {}): Promise<any> =>
  (await world.send(operationId, { candidate, ...input })).reply;

beforeAll(async () => {
  world = await areaWorld({
    projections: [personas, ...backtestReadModule.projections],
    queries: backtestReadModule.queries,
  });
  await world.send('registerPersona', { ...personaNamed('shown'), isPublic: true });
  await world.send('registerPersona', { ...personaNamed('hidden'), isPublic: false });
  await world.send('registerPersona', { ...personaNamed('talker'), isPublic: false });
  await check('shown', 'tool:shell.run');
  await check('hidden', 'tool:shell.run');
  await check('shown', 'tool:docs.read');
  ofPersona = (await tested('backtestPolicy', { personaId: 'shown' })).backtestId;
  await tested('backtestPolicy', { personaId: 'hidden' });
  ofFloor = (await tested('backtestTenantPolicy')).backtestId;
  await world.send('backtestTenantPolicy', { candidate }, { tenantId: 'other' });
});
afterAll(() => world.stop());

describe('a back-test of what was recorded', () => {
  it('takes the decisions of the persona, or of all', async () => {
    expect(await tested('backtestPolicy', { personaId: 'shown' })).toMatchObject({
      decisions: 2,
      divergent: 1,
    });
    expect(await tested('backtestTenantPolicy')).toMatchObject({ decisions: 3, divergent: 2 });
  });

  it('of a range comes to the same digest each time', async () => {
    const { digest, toPosition } = await tested('backtestTenantPolicy');
    expect((await tested('backtestTenantPolicy', { to: String(toPosition) })).digest).toBe(digest);
    expect((await tested('backtestTenantPolicy', { from: String(toPosition) })).digest).not.toBe(digest);
  });

  it('of the policy in force finds nothing that differs', async () => {
    await world.send('draftPolicy', { personaId: 'shown', seed: 'strict' });
    const { position } = await world.send('activatePolicy', { personaId: 'shown' });
    await check('shown', 'tool:docs.read');
    await world.send('checkAction', {
      personaId: 'shown',
      action: 'tool:email.send',
      subjectId: 'kim',
      args: { to: 'kim@example.org' },
      content: { direction: 'output', text: 'my number is 4111 1111 1111 1111' },
    });
    const input = { personaId: 'shown', candidate: { seed: 'strict' }, from: String(position) };
    expect(await tested('backtestPolicy', input)).toMatchObject({
      decisions: 2,
      divergent: 0,
      notReplayableShare: 0,
    });
  });

  it('opens sealed texts where the candidate needs them, and keeps none', async () => {
    const content = { direction: 'output', text: 'my number is 4111 1111 1111 1111' };
    await world.send('checkAction', { personaId: 'talker', action: 'say', content, subjectId: 'kim' });
    const filter = { name: 'number', pattern: 'my number', action: 'block' };
    const found = await tested('backtestPolicy', {
      personaId: 'talker',
      candidate: { outputFilters: [filter] },
    });
    expect(found.firstDivergences).toMatchObject([{ rules: ['outputFilters/number'] }]);
    expect(found.notReplayableShare).toBe(0);
    expect(JSON.stringify(found)).not.toContain('4111');
  });

  it('is refused under an id that there is', async () => {
    expect(await world.refused(tested('backtestPolicy', { personaId: 'shown', backtestId: ofPersona }))).toBe(
      'backtest-recorded',
    );
  });
});

describe('listBacktests', () => {
  const list = async (input = {}, as = {}) => (await world.ask('listBacktests', input, as)).items;

  it('tells the newest first, without what is long', async () => {
    const items = await list({ limit: 500 });
    const when = items.map(({ testedAt }) => testedAt as string);
    expect(when).toEqual([...when].sort().reverse());
    expect(items.at(-1)).toMatchObject({
      backtestId: ofPersona,
      decisions: 2,
      divergent: 1,
      testedBy: 'ada',
    });
    for (const long of ['candidate', 'firstDivergences', 'affectedPersonas', 'affectedSubjects'])
      expect(items[0]).not.toHaveProperty(long);
  });

  it('tells those of a persona', async () => {
    const items = await list({ personaId: 'hidden' });
    expect(items.map(({ decisions }) => decisions)).toEqual([1]);
  });

  it('tells whoever does not see everything those of personas that it sees, and none of the floor', async () => {
    const ids = new Set((await list({}, editor)).map(({ personaId }) => personaId));
    expect(ids.size).toBe(1);
    expect(ids).not.toContain(undefined);
    expect(await world.refused(world.ask('listBacktests', { personaId: 'hidden' }, editor))).toBe(
      'persona-not-found',
    );
    expect(await list({ limit: 500 }, auditor)).toEqual(await list({ limit: 500 }));
  });

  it('goes page by page', async () => {
    const { items, next } = await world.ask('listBacktests', { limit: 2 });
    const rest = await world.ask('listBacktests', { limit: 500, cursor: next });
    expect([...items, ...rest.items]).toEqual(await list({ limit: 500 }));
  });
});

describe('getBacktest', () => {
  const get = (backtestId: string, as = {}) => world.ask('getBacktest', { backtestId }, as);

  it('tells all of it', async () => {
    expect(await get(ofFloor, auditor)).toMatchObject({
      backtestId: ofFloor,
      candidate: { blockedActions: [{ pattern: 'tool:shell.*', mode: 'enforce' }] },
      decisions: 3,
      firstDivergences: [{ action: 'tool:shell.run' }, { action: 'tool:shell.run' }],
      affectedPersonas: { count: 2, isExact: true },
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await get(ofPersona, editor)).toMatchObject({ backtestId: ofPersona });
  });

  it('refuses in the same words what is not there, not for the reader, or another tenant’s', async () => {
    expect(await world.refused(get('01890000-0000-7000-8000-00000000dead'))).toBe('backtest-not-found');
    expect(await world.refused(get(ofFloor, editor))).toBe('backtest-not-found');
    expect(await world.refused(get(ofFloor, { tenantId: 'other' }))).toBe('backtest-not-found');
  });
});
