import { defineModule } from '../kernel.js';
import { approval } from './approval.js';
import { discussingCommands } from './approval-discussing.js';
import { grantCommands } from './approval-grants.js';
import { requestingCommands } from './approval-requesting.js';
import { timerCommands } from './approval-timers.js';
import { votingCommands } from './approval-voting.js';
import { approvalReactor } from './approval.reactor.js';

/** Approvals with all of their commands, and what follows from them. */
export const approvalModule = defineModule(
  approval,
  { ...requestingCommands, ...votingCommands, ...discussingCommands, ...grantCommands, ...timerCommands },
  [approvalReactor],
);
