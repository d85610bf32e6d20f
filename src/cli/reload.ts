/** `replyd reload`: the running daemon reads its configuration again. */
import { ConfigError } from '../base/errors.ts'
import type { Change, Changes } from '../config/changes.ts'
import { type ApiClient, openApi } from './api-client.ts'
import { type ExitStatus, printable, type Terminal, writeLine } from './terminal.ts'

/** Exit status 1 when something needs a restart. @throws ConfigError naming every fault: nothing has changed then */
export async function reload(
  options: { config?: string; json?: boolean },
  terminal: Terminal,
): Promise<ExitStatus> {
  const changes = await reloaded(options.config, terminal)
  const { stdout } = terminal
  await writeLine(stdout, options.json ? JSON.stringify(changes) : printable(textOf(changes)))
  return changes.refused.length === 0 ? 0 : 1
}

async function reloaded(config: string | undefined, terminal: Terminal): Promise<Changes> {
  try {
    const api: ApiClient = openApi(config, terminal, { warns: false })
    return await api.post<Changes>('/reload')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(
      `${error.message}\nNothing was changed: a running daemon keeps the configuration that it has.`,
      { cause: error, faults: error.faults },
    )
  }
}

function textOf({ changed, refused }: Changes): string {
  if (changed.length + refused.length === 0) return 'Nothing has changed.'
  const used = changed.map((each) => `${nameOf(each)}${valuesOf(each)}`)
  const left = refused.map((each) => `${nameOf(each)}${refusalOf(each)}`)
  return [
    ...(used.length > 0 ? ['In use from now on:', ...used.map((line) => `  ${line}`)] : []),
    ...(left.length > 0
      ? ['Needs a restart, and is not used before:', ...left.map((line) => `  ${line}`)]
      : []),
  ].join('\n')
}

function nameOf({ where, key, accounts }: Change): string {
  const whose = accounts.length === 0 ? '' : ` of ${accounts.join(', ')}`
  return `${where === '' ? '' : `${where}: `}${key === 'accounts' ? accounts.join(', ') : `${key}${whose}`}`
}

const valuesOf = ({ from, to }: Change): string => (to === undefined ? '' : `: ${to} (was ${from})`)

const refusalOf = ({ key, from }: Change): string =>
  key === 'accounts' ? ` (${from === 'absent' ? 'a new mailbox' : 'a mailbox that is to go'})` : ''
