#!/usr/bin/env node
import nodeModule from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// New files contain mail and keys: make them readable for this user only.
process.umask(0o077)

const { XDG_CACHE_HOME } = process.env
const keepCompiled = (nodeModule as { enableCompileCache?: (directory: string) => unknown })
  .enableCompileCache
// From Node 22.1. In a directory of this user: what is in there runs as this user. Where it can't be written, nothing is kept.
keepCompiled?.(join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'replyd'))

await import('./cli/main.ts')
