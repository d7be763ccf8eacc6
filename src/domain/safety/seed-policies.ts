/**
 * The policies that others begin with: complete documents. `general` is also what decides where a tenant has written
 * none. What they look for in texts is written for English; a policy of one's own may bring other words.
 */
import type { ApprovalTerms, Approvers, ContentFilter, PolicyDocument, SeedName } from './policy-document.js';
import { piiKind } from './policy-document.js';
import { defaultRiskTable } from './risk-table.js';

const approvers: Approvers = { roles: ['approver', 'admin', 'owner'], members: [] };
const approval: ApprovalTerms = {
  quorum: 1,
  approvers,
  timeoutSeconds: 600,
  requireReason: true,
  autoApproveAfterTimeout: false,
  notifyChannels: [],
};

const enforced = 'enforce' as const;
/** As much as one clause can hold, so that a question is not seen in two sentences that follow each other. */
const clause = '[^.?!\\n]*';
/** Words that a sentence begins with which asks for something, up to what it asks for. */
const asks =
  "(?i)\\b(?:what(?:[’']s|\\s+(?:is|are|was|were))|tell\\s+me|give\\s+me|send\\s+me|share|provide|state|enter|type\\s+in|" +
  'confirm|(?:may|can|could)\\s+i\\s+(?:have|ask|get|know)|(?:i|we)\\s+(?:need|require)|(?:do|have|are|were)\\s+you)\\b';

type Given = Pick<ContentFilter, 'name' | 'action' | 'pattern'> & Partial<ContentFilter>;
const filter = (given: Given): ContentFilter => ({ priority: 100, mode: enforced, ...given });
const words = (list: string): string => `(?i)\\b(?:${list})\\b`;
const asking = (name: string, action: 'block' | 'warn', what: string, message: string): ContentFilter =>
  filter({ name, action, priority: 300, pattern: `${asks}${clause}\\b(?:${what})\\b`, message });

const general: PolicyDocument = {
  description:
    'For most personas: what destroys, administers or pays needs an approval, personal data is masked',
  allowedActions: [],
  blockedActions: [],
  requireApproval: [],
  inputFilters: [],
  outputFilters: [],
  pii: {
    action: 'mask',
    mode: enforced,
    kinds: [...piiKind.options],
    customPatterns: [],
    // Whom a message goes to is no leak of an address.
    exemptedFields: ['to', 'cc', 'bcc', 'from', 'replyTo', 'reply_to'],
  },
  limits: {
    mode: enforced,
    scope: 'persona',
    maxActionsPerMinute: 60,
    maxTokensPerConversation: 100_000,
    maxToolCallsPerTurn: 10,
    warnAt: 0.8,
  },
  riskTable: defaultRiskTable,
  riskThreshold: 0.7,
  autoEscalationThreshold: 0.9,
  approval,
  hitlTriggers: [],
  escalationPaths: [
    {
      name: 'high-risk',
      to: { kind: 'human', roles: ['admin', 'owner'], members: [] },
      triggers: ['high_risk'],
      timeoutSeconds: 300,
      priority: 100,
      mode: enforced,
    },
  ],
  logAllActions: true,
  logRetentionDays: 90,
};

const health =
  'health|symptoms?|pain|illness|disease|condition|infection|fever|blood\\s+pressure|cancer|diabetes|asthma|' +
  'allerg(?:y|ies)|pregnan(?:t|cy)|therapy|treatment|surgery|vaccin(?:e|es|ation)|doctor|nurse|hospital|patient';
/** What a general audience is warned of, and what is ordinary where health is spoken of. */
const delicate = filter({
  name: 'delicate-topic',
  action: 'warn',
  priority: 100,
  pattern: words(
    'sex(?:ual(?:ly)?)?|genitals?|penis|vagina|breasts?|abortion|miscarriage|opioids?|cocaine|heroin|overdose|' +
      'bleeding|wounds?|corpse|autopsy',
  ),
  message: 'a delicate topic',
});
const healthTopic = filter({
  name: 'health-topic',
  action: 'allow',
  priority: 200,
  pattern: words(health),
  message: 'health may be talked about',
});
const crisis = filter({
  name: 'crisis',
  action: 'warn',
  priority: 400,
  pattern: words(
    'suicid(?:e|al)|kill\\s+(?:myself|yourself)|end\\s+my\\s+life|self[- ]harm|hurt(?:ing)?\\s+myself',
  ),
  message: 'somebody may be in danger: point to emergency services',
});

const medical: PolicyDocument = {
  ...general,
  description:
    'Health may be talked about; diagnoses and prescriptions are warned of, personal data is masked',
  inputFilters: [crisis, healthTopic, delicate],
  outputFilters: [
    crisis,
    filter({
      name: 'diagnosis',
      action: 'warn',
      priority: 300,
      pattern:
        '(?i)\\b(?:you\\s+(?:(?:probably|likely|clearly|definitely|certainly|surely|may|might|must)\\s+)*(?:have|are\\s+suffering\\s+from)' +
        `\\b${clause}\\b(?:syndrome|disease|disorder|infection|cancer|diabetes|asthma|depression|migraine|flu|covid|pneumonia|[a-z]+itis|[a-z]+osis)` +
        '|(?:my|the|your)\\s+diagnosis\\s+is|i\\s+(?:can\\s+)?diagnose)\\b',
      message: 'a diagnosis is for a doctor to make',
    }),
    filter({
      name: 'prescription',
      action: 'warn',
      priority: 300,
      pattern:
        '(?i)\\b(?:take|taking|start|stop|increase|decrease|reduce|double|prescribe|inject)\\b' +
        `${clause}\\b(?:\\d+\\s*(?:mg|mcg|µg|ml|units?|tablets?|pills?|drops)|your\\s+(?:medication|medicine|dose|dosage|insulin|antidepressants?))\\b`,
      message: 'a prescription is for a doctor to write',
    }),
    healthTopic,
    delicate,
  ],
};

const secrets = [
  filter({
    name: 'private-key',
    action: 'mask',
    priority: 300,
    // Also one that is cut off, or whose end is missing. What is in between holds no two dashes: so the next key, or its
    // like, is not looked through again for the end of this one.
    pattern:
      '-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?:(?:[A-Za-z0-9+/=\\s:,\\\\]|-[A-Za-z0-9])*-----END [A-Z0-9 ]*PRIVATE KEY-----|(?:\\s*[A-Za-z0-9+/=]{16,})*)',
  }),
  filter({
    name: 'api-token',
    action: 'mask',
    priority: 300,
    pattern:
      '\\b(?:AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|' +
      'xox[abeprs]-[A-Za-z0-9-]{10,}|sk-[A-Za-z0-9_-]{20,}|[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|AIza[A-Za-z0-9_-]{30,}|npm_[A-Za-z0-9]{30,}|' +
      'eyJ[A-Za-z0-9_-]+\\.eyJ[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+)',
  }),
  filter({
    name: 'assigned-secret',
    action: 'mask',
    priority: 300,
    pattern:
      '(?i)\\b(?:api[_-]?key|secret(?:[_-]?key)?|access[_-]?token|auth[_-]?token|password|passwd)["\']?\\s*[:=]\\s*["\'][^"\'\\s]{8,}["\']',
  }),
];
const destructiveShell = filter({
  name: 'destructive-shell',
  action: 'block',
  priority: 400,
  pattern:
    '(?i)(?:\\brm\\s+(?:-[a-z-]+\\s+)*-(?:[a-z]*r[a-z]*f|[a-z]*f[a-z]*r)[a-z]*\\s+(?:--\\S+\\s+)*["\']?(?:/|~|\\*|\\$|\\.\\.?(?:/|\\s|$))' +
    '|\\brm\\s+-r\\s+-f\\s|\\bmkfs(?:\\.[a-z0-9]+)?\\s+\\S|\\bdd\\s+[^\\n]*\\bof=/dev/|>\\s*/dev/(?:sd|hd|vd|nvme|disk)' +
    '|:\\(\\)\\s*\\{\\s*:\\|:&\\s*\\};:|\\bchmod\\s+(?:-[a-z]+\\s+)*(?:777|a\\+rwx)\\s+/|\\bchown\\s+-R\\s+\\S+\\s+/(?:\\s|$)' +
    '|\\b(?:curl|wget)\\s[^\\n|]*\\|\\s*(?:sudo\\s+)?(?:ba|z|da)?sh\\b|\\bgit\\s+push\\s+[^\\n]*--force\\b' +
    '|\\bdrop\\s+(?:database|schema|table)\\s|\\bformat\\s+[a-z]:|\\bdel\\s+/[a-z]\\s+/[a-z]\\b|\\bremove-item\\s+[^\\n]*-recurse[^\\n]*-force)',
  message: 'a command that destroys',
});

const code: PolicyDocument = {
  ...general,
  description: 'Code may be written; destructive commands are blocked, secrets masked, unsafe code warned of',
  inputFilters: secrets,
  outputFilters: [
    destructiveShell,
    ...secrets,
    filter({
      name: 'security-caveat',
      action: 'warn',
      priority: 300,
      pattern:
        '(?i)(?:\\beval\\s*\\(|\\bexec\\s*\\(|\\bos\\.system\\s*\\(|shell\\s*=\\s*true|\\bverify\\s*=\\s*false|rejectUnauthorized\\s*:\\s*false' +
        '|\\binnerHTML\\s*=|dangerouslySetInnerHTML|\\bpickle\\.loads?\\s*\\(|\\byaml\\.load\\s*\\(|\\b(?:md5|sha1)\\s*\\(|\\bsudo\\s|--no-verify\\b)',
      message: 'say what is unsafe about this code',
    }),
    filter({
      name: 'code',
      action: 'allow',
      priority: 200,
      pattern: '```|(?m)^\\s*(?:import|from|const|let|def|class|func|fn|package|#include|SELECT|CREATE)\\b',
      message: 'code may be written',
    }),
    filter({
      name: 'script-markup',
      action: 'warn',
      priority: 100,
      pattern: '(?i)<(?:script|iframe|object|embed)\\b|\\bjavascript:',
      message: 'markup that runs, and is not shown as code',
    }),
  ],
};

const interviewer: PolicyDocument = {
  ...general,
  description: 'Asks people about themselves, and never for what would identify them or could be misused',
  outputFilters: [
    asking(
      'asks-legal-name',
      'block',
      '(?:legal|full|real|birth|maiden|last|family)\\s+names?|surname',
      'the legal name is not asked for; a name that is volunteered may be used',
    ),
    asking(
      'asks-government-id',
      'block',
      "social\\s+security|ssn|passport|(?:driver[’']?s?|driving)\\s+licen[cs]e|national\\s+(?:id|insurance)|tax\\s+(?:id|number)|" +
        'identity\\s+card|id\\s+(?:card|number)|visa\\s+number|government\\s+id',
      'government ids are not asked for',
    ),
    asking(
      'asks-diagnosis',
      'block',
      'diagnos(?:is|es|ed)|medical\\s+(?:history|records?)|medications?|prescriptions?|mental\\s+illness|hiv',
      'diagnoses are not asked for',
    ),
    asking(
      'asks-account',
      'block',
      'account\\s+numbers?|card\\s+numbers?|iban|sort\\s+code|routing\\s+number|cvv|cvc|pin(?:\\s+code)?|passwords?|passcodes?|' +
        'log-?in|credentials',
      'account numbers and passwords are not asked for',
    ),
    asking(
      'asks-address',
      'warn',
      '(?:home|postal|street|mailing|residential|exact|your)\\s+address|zip\\s*code|post(?:al\\s+)?code|where\\s+(?:exactly\\s+)?do\\s+you\\s+live',
      'addresses are asked for only where they matter',
    ),
  ],
};

/** Names of actions that only look at something. */
const readsOnly = ['read', 'get', 'list', 'search', 'find', 'query', 'lookup', 'view', 'count', 'describe']
  .flatMap((verb) => [`*.${verb}`, `*.${verb}_*`, `*:${verb}`, `*:${verb}_*`])
  .map((pattern) => ({ pattern, mode: enforced }));

const strict: PolicyDocument = {
  ...general,
  description: 'Reads only; what reaches outside needs two people, texts with personal data are blocked',
  allowedActions: readsOnly,
  pii: { ...general.pii, action: 'block', exemptedFields: [] },
  limits: { ...general.limits, maxActionsPerMinute: 30 },
  // Being seen outside is enough to reach the threshold, whatever the action is.
  riskTable: { ...defaultRiskTable, factors: { ...defaultRiskTable.factors, affectsExternal: 0.4 } },
  riskThreshold: 0.4,
  autoEscalationThreshold: 0.7,
  approval: { ...approval, quorum: 2 },
};

/** Complete documents, by name; each is consistent in itself. */
export const seedPolicies: Record<SeedName, PolicyDocument> = { general, medical, code, interviewer, strict };
