#!/usr/bin/env node
import nodeModule from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// New files contain mail and keys: make them readable for this user only.
process.umask(0o077)

/** Keeps compiled code for the next start, from Node 22.1. In a directory of this user, because it will run as this user. */
function keepCompiled(): void {
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (directory: string) => unknown }
  try {
    enableCompileCache?.(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'replyd'))
  } catch {
    // A user without a home directory starts without it.
  }
}

keepCompiled()
await import('./cli/main.ts')
