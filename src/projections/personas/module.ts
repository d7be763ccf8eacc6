import type { ReadModule } from '../engine/declaration.js';
import { diffPersona } from './persona-diff.js';
import { listPersonas } from './persona-list.js';
import { getPersonaTimeline, personaTimeline } from './persona-timeline.js';
import { getPersonaVersion, listPersonaVersions, personaVersions } from './persona-versions.js';
import { getPersona } from './persona-view.js';
import { personas } from './personas.js';

/** What can be asked about personas. */
export const personaReadModule: ReadModule = {
  projections: [personas, personaVersions, personaTimeline],
  queries: {
    listPersonas,
    getPersona,
    listPersonaVersions,
    getPersonaVersion,
    diffPersona,
    getPersonaTimeline,
  },
};
