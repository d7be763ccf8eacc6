import { defineModule } from '../kernel.js';
import { persona } from './persona.js';
import { creationCommands } from './persona-creation.js';
import { draftingCommands } from './persona-drafting.js';
import { lifecycleCommands } from './persona-lifecycle.js';
import { platformCommands } from './persona-platforms.js';
import { refiningCommands } from './persona-refining.js';
import { sharingCommands } from './persona-sharing.js';

/** A persona with all of its commands. */
export const personaModule = defineModule(persona, {
  ...creationCommands,
  ...draftingCommands,
  ...sharingCommands,
  ...platformCommands,
  ...lifecycleCommands,
  ...refiningCommands,
});
