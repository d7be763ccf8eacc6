export const safetyRejections = {
  'persona-not-found': { status: 404, title: 'There is no such persona' },
  'persona-archived': {
    status: 409,
    title: 'The persona is archived',
    next: 'POST /personas/:personaId/restore',
  },
  // policies
  'policy-not-drafted': {
    status: 409,
    title: 'No policy has been drafted',
    next: 'PUT /personas/:personaId/policy',
  },
  'policy-not-active': {
    status: 409,
    title: 'No policy is active',
    next: 'POST /personas/:personaId/policy/activate',
  },
  'policy-not-found': { status: 404, title: 'There is no such policy' },
  'policy-version-not-found': { status: 404, title: 'There is no such version of the policy' },
  'policy-invalid': { status: 400, title: 'The policy contradicts itself' },
  'too-many-policy-versions': { status: 422, title: 'The policy has too many versions' },
  'waiver-not-possible': { status: 422, title: 'The waiver is not possible' },
  // decisions
  'decision-not-found': { status: 404, title: 'There is no such decision' },
  'decision-recorded': {
    status: 409,
    title: 'The check has been recorded already',
    next: 'GET /decisions/:checkId',
  },
  // back-tests
  'backtest-not-found': { status: 404, title: 'There is no such back-test' },
  'backtest-recorded': {
    status: 409,
    title: 'The back-test has been recorded already',
    next: 'GET /backtests/:backtestId',
  },
  'backtest-range-empty': { status: 400, title: 'The range ends before it begins' },
  // approvals
  'approval-not-found': { status: 404, title: 'There is no such approval' },
  'approval-exists': {
    status: 409,
    title: 'The approval has been requested already',
    next: 'GET /approvals/:approvalId',
  },
  'approval-decided': { status: 409, title: 'The approval has been decided', next: 'POST /approvals' },
  'approval-overdue': {
    status: 409,
    title: 'The deadline of the approval has passed',
    next: 'POST /approvals',
  },
  'approval-not-yours': { status: 403, title: 'You are not among those who decide on this approval' },
  'approval-own': {
    status: 403,
    title: 'Whoever asked for an approval does not decide on it, whichever key is shown',
  },
  'approval-reason-required': { status: 422, title: 'A reason is required' },
  'approval-kind-reserved': {
    status: 422,
    title: 'Approvals of this kind are not requested by hand',
    next: 'POST /refinements/:refinementId/submit',
  },
  'approval-not-waiting': {
    status: 409,
    title: 'Nothing was asked',
    next: 'POST /approvals/:approvalId/questions',
  },
  'approval-requester-only': {
    status: 403,
    title: 'Only who asked for the approval, an admin or an owner may do this',
  },
  'approval-subject-changed': {
    status: 409,
    title: 'What is to be decided on has changed',
    next: 'GET /approvals/:approvalId',
  },
  'approval-thread-full': { status: 422, title: 'Too much has been said about the approval' },
  'approvers-too-few': { status: 422, title: 'So many can never agree' },
  'delegation-not-possible': { status: 422, title: 'The delegation is not possible' },
  'approver-unknown': { status: 422, title: 'There is no such approver, or none who may vote' },
  'grant-not-issued': {
    status: 409,
    title: 'The approval has not been granted',
    next: 'POST /approvals/:approvalId/votes',
  },
  'grant-consumed': { status: 409, title: 'The grant was used already', next: 'POST /approvals' },
  'grant-lapsed': { status: 409, title: 'The grant has lapsed', next: 'POST /approvals' },
  'action-differs': { status: 422, title: 'The grant is for another action' },
} as const;
