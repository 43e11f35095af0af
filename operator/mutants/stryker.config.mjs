// Mutation testing of what decides about replicas: `make mutants` breaks it in a thousand small ways, and the unit tests must notice.
export default {
  mutate: ['operator/src/scale/decide.ts', 'operator/src/scale/samples.ts'],
  testRunner: 'vitest',
  vitest: { configFile: 'operator/mutants/vitest.config.ts', related: false },
  plugins: ['@stryker-mutator/vitest-runner'],
  coverageAnalysis: 'perTest',
  reporters: ['clear-text', 'progress'],
  clearTextReporter: { allowColor: false, logTests: false },
  concurrency: 2,
  thresholds: { high: 95, low: 85, break: 85 },
  // TypeScript 7 has no API for Stryker's rewriting of tsconfig.json, which nothing here needs.
  tsconfigFile: 'none',
  tempDirName: 'node_modules/.mutants',
};
