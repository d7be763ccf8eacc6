export const tenancyRejections = {
  'tenant-not-found': { status: 404, title: 'There is no such tenant' },
  'tenant-exists': { status: 409, title: 'A tenant of this id exists' },
  'member-not-found': { status: 404, title: 'There is no such member' },
  'member-exists': { status: 409, title: 'A member of this id exists' },
  'last-owner': { status: 409, title: 'A tenant keeps at least one owner' },
  'owners-only': { status: 403, title: 'Only an owner may do this to an owner, or make one' },
  'team-not-found': { status: 404, title: 'There is no such team' },
  'team-exists': { status: 409, title: 'A team of this id exists' },
  'api-key-not-found': { status: 404, title: 'There is no such API key' },
  'api-key-revoked': { status: 409, title: 'The API key is revoked' },
  'own-api-key': { status: 409, title: 'The key in use cannot revoke itself' },
} as const;
