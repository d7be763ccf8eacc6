import { defineModule } from '../../kernel.js';
import { refinement } from './refinement.js';
import { applyingCommands } from './refinement-applying.js';
import { decidingCommands } from './refinement-deciding.js';
import { proposingCommands } from './refinement-proposing.js';
import { resolvingCommands } from './refinement-resolving.js';
import { refinementReactor } from './refinement.reactor.js';

/** A refinement with all of its commands, and what follows from its events. */
export const refinementModule = defineModule(
  refinement,
  { ...proposingCommands, ...resolvingCommands, ...decidingCommands, ...applyingCommands },
  [refinementReactor],
);
