import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isRoot } from './account.ts'
import { pathTo } from './program.ts'

/** Environment for programs that must also see the effect of pretendRoot(). */
export const PRETENCE_ENVIRONMENT = 'LD_PRELOAD LD_LIBRARY_PATH FAKEROOTKEY FAKED_MODE'

const LIBRARY = 'libfakeroot-tcp.so'

function library(): string {
  const found = readdirSync('/usr/lib')
    .map((name) => join('/usr/lib', name, 'libfakeroot', LIBRARY))
    .find((path) => existsSync(path))
  if (!found)
    throw new Error(`${LIBRARY} is not installed: run \`npm test\`, which installs what the tests need`)
  return found
}

/**
 * Opening lines of a shell script whose programs must believe that they are root: Postfix, which won't run as anyone
 * else, and whose programs give up root for other accounts. Empty if we are root.
 *
 * The same as Debian's `fakeroot` command, except that its helper is our child and so ends with the server.
 */
export function pretendRoot(): string {
  if (isRoot) return ''
  const path = library()
  return `
mkfifo pretence
${pathTo('faked-tcp')} --foreground >pretence &
read -r answer <pretence
rm pretence
export FAKEROOTKEY="\${answer%%:*}" FAKED_MODE=unknown-is-root
export LD_LIBRARY_PATH="${dirname(path)}" LD_PRELOAD="${LIBRARY}"
`
}
