import { defineConfig } from 'vitest/config';

// Two projects: `pure` needs nothing but Node and runs in seconds (`npm run check`); `database`
// runs against a throw-away embedded PostgreSQL that the global setup starts and stops.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'pure',
          include: ['test/**/*.spec.ts'],
          exclude: ['test/**/*.db.spec.ts'],
          // Pure specs share nothing that changes: a fresh process for each would take most of the time.
          isolate: false,
        },
      },
      {
        test: {
          name: 'database',
          include: ['test/**/*.db.spec.ts'],
          globalSetup: ['test/support/global-postgres.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      reportsDirectory: 'coverage',
      thresholds: { statements: 85, lines: 85, functions: 85 },
    },
  },
});
