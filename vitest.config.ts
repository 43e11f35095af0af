// The three tiers of tests: unit (pure, no network), integration (a real broker, a real API server), e2e (a cluster).
import { defineConfig } from 'vitest/config';

const exclude = ['**/node_modules/**'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...exclude, '**/*.integration.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['**/*.integration.test.ts'],
          exclude,
          globalSetup: ['e2e/cluster/test-services.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // Real brokers, sessions and stopped processes: one file at a time, so that a small machine keeps its promises on time.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/scenarios/*.e2e.ts'],
          exclude,
          globalSetup: ['e2e/given/cluster-up.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
