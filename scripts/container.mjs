// Runs the tests in a Debian container, for machines that can't install the servers themselves.
import { spawnSync } from 'node:child_process'
import { basename, dirname, resolve } from 'node:path'
import { root } from './sources.mjs'

const IMAGE = 'replyd-test'

// The checkout is mounted read-only and copied: its node_modules may be made for another system, and nothing that root
// writes in the container must end up in the owner's directories.
const RUN = `
mkdir -p /work && cd /checkout
tar --exclude=./node_modules --exclude=./dist --exclude=./data -cf - . | tar -xf - -C /work
cd /work && exec node scripts/test.mjs "$@"`

/** Why Docker can't be used; undefined if it can. */
export function dockerProblem() {
  const { error, status, stderr } = spawnSync('docker', ['info'], { encoding: 'utf8' })
  if (error) return 'Docker is not installed'
  if (status !== 0) return `Docker does not answer (${stderr.trim().split('\n').at(-1)})`
  return undefined
}

function dockerfile(packages) {
  const install = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  return `FROM node:${process.versions.node.split('.')[0]}-bookworm
RUN apt-get update && DEBIAN_FRONTEND=noninteractive ${install} && rm -rf /var/lib/apt/lists/*
`
}

/** The mount for the directory of --outputFile=FILE, and the same argument as the container sees it. */
function resultFile(args) {
  const given = args.find((arg) => arg.startsWith('--outputFile='))
  if (!given) return { mount: [], args }
  const file = resolve(given.slice('--outputFile='.length))
  const seen = args.map((arg) => (arg === given ? `--outputFile=/results/${basename(file)}` : arg))
  return { mount: ['--mount', `type=bind,src=${dirname(file)},dst=/results`], args: seen }
}

/** Runs scripts/test.mjs with `args` in a container that has `packages`. Returns its exit status. */
export function testInContainer(packages, args) {
  const build = spawnSync('docker', ['build', '--tag', IMAGE, '-'], {
    input: dockerfile(packages),
    stdio: ['pipe', 2, 2],
  })
  if (build.status !== 0) return 1
  const result = resultFile(args)
  const volumes = [
    ['--mount', `type=bind,src=${root},dst=/checkout,readonly`],
    ['--mount', `type=volume,src=${IMAGE}-modules,dst=/work/node_modules`], // so that a second run need not install
    result.mount,
  ].flat()
  const command = ['run', '--rm', '--init', ...volumes, IMAGE, 'sh', '-c', RUN, 'sh', ...result.args]
  return spawnSync('docker', command, { stdio: ['ignore', 1, 2] }).status ?? 1
}
