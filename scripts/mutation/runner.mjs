// A test runner for Stryker that keeps the test tables in one process and switches mutants there: thousands of
// mutants take minutes. Stryker's runner for jest restarts jest for each of them, which takes hours.
import { readdir } from 'node:fs/promises'
import { register } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin'
import {
  DryRunStatus,
  determineHitLimitReached,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner'
import { tests } from './tables.mjs'

/** Below Stryker's sandbox: directories of tables, and one file whose subject is in src/mail/reply. */
const directories = ['test/guard', 'test/mail/reply']
const alone = 'test/observe/edits.test.ts'
/** Tests that read the whole corpus, and kill no mutant that the tables leave alive. */
const slow = /^(?:corpus|hostile|long)\./

register('../typescript-hooks.mjs', import.meta.url)
register('./hooks.mjs', import.meta.url)

/** Read and written by the instrumented code. */
globalThis.__stryker__ ??= {}
const mutation = globalThis.__stryker__

class TablesRunner {
  /** A static mutant is in code that runs at import; Stryker starts a new process for it. */
  capabilities() {
    return { reloadEnvironment: false }
  }

  async dryRun() {
    await this.#load()
    const complete = await this.#run(tests, true)
    return { ...complete, mutantCoverage: mutation.mutantCoverage }
  }

  async mutantRun({ activeMutant, mutantActivation, testFilter, hitLimit, disableBail }) {
    mutation.hitLimit = hitLimit
    mutation.hitCount = hitLimit === undefined ? undefined : 0
    if (mutantActivation === 'static') mutation.activeMutant = activeMutant.id
    let result
    try {
      await this.#load()
      mutation.activeMutant = activeMutant.id
      const wanted = testFilter ? tests.filter(({ id }) => testFilter.includes(id)) : tests
      result = await this.#run(wanted, disableBail)
    } catch (error) {
      // The module itself broke while it was loaded: the whole table fails.
      const failed = {
        id: 'import',
        name: 'import',
        timeSpentMs: 0,
        status: TestStatus.Failed,
        failureMessage: String(error),
      }
      result = { status: DryRunStatus.Complete, tests: [failed] }
    }
    mutation.activeMutant = undefined
    return determineHitLimitReached(mutation.hitCount, hitLimit) ?? toMutantRunResult(result)
  }

  async #load() {
    if (tests.length > 0) return
    const listed = await Promise.all(
      directories.map(async (directory) =>
        (await readdir(directory)).sort().map((name) => [directory, name]),
      ),
    )
    const tables = listed.flat().filter(([, name]) => name.endsWith('.test.ts') && !slow.test(name))
    for (const path of [...tables, [alone]]) await import(pathToFileURL(resolve(...path)).href)
  }

  async #run(wanted, untilTheEnd) {
    const results = []
    for (const { id, name, body } of wanted) {
      mutation.currentTestId = id
      const start = performance.now()
      const timed = () => ({ id, name, timeSpentMs: performance.now() - start })
      try {
        await body()
        results.push({ ...timed(), status: TestStatus.Success })
      } catch (error) {
        results.push({ ...timed(), status: TestStatus.Failed, failureMessage: String(error) })
        if (!untilTheEnd) break
      }
    }
    mutation.currentTestId = undefined
    return { status: DryRunStatus.Complete, tests: results }
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'tables', TablesRunner)]
