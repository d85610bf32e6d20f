import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Where Debian puts PostgreSQL's own programs: off the PATH, one directory for each major version, newest first. */
function postgresDirectories(): string[] {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return []
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a))
  return versions.map((version) => join(root, version, 'bin'))
}

/** The full path of a server's program. @throws if this machine lacks it */
export function pathTo(program: string): string {
  const onPath = (process.env.PATH ?? '').split(':').filter(Boolean)
  // Ordinary users have no sbin on their PATH.
  const directories = [...onPath, '/usr/sbin', '/usr/local/sbin', '/sbin', ...postgresDirectories()]
  for (const directory of directories) {
    const path = join(directory, program)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not here.
    }
  }
  throw new Error(`${program} is not installed: run \`npm test\`, which installs what the tests need`)
}
