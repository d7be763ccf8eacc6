import type { Principal } from '../commands/receipt.js';

/** What an access leaves in the log of accesses. */
export interface AuditEntry {
  principal: Principal;
  operationId: string;
  /** `opened`: personal values were shown in the clear. */
  outcome: 'read' | 'opened' | 'denied';
  /** For a denial: the permission that was missing, or that was not enough. */
  permission?: string;
}

/** Notes an access. It answers at once and never throws: no request waits for it or fails by it. */
export type Audit = (entry: AuditEntry) => void;
