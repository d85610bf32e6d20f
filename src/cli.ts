#!/usr/bin/env node
import { existsSync, mkdirSync } from 'node:fs'
import nodeModule from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// New files contain mail and keys: make them readable for this user only.
process.umask(0o077)

/**
 * Keeps compiled code for the next start, from Node 22.1. In a directory of this user, because it will run as this user;
 * made here, because Node never ends where a parent can't be made (below /proc).
 */
function keepCompiled(): void {
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (directory: string) => unknown }
  if (!enableCompileCache) return
  try {
    const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
    for (const directory of [caches, join(caches, 'replyd')]) if (!existsSync(directory)) mkdirSync(directory)
    enableCompileCache(join(caches, 'replyd'))
  } catch {
    // No home, or a read-only one: started without it.
  }
}

keepCompiled()
await import('./cli/main.ts')
