// Packs replyd and runs it from the tarball as its users do: in an empty directory, without root. Exits 0 when the demo
// handles every sample, `import { startReplyd } from 'replyd'` works, and its types are there.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { root } from './sources.mjs'

const directory = mkdtempSync(join(tmpdir(), 'replyd-pack-'))
const home = join(directory, 'home')
const folder = join(directory, 'empty')

/** If this is root, another user: `nobody`, which every system has. */
function otherUser() {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

const user = otherUser()

function run(command, args) {
  const environment = { PATH: process.env.PATH, HOME: home, TMPDIR: join(directory, 'tmp') }
  for (const [name, value] of Object.entries(process.env)) {
    if (/^(npm_config_|https?_proxy$|no_proxy$|NODE_EXTRA_CA_CERTS$)/i.test(name)) environment[name] = value
  }
  // Another user may not write to the caller's cache.
  environment.npm_config_cache = join(home, '.npm')
  const { status } = spawnSync(command, args, {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 2, 2],
    ...user,
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${status}`)
}

function prepare() {
  for (const path of [home, folder, join(directory, 'tmp')]) {
    mkdirSync(path)
    if (user.uid !== undefined) chownSync(path, user.uid, user.gid)
  }
  chmodSync(directory, 0o755)
  const out = execFileSync('npm', ['pack', '--silent', '--pack-destination', directory], {
    cwd: root,
    encoding: 'utf8',
  })
  const tarball = join(folder, out.trim().split('\n').at(-1))
  cpSync(join(directory, out.trim().split('\n').at(-1)), tarball)
  chmodSync(tarball, 0o644)
  // If the registry is a mirror, the other user needs to know it as well.
  const settings = join(process.env.HOME ?? '/', '.npmrc')
  if (existsSync(settings)) {
    cpSync(settings, join(home, '.npmrc'))
    if (user.uid !== undefined) chownSync(join(home, '.npmrc'), user.uid, user.gid)
  }
  return tarball
}

try {
  const tarball = prepare()
  run('npx', ['--yes', `./${basename(tarball)}`, 'demo', '--exit'])
  run('npm', ['install', '--no-audit', '--no-fund', '--silent', tarball])
  writeFileSync(
    join(folder, 'embed.mjs'),
    "import { ConfigError, readConfig, startReplyd } from 'replyd'\nif (typeof startReplyd !== 'function') process.exit(1)\n" +
      'try { readConfig(null, {}) } catch (error) { process.exit(error instanceof ConfigError ? 0 : 1) }\nprocess.exit(1)\n',
  )
  run(process.execPath, ['embed.mjs'])
  const packaged = join(folder, 'node_modules/replyd')
  if (!existsSync(join(packaged, 'dist/types/index.d.ts'))) throw new Error('the types are missing')
  const stray = readdirSync(packaged).filter((name) =>
    ['src', 'test', 'bench', 'data', '.env'].includes(name),
  )
  const { scripts } = JSON.parse(readFileSync(join(packaged, 'package.json'), 'utf8'))
  if (scripts.prepare) throw new Error('the package names a script that it does not hold (prepare)')
  if (stray.length > 0) throw new Error(`the package holds ${stray.join(', ')}`)
  process.stderr.write('pack-check: the package works\n')
} catch (error) {
  process.stderr.write(`pack-check: ${error.message}\n`)
  process.exitCode = 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
