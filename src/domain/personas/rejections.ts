export const personaRejections = {
  'persona-not-found': { status: 404, title: 'There is no such persona' },
  'slug-taken': { status: 409, title: 'Another persona has this slug' },
  'persona-archived': {
    status: 409,
    title: 'The persona is archived',
    next: 'POST /personas/:personaId/restore',
  },
  'persona-not-archived': { status: 409, title: 'The persona is not archived' },
  'persona-not-active': { status: 409, title: 'The persona is not active' },
  'persona-unpublished': {
    status: 409,
    title: 'The persona has no published version',
    next: 'POST /personas/:personaId/versions',
  },
  'persona-owners-only': { status: 403, title: 'An editor archives its own personas only' },
  'draft-invalid': { status: 400, title: 'The edited draft would not be a valid configuration' },
  'patch-not-applicable': { status: 409, title: 'The patch does not apply to the draft as it is' },
  'version-not-published': { status: 422, title: 'The version is not published' },
  'channel-protected': { status: 403, title: 'Only an admin or an owner may move this channel' },
  'version-not-found': { status: 404, title: 'There is no such version' },
  'channel-not-found': { status: 404, title: 'The channel does not point to a version' },
  'version-not-readable-yet': {
    status: 503,
    title: 'The version was published a moment ago; its content can be read shortly',
    retryable: true,
  },
} as const;
