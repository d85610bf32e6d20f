/**
 * Keeps files that hold mail or keys private to the user who runs replyd, even if a copy or an old umask left them
 * open. Also writes files atomically.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from './errors.ts'

const others = 0o077

/** Whether other users of the machine may read or write it. False if it does not exist. */
export function isExposed(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && (found.mode & others) !== 0
}

/**
 * Removes other users' rights to a file or folder, if they have any.
 * @returns whether it had to
 * @throws ConfigError when it belongs to somebody else, or is a link
 */
export function makePrivate(path: string): boolean {
  if (!isExposed(path)) return false
  try {
    if (lstatSync(path).isSymbolicLink()) throw new Error('it is a link')
    chmodSync(path, statSync(path).mode & 0o7700)
    return true
  } catch (cause) {
    const words = `${path} can be read by other users, and that can't be changed from here: chmod go-rwx it`
    throw new ConfigError(words, { cause })
  }
}

/** The folder and its direct contents: other users can get no deeper. Empty if there is no such folder. */
export function privatePaths(folder: string): string[] {
  const found = statSync(folder, { throwIfNoEntry: false })
  if (!found?.isDirectory()) return []
  return [folder, ...readdirSync(folder).map((name) => join(folder, name))]
}

/**
 * A crash leaves either the old content or the new, never a partial file.
 * @param draft where it is written first, in the same folder; leftovers of a crash are replaced, no link is followed
 * @param mode before the umask is applied
 */
export function writeWhole(
  path: string,
  content: string | Buffer,
  { draft, mode }: { draft: string; mode: number },
): void {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
  rmSync(draft, { force: true })
  const file = openSync(draft, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, mode)
  try {
    writeFileSync(file, content)
    fsyncSync(file)
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
}

/**
 * Reads a file that others may replace between a check and the read: the opened file itself is checked.
 * @param path without links, as `realpath` gives it
 * @param most octets
 * @throws for a link anywhere in the path, for anything but a regular file (a pipe would block the process), and for a
 *   file that is too large
 */
export function readRegular(path: string, most: number): Buffer {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const found = fstatSync(file)
    if (!found.isFile()) throw new Error('it is not a file')
    if (found.size > most) throw new Error(`it has more than ${most} octets`)
    if (realpathSync(path) !== path) throw new Error('a link leads to it')
    const octets = Buffer.alloc(found.size)
    return octets.subarray(0, readSync(file, octets))
  } finally {
    closeSync(file)
  }
}
