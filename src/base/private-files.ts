/** Files that hold mail or keys are for the user that runs replyd alone, whatever a copy or an old umask left behind. */
import { chmodSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from './errors.ts'

const others = 0o077

/** Whether other users of the machine may read or write it. False if it does not exist. */
export function isExposed(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && (found.mode & others) !== 0
}

/**
 * Takes other users' rights from a file or folder, where there are any.
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

/** The folder and what is directly in it: nobody else can get deeper. Empty if there is no such folder. */
export function privatePaths(folder: string): string[] {
  const found = statSync(folder, { throwIfNoEntry: false })
  if (!found?.isDirectory()) return []
  return [folder, ...readdirSync(folder).map((name) => join(folder, name))]
}
