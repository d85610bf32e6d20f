// `npm test`: installs what is missing, then runs every test, including those against real servers; `npm run test:unit`
// runs the tests that need only Node. Arguments after `--` go to jest. Exits with jest's status, or 1 for a skipped
// test.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dockerProblem, testInContainer } from './container.mjs'
import { install } from './install.mjs'
import { installPackages, missingPackages } from './servers.mjs'
import { root } from './sources.mjs'

const JEST = [
  // The same as for the daemon on Node 20 (src/cli/start.ts): much code runs, but little of it runs often.
  ...(process.versions.v8.startsWith('11.') ? ['--always-sparkplug', '--interrupt-budget=600000'] : []),
  '--disable-warning=ExperimentalWarning',
  `--import=${new URL('with-parent.mjs', import.meta.url)}`,
  join(root, 'node_modules/jest/bin/jest.js'),
]
const NEEDS_SERVERS = /[\\/]test[\\/](live|flow)[\\/]/
/** How long jest may take to end after its last test, in milliseconds. */
const PATIENCE_MS = 60_000

const say = (text) => process.stderr.write(`replyd: ${text}\n`)

/** Whether any of the tests that the arguments choose needs a server. */
function needServers(args) {
  if (args.length === 0) return true
  const { stdout, status } = spawnSync(process.execPath, [...JEST, '--listTests', ...args], {
    cwd: root,
    encoding: 'utf8',
  })
  return status !== 0 || stdout.split('\n').some((path) => NEEDS_SERVERS.test(path))
}

/** Runs jest. A run that has its result but does not end, because a test left something open, is killed and fails. */
async function runJest(args, resultFile) {
  const child = spawn(process.execPath, [...JEST, '--json', `--outputFile=${resultFile}`, ...args], {
    cwd: root,
    stdio: ['inherit', 'ignore', 'inherit'], // stdout names only the file of the result
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  let left = PATIENCE_MS
  const watch = setInterval(() => {
    if (!existsSync(resultFile)) return
    left -= 1000
    if (left > 0) return
    clearInterval(watch)
    say(`jest did not end ${PATIENCE_MS / 1000} s after the last test: a test has left something open`)
    child.kill('SIGKILL')
  }, 1000)
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
  clearInterval(watch)
  return status
}

const isFiltered = (args) => args.some((arg) => /^(-t|--testNamePattern)/.test(arg))

/** Prints the closing line and gives the exit status: a skipped test has proven nothing, so it is a failure. */
function conclude(result, status, args) {
  const {
    numPassedTests,
    numFailedTests,
    numRuntimeErrorTestSuites,
    numPendingTests,
    numTodoTests,
    startTime,
  } = result
  const seconds = Math.round((Date.now() - startTime) / 1000)
  const broken = numRuntimeErrorTestSuites ? `, ${numRuntimeErrorTestSuites} files that could not run` : ''
  const skipped = isFiltered(args) ? 0 : numPendingTests + numTodoTests
  if (skipped) {
    const all = result.testResults.flatMap((file) => file.assertionResults)
    for (const test of all) if (['pending', 'todo'].includes(test.status)) say(`skipped: ${test.fullName}`)
  }
  const tail = skipped ? `, ${skipped} skipped, which counts as a failure` : ''
  say(`${numPassedTests} passed, ${numFailedTests} failed${broken}${tail} in ${seconds} s`)
  return status === 0 && skipped ? 1 : status
}

/** Runs the tests here. `given` may name the file for jest's result with --outputFile=FILE. */
async function testHere(given) {
  const own = mkdtempSync(join(tmpdir(), 'replyd-result-'))
  const named = given.find((arg) => arg.startsWith('--outputFile='))?.slice('--outputFile='.length)
  const args = given.filter((arg) => !arg.startsWith('--outputFile='))
  const file = named ?? join(own, 'result.json')
  rmSync(file, { force: true })
  try {
    const status = await runJest(args, file)
    if (!existsSync(file)) return status || 1 // --listTests, --help or a configuration that jest refuses
    return conclude(JSON.parse(readFileSync(file, 'utf8')), status, args)
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

async function main([first, ...rest]) {
  const unit = first === '--unit'
  const args = unit ? rest : process.argv.slice(2)
  await install()
  // After this option jest would read paths as further patterns to leave out.
  if (unit) return testHere([...args, '--testPathIgnorePatterns=/test/(live|flow)/'])
  const missing = missingPackages()
  if (missing.length === 0 || !needServers(args)) return testHere(args)
  say(`installing what the tests need: ${missing.join(' ')} …`)
  const problem = installPackages(missing)
  if (!problem) return testHere(args)
  const obstacle = dockerProblem()
  if (!obstacle) return testInContainer(missing, args)
  say(
    `the tests need programs that this machine lacks, by their Debian packages: ${missing.join(', ')}. ` +
      `They can't be installed here (${problem}) and a container can't be used (${obstacle}). ` +
      'Install them, or run `npm run test:unit`, which needs only Node.',
  )
  return 1
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  say(error.message)
  process.exitCode = 1
}
