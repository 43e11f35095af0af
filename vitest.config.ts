// The three tiers of tests: unit (pure, no network), integration (a real broker, a real API server), e2e (a cluster).
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const exclude = ['**/node_modules/**'];
const anyIntegration = '**/*.integration.test.ts';

/** Integration tests that promise times below a second: nothing else runs meanwhile. All others mostly wait, and run side by side. */
const alone = existing([
  'functions-runtime/invoker/src/shell/trial/ahead.integration.test.ts',
  'functions-runtime/invoker/src/shell/trial/placement.integration.test.ts',
  'functions-runtime/kafka/conformance.integration.test.ts',
  'functions-runtime/kafka/fetcher.integration.test.ts',
  'functions-runtime/kafka/frozen-broker.integration.test.ts',
  'functions-runtime/kafka/membership.integration.test.ts',
  'operator/src/scaling.integration.test.ts',
]);

/** Those that take longest begin first: on a clean clone nobody has measured yet, and one that begins last is waited for. */
const longest = existing([
  'functions-runtime/scout/src/night-watch.integration.test.ts',
  'functions-runtime/scout/src/offset-keeping.integration.test.ts',
  'e2e/faults/surroundings.integration.test.ts',
  'e2e/faults/broken-builds.integration.test.ts',
  'functions-runtime/invoker/src/shell/trial/broker.integration.test.ts',
  'functions-runtime/invoker/src/shell/trial/replicas.integration.test.ts',
  'e2e/faults/processes.integration.test.ts',
  'functions-runtime/invoker/src/shell/trial/many-keys.integration.test.ts',
  'functions-runtime/invoker/src/shell/trial/keep-alive.integration.test.ts',
  'functions-runtime/kafka/faults.integration.test.ts',
  'functions-runtime/invoker/src/shell/trial/compaction.integration.test.ts',
  'functions-runtime/invoker/src/shell/trial/writes.integration.test.ts',
]);

class LongestFirst extends BaseSequencer {
  override async sort(specs: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const index = longest.findIndex((file) => moduleId.endsWith(file));
      return index === -1 ? longest.length : index;
    };
    return (await super.sort(specs)).toSorted((a, b) => place(a) - place(b));
  }
}

/** So that a file that is renamed does not lose its place in silence. */
function existing(files: readonly string[]): string[] {
  const missing = files.filter((file) => !existsSync(join(import.meta.dirname, file)));
  if (missing.length > 0) throw new Error(`vitest.config.ts names ${missing}: where is it now?`);
  return [...files];
}

const integration = {
  exclude,
  globalSetup: ['e2e/cluster/test-services.ts'],
  testTimeout: 120_000,
  hookTimeout: 180_000,
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...exclude, anyIntegration],
          testTimeout: 60_000,
        },
      },
      // For people, who name a file. The whole suite is the two below: `--project 'integration:*'`.
      { test: { ...integration, name: 'integration', include: [anyIntegration], fileParallelism: false } },
      {
        test: {
          ...integration,
          name: 'integration:together',
          include: [anyIntegration],
          exclude: [...exclude, ...alone],
          sequence: { groupOrder: 1 },
          // On two cores, too: seen over a whole run, a file uses less than half of one.
          maxWorkers: 4,
        },
      },
      {
        test: {
          ...integration,
          name: 'integration:alone',
          include: alone,
          sequence: { groupOrder: 2 },
          maxWorkers: 1,
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
          maxConcurrency: 2,
        },
      },
    ],
  },
});
