/** `replyd token` and `replyd totp`: other ways to log in than the password. */
import { randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import { systemClock } from '../base/clock.ts'
import { base32 } from '../config/totp.ts'
import { type ApiToken, listTokens, revokeToken } from '../store/api-tokens.ts'
import { issueToken, type NewToken } from '../web/token-routes.ts'
import { calledAs } from './called.ts'
import { UsageError } from './failure.ts'
import { withStore } from './store-access.ts'
import { table } from './table.ts'
import { type ExitStatus, type Terminal, writeLine } from './terminal.ts'

interface TokenOptions {
  config?: string
  json?: boolean
  scope?: string[]
}

/** Prints the token once. @throws UsageError without a scope */
export async function create(name: string, options: TokenOptions, terminal: Terminal): Promise<ExitStatus> {
  const { scope: scopes = [] } = options
  if (scopes.length === 0) throw new UsageError('name what it may do: --scope read, decide, metrics or admin')
  const issued = await withStore(options.config, terminal, {
    api: (api) => api.post<NewToken>('/tokens', { name, scopes }),
    direct: (db) => issueToken(db, { name, scopes }, userInfo().username, systemClock.now()),
  })
  const text = `${issued.token}\nThis is shown once. Send it as \`Authorization: Bearer TOKEN\`.`
  await writeLine(terminal.stdout, options.json ? JSON.stringify(issued) : text)
  return 0
}

export async function list(options: TokenOptions, terminal: Terminal): Promise<ExitStatus> {
  const tokens = await withStore(options.config, terminal, {
    api: (api) => api.get<ApiToken[]>('/tokens'),
    direct: listTokens,
  })
  const day = (at: Date | string | null) =>
    at === null ? 'never used' : new Date(at).toISOString().slice(0, 10)
  const rows = tokens.map(({ name, scopes, createdAt, usedAt }) => [
    name,
    scopes.join(', '),
    `made ${day(createdAt)}`,
    usedAt === null ? 'never used' : `used ${day(usedAt)}`,
  ])
  const text =
    rows.length === 0
      ? `There is no token yet: ${calledAs(terminal.environment)} token create NAME --scope read`
      : table(rows, [], '')
  await writeLine(terminal.stdout, options.json ? JSON.stringify(tokens) : text)
  return 0
}

export async function revoke(name: string, options: TokenOptions, terminal: Terminal): Promise<ExitStatus> {
  const found = await withStore(options.config, terminal, {
    api: async (api) => {
      await api.post(`/tokens/${encodeURIComponent(name)}/revoke`)
      return true
    },
    direct: (db) => revokeToken(db, name),
  })
  if (!found) throw new Error('There is no token with that name.')
  await writeLine(terminal.stdout, options.json ? JSON.stringify({ ok: true }) : `Revoked ${name}.`)
  return 0
}

/** A new secret for `web.totpSecret`, and the address that authenticator apps take. */
export async function totp({ json }: { json?: boolean }, terminal: Terminal): Promise<ExitStatus> {
  const secret = base32(randomBytes(20))
  const url = `otpauth://totp/replyd?secret=${secret}&issuer=replyd`
  const words = [
    `REPLYD_WEB_TOTP=${secret}`,
    url,
    'Put the first line into .env, give the second to your authenticator app,',
    'and restart replyd.',
  ].join('\n')
  await writeLine(terminal.stdout, json ? JSON.stringify({ secret, url }) : words)
  return 0
}
