/** How replyd is called here: commands that it prints must work when they are typed. */
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { groups } from './help-groups.ts'
import type { Terminal } from './terminal.ts'

/** Where this process runs, and the script that it runs. */
interface Place {
  folder: string
  script: string
}

const here = (): Place => ({ folder: process.cwd(), script: process.argv[1] ?? '' })

/** `replyd` if the shell finds it, `npx replyd` if npx does, otherwise the path of the script. */
export function calledAs(environment: NodeJS.ProcessEnv, { folder, script } = here()): string {
  if (environment.npm_command === 'exec') return 'npx replyd'
  // Nobody types commands without a PATH.
  if (environment.PATH === undefined || isOnPath(environment.PATH, environment)) return 'replyd'
  if (script === '' || npxFinds(folder)) return 'npx replyd'
  const path = /^[\w@%+=:,./-]+$/.test(script) ? script : `'${script.replaceAll("'", "'\\''")}'`
  return /\.[cm]?[jt]s$/.test(script) ? `node ${path}` : path
}

/** npm adds folders to the PATH of what it runs; the owner's shell does not have them. */
const isOnPath = (path: string, { npm_command }: NodeJS.ProcessEnv): boolean =>
  path
    .split(delimiter)
    .filter((each) => each !== '' && !(npm_command && each.endsWith(join('node_modules', '.bin'))))
    .some((each) => existsSync(join(each, 'replyd')))

/** npx looks in the first folder upwards that belongs to a project, and in a checkout of replyd finds replyd itself. */
function npxFinds(folder: string): boolean {
  if (existsSync(join(folder, 'node_modules/.bin/replyd'))) return true
  const description = join(folder, 'package.json')
  if (existsSync(description)) return /"name"\s*:\s*"replyd"/.test(readFileSync(description, 'utf8'))
  const above = dirname(folder)
  return above !== folder && !existsSync(join(folder, 'node_modules')) && npxFinds(above)
}

const commands = Object.values(groups).flatMap((lines) => Object.keys(lines))
const typed = new RegExp(`(?<![\\w./-])(?:npx )?replyd (?=(?:${commands.join('|')}|COMMAND)\\b|--)`, 'g')

/** Words of our own, with the commands in them written as they can be typed here. */
export function asCalled(words: string, environment: NodeJS.ProcessEnv): string {
  const called = `${calledAs(environment)} `
  return words.replace(typed, () => called)
}

/**
 * Which configuration is meant: the requested file, otherwise replyd.yaml in the working directory, otherwise null:
 * everything from the environment. Every command needs this; reading it loads many modules.
 */
export function configPath(option: string | undefined, environment: Terminal['environment']): string | null {
  const named = option ?? environment.REPLYD_CONFIG
  if (named) return named
  return ['replyd.yaml', 'replyd.yml'].find((name) => existsSync(name)) ?? null
}
