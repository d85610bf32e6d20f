// Installs node_modules and builds dist where they are missing or out of date. Needs nothing but Node and npm; prints to
// stderr only, and nothing when there is nothing to do. Any number of these may run at once.
import { spawnSync } from 'node:child_process'
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

/** Whether node_modules holds what package-lock.json names. npm leaves its own list of what it put there. */
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

function npm(...args) {
  // `npm run` says where its own npm is: the one that the caller meant.
  const script = process.env.npm_execpath
  const [command, ...before] = script?.endsWith('.js') ? [process.execPath, script] : ['npm']
  const { status, error } = spawnSync(command, [...before, ...args], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32' && before.length === 0,
  })
  if (error) throw new Error(`npm can't be run: ${error.message}`)
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with status ${status}`)
}

/** @throws with one line for the owner when it can't be done */
export async function install() {
  requireNode()
  if (isInstalled() && isBuilt()) return
  const work = () => {
    if (!isInstalled()) {
      say('installing the packages that package-lock.json names …')
      npm('ci', '--include=dev', '--no-audit', '--no-fund')
    }
    if (isBuilt()) return
    say('building dist …')
    const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], {
      stdio: ['ignore', 2, 2],
    })
    if (status !== 0) throw new Error('dist could not be built')
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
