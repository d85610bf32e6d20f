/** The two files that `replyd init` writes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument, stringify } from 'yaml'
import { ConfigError } from '../../base/errors.ts'
import type { ServerAddress } from '../../base/providers.ts'
import { loadConfig } from '../../config/config.ts'
import type { Config } from '../../config/settings.ts'
import type { Terminal } from '../terminal.ts'
import type { FoundServers } from './discover.ts'

/** The texts of replyd.yaml and .env. */
export interface Texts {
  yaml: string
  secrets: string
}

export interface Answers {
  address: string
  found: FoundServers
  /** Login name if it is not the address. */
  user: string | null
  /** Client id of the registered application; null: a password. */
  oauthClientId: string | null
  /** Variable of the password. */
  password: string
  /** File with a private authority's certificate. */
  ca?: string | null
}

/** One value as YAML, on one line. */
const value = (text: string) => stringify(text, { defaultStringType: 'QUOTE_DOUBLE' }).trim()

const serverKeys = ({ host, port, secure }: ServerAddress) =>
  `host: ${value(host)}, port: ${port}, secure: ${secure}`

const unknownIds = '    # authservIds: [mx.example.com]'

/** Whether the comment that `withAuthservId` replaces is still there for that account, counted from 0. */
export const lacksAuthservId = (yaml: string, account: number) =>
  accountParts(yaml)[account + 1]?.includes(`\n${unknownIds}\n`) ?? false

export const withAuthservId = (yaml: string, account: number, id: string) =>
  accountParts(yaml)
    .map((part, at) =>
      at === account + 1 ? part.replace(unknownIds, () => `    authservIds: [${value(id)}]`) : part,
    )
    .join('')

/** The text before the accounts, then each account as `accountText` wrote it, the last one with everything after it. */
const accountParts = (yaml: string) => yaml.split(/^(?= {2}- address: )/m)

/** Changes or adds one value of an account, counted from 0. Comments stay. */
export function withSetting(
  yaml: string,
  account: number,
  path: readonly string[],
  setting: string | number | boolean,
): string {
  const document = parseDocument(yaml)
  const whole = ['accounts', account, ...path]
  const [group, ...below] = path
  if (below.length > 0 && !document.hasIn(['accounts', account, group]))
    document.setIn(['accounts', account, group], document.createNode({}, { flow: true }))
  document.setIn(whole, setting)
  return document.toString({ lineWidth: 0, flowCollectionPadding: true })
}

/** The value as written there, such as `${MAIL_PASSWORD}`. */
export function settingIn(yaml: string, account: number, path: readonly string[]): unknown {
  return parseDocument(yaml).getIn(['accounts', account, ...path])
}

function accountText({ address, found, user, oauthClientId, password, ca = null }: Answers): string {
  const login = user === null ? '' : `, user: ${value(user)}`
  const oauth2 = `oauth2: { provider: ${found.oauth2}, clientId: ${value(oauthClientId ?? '')} }`
  const secret = oauthClientId === null ? `password: "\${${password}}"` : oauth2
  return `  - address: ${value(address)}
    # Servers: ${found.source.replace(/\s+/g, ' ')}
    imap: { ${serverKeys(found.imap)}${login}, ${secret} }
    smtp: { ${serverKeys(found.smtp)} }
${ca === null ? '' : `    tls: { ca: ${value(ca)} }\n`}    # Mail that is already there is left alone. To take in mail of the last day as well:
    # since: 1d
    # Needed before anything may be sent automatically: the name your own server writes into Authentication-Results.
${unknownIds}
`
}

/** The line after the accounts that `configText` writes. */
const afterAccounts = '\nreplies:\n'

/** @param yaml what `configText` wrote; empty for the first account */
export function withAccount(yaml: string, answers: Answers): string {
  if (yaml === '') return configText(answers)
  return yaml.replace(afterAccounts, () => `${accountText(answers)}${afterAccounts}`)
}

/** replyd.yaml: the settings found, and comments on likely changes. Secrets are variables of `.env`. */
export function configText(answers: Answers): string {
  return `# Written by replyd init. Every key: docs/configuration.md. Secrets are in .env next to this file.
accounts:
${accountText(answers)}${afterAccounts}  # draft: saved in your Drafts mailbox. review: held in the review pages. send: sent when every rule allows it.
  mode: draft
  # signature: Kind regards

budget:
  # US dollars for the model per day; at the ceiling mail waits until midnight.
  perDay: 1

# A folder of Markdown and text files that replies may draw on:
# knowledge: ./knowledge
`
}

/** `.env` without a variable. */
export function withoutVariable(present: string, name: string): string {
  return present.replace(new RegExp(`^[ \\t]*(export[ \\t]+)?${name}[ \\t]*=.*(\\n|$)`, 'gm'), '')
}

/** `.env` with the missing variables added; existing lines stay unchanged. */
export function environmentText(present: string, variables: Readonly<Record<string, string>>): string {
  const has = (name: string) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=`, 'm').test(present)
  const lines = Object.entries(variables)
    .filter(([name, text]) => text !== '' && !has(name))
    .map(([name, text]) => `${name}="${text.replace(/["\\]/g, '\\$&')}"`)
  const gap = present === '' || present.endsWith('\n') ? '' : '\n'
  return lines.length === 0 ? present : `${present}${gap}${lines.join('\n')}\n`
}

/** `.env` with that value instead of any earlier one. */
export const withVariable = (present: string, name: string, text: string): string =>
  environmentText(withoutVariable(present, name), { [name]: text })

/** What is wrong with a file of the owner's, one line for each fault. A variable that is not set yet is asked for. */
export function faultsOf(texts: Texts, where: { folder: string; terminal: Terminal }): string[] {
  try {
    configOf(texts, where, 'mailboxes only')
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.split('\n').filter((line) => !/the environment variable \w+ is/.test(line))
  }
}

/**
 * Reads both texts as the daemon would.
 * @param what `mailboxes only`: the model is not known yet
 * @throws ConfigError
 */
export function configOf(
  { yaml, secrets }: Texts,
  { folder, terminal }: { folder: string; terminal: Terminal },
  what: 'all' | 'mailboxes only' = 'all',
): Config {
  const path = join(folder, 'replyd.yaml')
  const texts = new Map([
    [path, yaml],
    [join(folder, '.env'), secrets],
  ])
  const readFile = (name: string) => texts.get(name) ?? readFileSync(name, 'utf8')
  const { OPENAI_API_KEY: key } = terminal.environment
  const unknown = what === 'all' ? {} : { OPENAI_API_KEY: key || 'not known yet' }
  return loadConfig({ path, environment: { ...terminal.environment, ...unknown }, readFile })
}
