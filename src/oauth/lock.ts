/**
 * A lock between processes, even in containers that share only a directory. It is therefore a file whose age, not its
 * process id, shows that the holder is gone.
 */
import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { TemporaryError } from '../base/errors.ts'

/** Longer than any operation under the lock (one request of 15 s). Milliseconds. */
const staleMs = 45_000
const lookEveryMs = 50
const patienceMs = 60_000

/**
 * Runs `work` while no other process does. @throws TemporaryError when the lock does not become free, and errors of
 * `work`
 */
export async function alone<T>(path: string, work: () => Promise<T>): Promise<T> {
  const mark = randomBytes(16).toString('hex')
  const until = performance.now() + patienceMs
  while (!take(path, mark)) {
    if (performance.now() > until) throw new TemporaryError(`${path} is held by another process`)
    await delay(lookEveryMs)
  }
  try {
    return await work()
  } finally {
    // If it was taken in the meantime, it belongs to another process.
    if (contentOf(path) === mark) unlinkSync(path)
  }
}

function take(path: string, mark: string): boolean {
  try {
    writeFileSync(path, mark, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    removeStale(path, mark)
    return false
  }
}

/** If several find it stale, one moves it away; a process that moved a fresh one instead puts it back. */
function removeStale(path: string, mark: string): void {
  const aside = `${path}.${mark}`
  try {
    const holder = readFileSync(path, 'utf8')
    if (fileTime(aside) - statSync(path).mtimeMs < staleMs) return
    renameSync(path, aside)
    if (readFileSync(aside, 'utf8') !== holder) linkSync(aside, path)
    unlinkSync(aside)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error
  }
}

/** The current time of the file system, which all processes that share the directory see. @param path of a new file */
function fileTime(path: string): number {
  writeFileSync(path, '', { flag: 'wx', mode: 0o600 })
  try {
    return statSync(path).mtimeMs
  } finally {
    unlinkSync(path)
  }
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
