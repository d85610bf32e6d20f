// Installs node_modules and builds dist if they are missing or out of date. Needs nothing but Node and npm; prints to
// stderr only, and nothing when there is nothing to do. Any number of these may run at once.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exclusively } from './lock.mjs'
import { isBuilt, root } from './sources.mjs'

const say = (text) => process.stderr.write(`replyd: ${text}\n`)

function requireNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const wanted = engines.node.match(/\d+/g).map(Number)
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > wanted[0] || (major === wanted[0] && minor >= (wanted[1] ?? 0))) return
  throw new Error(`Node ${engines.node} is needed, this is ${process.versions.node}: see https://nodejs.org`)
}

/** Whether node_modules holds what package-lock.json names. npm keeps a list of what it has installed there. */
export function isInstalled() {
  const list = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(list)) return false
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const present = JSON.parse(readFileSync(list, 'utf8')).packages
  return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
    if (path === '') return true
    const found = present[path]?.version
    // Packages for other platforms are on the list but not installed here.
    return found === version || (found === undefined && Boolean(optional || devOptional))
  })
}

/** Milliseconds between two lines of progress: on a terminal the line is replaced, elsewhere each stays. */
const everyMs = { terminal: 1000, elsewhere: 10_000 }

/** Prints the progress of something and how long it has run, until `done` is called. */
function progress(how) {
  const began = Date.now()
  const isTerminal = process.stderr.isTTY === true
  const show = () => {
    const line = `${how()} (${Math.round((Date.now() - began) / 1000)} s)`
    if (isTerminal) process.stderr.write(`\r\u001b[Kreplyd: ${line}`.slice(0, process.stderr.columns || 80))
    else say(line)
  }
  show()
  const timer = setInterval(show, isTerminal ? everyMs.terminal : everyMs.elsewhere)
  return {
    done() {
      clearInterval(timer)
      if (isTerminal) process.stderr.write('\r\u001b[K')
    },
  }
}

/** Runs a program. Its output is shown only if it fails: otherwise the line of progress says enough. */
async function run(command, args, how, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      printed = `${printed}${text}`.slice(-20_000)
    })
  const line = progress(how)
  const [status] = await once(child, 'close')
    .catch((error) => {
      throw new Error(`${command} can't be run: ${error.message}`)
    })
    .finally(() => line.done())
  if (status === 0) return
  process.stderr.write(printed)
  throw new Error(`${[command, ...args].join(' ')} ended with status ${status}`)
}

/** How many of the packages are installed. */
function packagesSoFar() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  // Those for other platforms are on the list but not installed here.
  const paths = Object.keys(packages).filter((path) => path !== '' && !packages[path].optional)
  return () => {
    const present = paths.filter((path) => existsSync(join(root, path, 'package.json')))
    return `installing packages: ${present.length} of about ${paths.length}`
  }
}

async function npm(...args) {
  // `npm run` names its own npm, which is the one that the caller chose.
  const script = process.env.npm_execpath
  const [command, ...before] = script?.endsWith('.js') ? [process.execPath, script] : ['npm']
  const shell = process.platform === 'win32' && before.length === 0
  // The build is the next step here, with a separate line of progress.
  // `npm run --silent` hides npm's own lines, but not why an installation failed.
  const env = { ...process.env, REPLYD_BUILD: 'later', npm_config_loglevel: 'notice' }
  await run(command, [...before, ...args], packagesSoFar(), { shell, env })
}

/** @throws with one line for the owner if it fails */
export async function install() {
  requireNode()
  if (isInstalled() && isBuilt()) return
  const work = async () => {
    if (!isInstalled()) await npm('ci', '--include=dev', '--no-audit', '--no-fund')
    if (!isBuilt()) await run(process.execPath, [join(root, 'scripts/build.mjs')], () => 'building replyd')
  }
  await exclusively(root, work, () => say('waiting for another installation to end …'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await install()
  } catch (error) {
    say(error.message)
    process.exitCode = 1
  }
}
