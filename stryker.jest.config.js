import config from './jest.config.js'

// Without the runs over the whole corpus: they take as long as all the tables together and kill nothing more.
const area = process.env.MUTATED_AREA ?? '{gate,reply}'

/** The tests that Stryker repeats for every mutant. */
export default { ...config, testMatch: [`<rootDir>/test/mail/${area}.mutants.ts`] }
