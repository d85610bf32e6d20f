// Runs a test file with jest-circus in plain Node. Jest's default is a new context for each file, where every module is loaded
// again: for a test of the daemon this takes two seconds of processor time. Here the files that a worker runs share the
// modules under test. After each file its spies and fake timers are removed.
import { createRequire, register } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { mapOf } from '../../scripts/compiled.mjs'
import { setGlobals } from './globals.mjs'

register('../../scripts/typescript-hooks.mjs', import.meta.url)
register('./hooks.mjs', import.meta.url)

const require = createRequire(import.meta.url)
const { deepCyclicCopy } = require('jest-util')
const adapter = join(dirname(require.resolve('jest-circus/package.json')), 'build/jestAdapterInit.js')
const timeout = Symbol.for('TEST_TIMEOUT_SYMBOL')

/** A new one for each file. It keeps the file's tests below symbols of the global object. */
function newCircus() {
  delete require.cache[adapter]
  for (const symbol of Object.getOwnPropertySymbols(globalThis))
    if (/^(?:EVENT_HANDLERS|JEST_STATE_SYMBOL)$/.test(symbol.description)) delete globalThis[symbol]
  return require(adapter)
}

/** The parts of the object `jest` that tests use. */
function jestOf({ moduleMocker, fakeTimersModern: timers }) {
  return {
    spyOn: moduleMocker.spyOn.bind(moduleMocker),
    restoreAllMocks: () => moduleMocker.restoreAllMocks(),
    useFakeTimers: (options) => timers.useFakeTimers(options),
    useRealTimers: () => timers.useRealTimers(),
    advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
    advanceTimersByTimeAsync: (ms) => timers.advanceTimersByTimeAsync(ms),
    setTimeout: (ms) => {
      globalThis[timeout] = ms
    },
  }
}

/** Stacks name the lines of the TypeScript files. */
function useSourceMaps(maps) {
  maps.get = (url) => (/^file:.*\.tsx?(?:\?|$)/.test(url) ? mapOf(fileURLToPath(url)) : undefined)
}

function putBack({ moduleMocker, fakeTimersModern }, console) {
  moduleMocker.restoreAllMocks()
  fakeTimersModern.useRealTimers()
  delete globalThis[timeout]
  globalThis.console = console
}

let files = 0

/** Jest calls this once per test file. */
export default async function run(globalConfig, config, environment, runtime, testPath, sendMessageToJest) {
  const { initialize, runAndTransformResultsToJestFormat } = newCircus()
  const { console } = globalThis
  globalThis.console = environment.global.console
  useSourceMaps(runtime.getSourceMaps())
  try {
    await initialize({
      ...{ config, environment, globalConfig, runtime, sendMessageToJest, testPath },
      localRequire: require,
      parentProcess: process,
      setGlobalsForRuntime: (globals) => setGlobals({ ...globals, jest: jestOf(environment) }),
    })
    await import(`${pathToFileURL(testPath).href}?file=${++files}`)
    const results = await runAndTransformResultsToJestFormat({ config, globalConfig, testPath })
    return deepCyclicCopy(results, { keepPrototype: false })
  } finally {
    putBack(environment, console)
  }
}
