import { existsSync, mkdirSync, renameSync, watch } from 'node:fs'
import { join } from 'node:path'

/** The directory of this run, which every worker shares; jest's global setup makes it. A bench has none. */
const run = process.env.REPLYD_TEST_RUN

/**
 * A directory that is expensive to make, and that every test file may copy, but not change. The first caller makes it.
 * @param make fills the directory, which does not exist yet
 * @returns its path; null outside of a run
 */
export async function madeOnce(
  name: string,
  make: (directory: string) => Promise<unknown>,
): Promise<string | null> {
  if (!run) return null
  const made = join(run, name)
  if (existsSync(made)) return made
  try {
    mkdirSync(`${made}.lock`)
  } catch {
    await appeared(run, made)
    return made
  }
  await make(`${made}.new`)
  renameSync(`${made}.new`, made)
  return made
}

/** Waits until another worker has made it. */
function appeared(directory: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const watcher = watch(directory, () => look())
    const look = () => {
      if (!existsSync(path)) return
      watcher.close()
      resolve()
    }
    watcher.on('error', reject)
    look()
  })
}
