export const configRejections = {
  'flag-not-found': { status: 404, title: 'There is no such feature flag' },
  'too-many-flags': { status: 422, title: 'The tenant has too many feature flags' },
} as const;

export const settingRejections = {
  'settings-owners-only': {
    status: 403,
    title: 'Only an owner of the tenant may loosen control over changes',
  },
} as const;
