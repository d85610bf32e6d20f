import { readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { ConfigError } from '../base/errors.ts'

/**
 * Takes a pid lock file, because PGlite takes none and a second process would silently lose writes. Takes over a lock
 * whose process is gone. Returns the function that releases it.
 * @throws ConfigError when a living process holds it
 */
export function takeLock(path: string): () => void {
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, identity(process.pid), { flag: 'wx', mode: 0o600 })
      return () => unlinkSync(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 2) throw error
      const holder = readHolder(path)
      if (holder !== null) {
        throw new ConfigError(
          `The state directory is in use by another replyd (pid ${holder}, ${path}): stop it first, or set state.directory`,
        )
      }
      removeStale(path)
    }
  }
}

/** Pid of the living process that holds the lock, or null. */
export function readHolder(path: string): number | null {
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch {
    return null
  }
  return runningPid(content)
}

/** The pid of that process while it lives, or null. @param written as `identity` gives it */
export function runningPid(written: string): number | null {
  const pid = Number.parseInt(written, 10)
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return null
  // After a restart of the machine or container the same pid is a different process.
  return written === identity(pid) ? pid : null
}

/** Whether a process with that pid runs on this machine, of any user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Pid and start time: field 22 of /proc/PID/stat if it exists. */
export function identity(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}\n`
  } catch {
    return `${pid}\n`
  }
}

function removeStale(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
