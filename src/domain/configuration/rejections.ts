export const configRejections = {
  'flag-not-found': { status: 404, title: 'There is no such feature flag' },
  'too-many-flags': { status: 422, title: 'The tenant has too many feature flags' },
} as const;
