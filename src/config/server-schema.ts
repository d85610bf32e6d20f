import * as z from 'zod'
import { defaults } from './defaults.ts'
import { duration, host, key, port, required, tls, url, word } from './fields.ts'

const OAuth2 = z
  .strictObject({
    provider: required(
      z.enum(['google', 'microsoft', 'custom']),
      'Provider of the sign-in; `custom` needs `tokenUrl`',
    ),
    clientId: required(word(), 'Client id of your registered application'),
    clientSecret: key(word(), 'Client secret, if the provider issued one'),
    tokenUrl: key(url('https', 'http'), "Token endpoint; the provider's own by default"),
    deviceUrl: key(url('https', 'http'), 'Device authorization endpoint (RFC 8628)'),
    authorizeUrl: key(url('https', 'http'), 'Authorization endpoint'),
    scopes: key(z.array(word()).min(1, 'must not be empty'), 'Scopes to request'),
  })
  .meta({ id: 'OAuth2', description: 'OAuth2 (XOAUTH2) instead of a password' })

const server = (ports: string) => ({
  host: required(host(), 'Host name of the server'),
  port: key(port(1), ports),
  secure: key(
    z.boolean(),
    'TLS from the first octet; `false` means that STARTTLS is required. By default true unless `port` is a STARTTLS port',
  ),
  user: key(word(), "Login name; by default the account's address"),
  password: key(z.string().min(1, 'must not be empty'), `Password, best written as a variable: \${NAME}`),
  oauth2: key(OAuth2, 'OAuth2 instead of a password'),
  tls: tls(),
  allowPlaintext: key(z.boolean(), "Overrides the account's `allowPlaintext` for this server"),
})

export const Imap = z
  .strictObject({
    ...server('993, or 143 when `secure` is false'),
    poll: key(
      duration(1000, 3_600_000),
      'Interval between polls of the mailbox in addition to IDLE, as a safety net',
      defaults.poll,
    ),
  })
  .meta({ id: 'Imap', description: 'Where mail is read' })

const smtp = {
  ...server('465, or 587 when `secure` is false'),
  user: key(
    z.string().trim(),
    "Login name; by default the account's address. Empty: no login, for a relay that needs none",
  ),
}

export const Smtp = z.strictObject(smtp).meta({
  id: 'Smtp',
  description: 'Where replies are submitted; `user` and `password` default to those of `imap`',
})
