import type { ReadModule } from '../engine/declaration.js';
import { getPersonaLineage } from './lineage.js';
import { exportPersona } from './persona-card.js';
import { diffPersona } from './persona-diff.js';
import { listPersonas } from './persona-list.js';
import { renderPersonaPrompt } from './persona-prompt.js';
import { getPersonaTimeline, personaTimeline } from './persona-timeline.js';
import { getPersonaVersion, listPersonaVersions, personaVersions } from './persona-versions.js';
import { getPersona } from './persona-view.js';
import { personas } from './personas.js';
import { listRefinements } from './refinement-list.js';
import { getRefinement } from './refinement-view.js';
import { refinements } from './refinements.js';
import { listTemplatePersonas } from './template-personas.js';
import { getTemplate, listTemplates } from './template-view.js';
import { templates } from './templates.js';

/** What can be asked about personas, their refinements and their templates. */
export const personaReadModule: ReadModule = {
  projections: [personas, personaVersions, personaTimeline, templates, refinements],
  queries: {
    listPersonas,
    getPersona,
    listPersonaVersions,
    getPersonaVersion,
    diffPersona,
    getPersonaTimeline,
    renderPersonaPrompt,
    exportPersona,
    getPersonaLineage,
    listRefinements,
    getRefinement,
    listTemplates,
    getTemplate,
    listTemplatePersonas,
  },
};
