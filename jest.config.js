import { availableParallelism } from 'node:os'

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  globalSetup: '<rootDir>/test/global-setup.mjs',
  testMatch: ['**/*.test.ts', '**/*.test.tsx'],
  // Only a hang takes so long, on however busy a machine. No test has a deadline of its own.
  testTimeout: 1_800_000,
  // More than there are cores: the tests against servers wait more than they compute.
  maxWorkers: availableParallelism() + 4,
  testSequencer: '<rootDir>/test/sequencer.cjs',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic', importSource: 'hono/jsx' } },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
}
