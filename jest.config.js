import { availableParallelism } from 'node:os'

export default {
  testRunner: '<rootDir>/test/runner/runner.mjs',
  testEnvironment: '<rootDir>/test/runner/environment.cjs',
  globalSetup: '<rootDir>/test/runner/global-setup.mjs',
  testSequencer: '<rootDir>/test/runner/sequencer.cjs',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts', '**/*.test.tsx'],
  // Only a hang takes so long, on however busy a machine. No test has a deadline of its own.
  testTimeout: 1_800_000,
  // A worker needs more than jest's half second to end on a busy machine. What a test leaves open is still reported.
  workerGracefulExitTimeout: 60_000,
  // More than there are cores: the tests against servers wait more than they compute.
  maxWorkers: availableParallelism() + 4,
  // Node's module hooks compile the tests (runner.mjs).
  transform: {},
}
