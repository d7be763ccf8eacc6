/** Personas with policies: the read models of both areas over one pipeline. */
import { personas, refinements } from '../../src/projections/personas/facts.js';
import { safetyReadModule } from '../../src/projections/safety/module.js';
import { areaWorld, type AreaWorld } from './area-world.js';
import { registration } from './persona-examples.js';

export const safetyWorld = (): Promise<AreaWorld> =>
  areaWorld({ ...safetyReadModule, projections: [personas, refinements, ...safetyReadModule.projections] });

/** Somebody who sees only what is shared with everybody. */
export const bob = { id: 'bob', roles: ['viewer' as const] };
/** An application. */
export const app = { id: 'app', roles: ['service' as const] };

/** Registers a persona and gives its id. */
export async function registered(world: AreaWorld, slug: string, isPublic = true): Promise<string> {
  return (await world.send('registerPersona', { ...registration, slug, isPublic })).id;
}

/** Drafts a policy and puts it into force: a persona's, or — without one — the tenant's floor. */
export async function enforced(
  world: AreaWorld,
  personaId: string | undefined,
  input: object,
  activation: object = {},
): Promise<void> {
  const whose = personaId === undefined ? {} : { personaId };
  const [draft, activate] =
    personaId === undefined
      ? ['draftTenantPolicy', 'activateTenantPolicy']
      : ['draftPolicy', 'activatePolicy'];
  await world.send(draft, { ...whose, ...input });
  await world.send(activate, { ...whose, ...activation });
}

/** What a check answers, as far as specs look into it. */
export interface Checked {
  checkId: string;
  decision: string;
  decisionHash: string;
  position: number;
  approvalId?: string;
  masked?: unknown;
}
/** Asks whether a persona may do something. */
export async function checked(
  world: AreaWorld,
  personaId: string,
  action: string,
  more: object = {},
  as: object = app,
): Promise<Checked> {
  const { reply, position } = await world.send('checkAction', { personaId, action, ...more }, as);
  return { ...(reply as Checked), position };
}
