// Runs as npm's `prepack` and `postpack`. The package is published without `prepare`, because its script is not in the
// package, and npm would warn people who install it.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isBuilt, root } from './sources.mjs'

const description = join(root, 'package.json')
const whole = `${description}.whole`

// After packing; or before it, if the last one was interrupted.
if (existsSync(whole)) renameSync(whole, description)

if (process.env.npm_lifecycle_event === 'prepack') {
  const build = [join(root, 'scripts/build.mjs')]
  const { status } = isBuilt()
    ? { status: 0 }
    : spawnSync(process.execPath, build, { stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
  const text = readFileSync(description, 'utf8')
  writeFileSync(whole, text)
  // A process that reads it meanwhile never sees half of it.
  writeFileSync(`${description}.packed`, text.replace(/^ *"prepare": .*\n/m, ''))
  renameSync(`${description}.packed`, description)
}
