/** The two files that `replyd init` writes. */
import { stringify } from 'yaml'
import type { ServerAddress } from '../../base/providers.ts'
import type { FoundServers } from './discover.ts'

export interface Answers {
  address: string
  found: FoundServers
  /** Login name where it is not the address. */
  user: string | null
  /** Client id of the registered application; null: a password. */
  oauthClientId: string | null
}

/** One value as YAML, on one line. */
const value = (text: string) => stringify(text, { defaultStringType: 'QUOTE_DOUBLE' }).trim()

const serverKeys = ({ host, port, secure }: ServerAddress) =>
  `host: ${value(host)}, port: ${port}, secure: ${secure}`

const unknownIds = '    # authservIds: [mx.example.com]'

/** Whether the comment that `withAuthservId` replaces is still there. */
export const lacksAuthservId = (yaml: string) => yaml.includes(`\n${unknownIds}\n`)

export const withAuthservId = (yaml: string, id: string) =>
  yaml.replace(unknownIds, () => `    authservIds: [${value(id)}]`)

/** The line of `imap` as `configText` writes it, up to the login name. */
const imapLine = /^( +imap: \{ host: .+?, secure: (?:true|false))(?:, user: "(?:[^"\\]|\\.)*")?(?=[, ])/m

export const takesUser = (yaml: string) => imapLine.test(yaml)

export const withUser = (yaml: string, user: string) =>
  yaml.replace(imapLine, (_, head: string) => `${head}, user: ${value(user)}`)

/** The line of `smtp` as `configText` writes it. */
const smtpLine = /^( +)smtp: \{ host: .+\}$/m

export const takesAuthority = (yaml: string) => smtpLine.test(yaml) && !/^ +tls:/m.test(yaml)

export const withAuthority = (yaml: string, file: string) =>
  yaml.replace(smtpLine, (line, indent: string) => `${line}\n${indent}tls: { ca: ${value(file)} }`)

/** replyd.yaml: the settings found, and comments on likely changes. Secrets are variables of `.env`. */
export function configText({ address, found, user, oauthClientId }: Answers): string {
  const login = user === null ? '' : `, user: ${value(user)}`
  const oauth2 = `oauth2: { provider: ${found.oauth2}, clientId: ${value(oauthClientId ?? '')} }`
  const secret = oauthClientId === null ? `password: "\${MAIL_PASSWORD}"` : oauth2
  return `# Written by replyd init. Every key: docs/configuration.md. Secrets are in .env beside this file.
accounts:
  - address: ${value(address)}
    # Found by: ${found.source.replace(/\s+/g, ' ')}
    imap: { ${serverKeys(found.imap)}${login}, ${secret} }
    smtp: { ${serverKeys(found.smtp)} }
    # Mail that is already there is left alone. Take that of the last day as well:
    # since: 1d
    # Needed before anything may be sent automatically: the name your own server writes into Authentication-Results.
${unknownIds}

replies:
  # draft: saved in your Drafts mailbox. review: held in the review pages. send: sent when every rule allows it.
  mode: draft
  # signature: Kind regards

# A folder of Markdown and text files that replies may draw on:
# knowledge: ./knowledge

budget:
  # US dollars for the model per day; at the ceiling mail waits until midnight.
  perDay: 1
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
