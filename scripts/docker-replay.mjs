// Follows the Dockerfile without Docker: every COPY and RUN of each stage in a separate directory, from the files
// that .dockerignore allows, and then starts the result as its user, on read-only files. Only absolute paths and the
// user `node` are translated. Exits 0 when `demo --exit` does.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { root } from './sources.mjs'

const directory = mkdtempSync(join(tmpdir(), 'replyd-image-'))
const isRoot = process.getuid?.() === 0
const idOf = (flag, name) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
/** The user that replaces `node`. */
const user = isRoot ? { uid: idOf('-u', 'nobody'), gid: idOf('-g', 'nobody') } : {}
const names = isRoot ? ['nobody', execFileSync('id', ['-gn', 'nobody'], { encoding: 'utf8' }).trim()] : null

/** Instructions with their continuation lines joined, comments left out. */
export function instructionsOf(text) {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line))
  const joined = lines.join('\n').replace(/\\\n\s*/g, ' ')
  return joined.split('\n').flatMap((line) => {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? []
    return name ? [{ name, rest }] : []
  })
}

function allowedPaths() {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
  if (lines[0] !== '*') throw new Error('.dockerignore has to begin with *')
  return new Set(lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1)))
}

/** One stage's file system below a directory. */
class Stage {
  constructor(name) {
    this.name = name
    this.root = join(directory, name)
    this.workdir = '/'
    this.environment = {}
    mkdirSync(this.root)
  }

  /** A path of the image on this machine. */
  at(path) {
    return join(this.root, resolve(this.workdir, path))
  }

  translated(command) {
    const withPaths = command.replace(/(?<=^|[\s=])\/(app|data)(?=\/|\s|$)/g, (path) => this.at(path))
    if (!names) return withPaths.replace(/-o node -g node /, '')
    return withPaths.replace(/-o node -g node\b/, `-o ${names[0]} -g ${names[1]}`)
  }

  run(command) {
    const { PATH, HOME } = process.env
    const kept = Object.entries(process.env).filter(([name]) =>
      /^(npm_config_|https?_proxy$|no_proxy$|NODE_EXTRA_CA_CERTS$)/i.test(name),
    )
    const { status } = spawnSync('sh', ['-c', this.translated(command)], {
      cwd: this.at('.'),
      env: {
        PATH,
        HOME,
        npm_config_prefer_offline: 'true',
        ...Object.fromEntries(kept),
        ...this.environment,
      },
      stdio: ['ignore', 2, 2],
    })
    if (status !== 0) throw new Error(`RUN ${command} ended with status ${status}`)
  }
}

function copy(stage, stages, rest, allowed) {
  const [, from, list] = /^(?:--from=(\S+)\s+)?(.*)$/.exec(rest)
  const paths = list.split(/\s+/)
  const target = paths.pop()
  for (const path of paths) {
    if (!from && !allowed.has(path)) throw new Error(`COPY ${path}: .dockerignore leaves it out`)
    const source = from ? stages.get(from).at(path) : join(root, path)
    const place = target.endsWith('/') ? join(stage.at(target), path) : stage.at(target)
    mkdirSync(dirname(place), { recursive: true })
    // Like Docker: a link's target outside the context does not exist.
    cpSync(source, place, { recursive: true, verbatimSymlinks: true })
  }
}

function replay() {
  const stages = new Map()
  const allowed = allowedPaths()
  let stage
  for (const { name, rest } of instructionsOf(readFileSync(join(root, 'Dockerfile'), 'utf8'))) {
    process.stderr.write(`docker-replay: ${name} ${rest.slice(0, 90)}\n`)
    if (name === 'FROM') {
      stage = new Stage(/ AS (\S+)$/.exec(rest)?.[1] ?? `stage-${stages.size}`)
      stages.set(stage.name, stage)
    } else if (name === 'WORKDIR') {
      stage.workdir = rest
      mkdirSync(stage.at('.'), { recursive: true })
    } else if (name === 'ENV') {
      for (const [, variable, value] of rest.matchAll(/(\w+)=(\S+)/g)) stage.environment[variable] = value
    } else if (name === 'COPY') copy(stage, stages, rest, allowed)
    else if (name === 'RUN') stage.run(rest)
    else if (name === 'ENTRYPOINT') stage.entrypoint = JSON.parse(rest)
    else if (!['USER', 'VOLUME', 'EXPOSE', 'HEALTHCHECK', 'CMD'].includes(name))
      throw new Error(`the replay does not know ${name}`)
  }
  return stage
}

/** As in a container: its user, read-only files, a temporary directory, nothing of our environment. */
function start(image, args) {
  const temporary = join(directory, 'tmp')
  mkdirSync(temporary)
  if (isRoot) chownSync(temporary, user.uid, user.gid)
  chmodSync(directory, 0o755)
  execFileSync('chmod', ['-R', 'a-w,a+rX', image.at('/app')])
  const [command, ...before] = image.entrypoint.map((word) => image.translated(word))
  const environment = Object.entries(image.environment).map(([name, value]) => [
    name,
    image.translated(value),
  ])
  const result = spawnSync(command, [...before, ...args], {
    cwd: image.at('.'),
    env: { PATH: process.env.PATH, TMPDIR: temporary, ...Object.fromEntries(environment) },
    encoding: 'utf8',
    ...user,
  })
  if (result.status !== 0) throw new Error(`${args.join(' ')} exited with ${result.status}: ${result.stderr}`)
  return result.stdout
}

const began = performance.now()
try {
  const image = replay()
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  if (start(image, ['--version']).trim() !== version) throw new Error('the image has another version')
  for (const left of ['typescript', 'jest'])
    if (existsSync(image.at(`node_modules/${left}`))) throw new Error(`the image holds ${left}`)
  rmSync(join(directory, 'tmp'), { recursive: true })
  start(image, ['demo', '--exit'])
  process.stderr.write(
    `docker-replay: the image works (${Math.round((performance.now() - began) / 1000)} s)\n`,
  )
} catch (error) {
  process.stderr.write(`docker-replay: ${error.message}\n`)
  process.exitCode = 1
} finally {
  execFileSync('chmod', ['-R', 'u+w', directory])
  rmSync(directory, { recursive: true, force: true })
}
