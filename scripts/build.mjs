// Bundles src to dist, with its types. Runs as npm's `prepare`, so that `npx replyd` works in a checkout. Prints to stderr only.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fingerprint, isBuilt, root, STAMP } from './sources.mjs'

function compiler() {
  try {
    return createRequire(import.meta.url)
      .resolve('typescript/package.json')
      .replace('package.json', 'bin/tsc')
  } catch {
    return undefined
  }
}

/** Builds into a separate directory and swaps it in, so that programs running from dist never see half of it. */
async function build(tsc) {
  const stamp = fingerprint()
  const fresh = join(root, `dist.new.${process.pid}`)
  const stale = join(root, `dist.old.${process.pid}`)
  try {
    const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', join(fresh, 'types')]
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] })
    if (status !== 0) return status ?? 1
    const { bundle } = await import('./bundle.mjs')
    await bundle(fresh)
    const made = spawnSync(process.execPath, [join(root, 'scripts/embedded-state.mjs'), fresh], {
      stdio: ['ignore', 2, 2],
    })
    if (made.status !== 0) return made.status ?? 1
    chmodSync(join(fresh, 'cli.js'), 0o755)
    writeFileSync(join(fresh, STAMP), stamp)
    if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), stale)
    renameSync(fresh, join(root, 'dist'))
    return 0
  } finally {
    rmSync(fresh, { recursive: true, force: true })
    rmSync(stale, { recursive: true, force: true })
  }
}

const tsc = compiler()
const { npm_lifecycle_event: event, REPLYD_BUILD: wanted } = process.env
if (event === 'prepare' && (wanted === 'later' || isBuilt())) {
  // The first npx runs `prepare` again, and prints nothing meanwhile; install.mjs builds in a separate step.
  process.exitCode = 0
} else if (tsc) {
  process.exitCode = await build(tsc)
} else if (!existsSync(join(root, 'dist/cli.js'))) {
  process.stderr.write(
    'replyd: the compiler is not installed, so dist cannot be built: run `npm ci` without --omit=dev\n',
  )
  process.exitCode = 1
}
