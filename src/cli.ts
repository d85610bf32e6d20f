#!/usr/bin/env node
import { existsSync, mkdirSync } from 'node:fs'
import nodeModule from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// New files contain mail and keys: make them readable for this user only.
process.umask(0o077)

/**
 * Keeps compiled code for the next start (Node 22.1 or later). The directory belongs to this user, because the code
 * will run as this user. It is created here, because Node hangs if a parent can't be created (below /proc).
 */
function keepCompiled(): void {
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (directory: string) => unknown }
  if (!enableCompileCache) return
  try {
    const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
    for (const directory of [caches, join(caches, 'replyd')]) if (!existsSync(directory)) mkdirSync(directory)
    enableCompileCache(join(caches, 'replyd'))
  } catch {
    // No home directory, or a read-only one: start without the cache.
  }
}

keepCompiled()
await import('./cli/main.ts')
