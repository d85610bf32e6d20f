import { execFileSync } from 'node:child_process'
import { userInfo } from 'node:os'

/** The operating-system account that servers run as. Numbers for spawn, names for configuration files. */
export interface Account {
  uid: number
  gid: number
  user: string
  group: string
}

const idOf = (...args: string[]): string => execFileSync('id', args, { encoding: 'utf8' }).trim()

export const isRoot = process.getuid?.() === 0

/**
 * The user that runs the servers: this one, or `nobody` when we are root, because PostgreSQL refuses to run as root
 * and Dovecot refuses to store mail as root.
 */
export function serverAccount(): Account {
  const user = isRoot ? 'nobody' : userInfo().username
  return { uid: Number(idOf('-u', user)), gid: Number(idOf('-g', user)), user, group: idOf('-gn', user) }
}
