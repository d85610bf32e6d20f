/** The result of a check; why a server could not be reached or refused the login, and what the owner can do about it. */
import { LoginUnavailable, OwnerActionError, reasonOf, SignInNeeded } from '../base/errors.ts'
import { loginAdvice } from '../base/providers.ts'
import { type CertificateFault, certificateFault, oldTls, withoutReports } from '../base/trust.ts'
import type { Server } from '../config/settings.ts'

/** The result of one check, in words for the owner. */
export interface Check {
  readonly name:
    | 'configuration'
    | 'imap'
    | 'capabilities'
    | 'mailboxes'
    | 'smtp'
    | 'sending'
    | 'forgery'
    | 'model'
    | 'queue'
    | 'state'
  /** Address of the account; null if shared by all. */
  readonly account: string | null
  readonly status: 'ok' | 'warning' | 'failed'
  readonly detail: string
  /** What to do; null if nothing. */
  readonly advice: string | null
}

export type Verdict = Pick<Check, 'status' | 'detail' | 'advice'>

export const passed = (detail: string): Verdict => ({ status: 'ok', detail, advice: null })
export const warned = (detail: string, advice: string): Verdict => ({ status: 'warning', detail, advice })
export const failed = (detail: string, advice: string): Verdict => ({ status: 'failed', detail, advice })

export interface Peer extends Pick<Server, 'host' | 'port' | 'secure'> {
  /** The group of keys that names it: `imap`, `smtp`, `state.redisUrl`. */
  readonly keys: string
  readonly protocol: 'IMAP' | 'SMTP' | 'Redis' | 'PostgreSQL'
}

/** All errors that led to this one, itself included; a connection tried on several addresses has several causes. */
function chain(error: unknown): object[] {
  if (typeof error !== 'object' || error === null) return []
  const parts: unknown = Reflect.get(error, 'errors')
  return [error, ...chain(Reflect.get(error, 'cause')), ...(Array.isArray(parts) ? parts.flatMap(chain) : [])]
}

/** The first code of the operating system, of TLS, or of a library that the error or its causes carry. */
export function codeOf(error: unknown): string {
  for (const link of chain(error)) {
    const code: unknown = Reflect.get(link, 'code')
    if (typeof code === 'string' && code !== '') return code
  }
  return ''
}

interface Explanation {
  /**
   * Matched against names and messages of the error and its causes: nodemailer keeps the system's code only in its
   * text.
   */
  readonly sign: RegExp
  readonly detail: (place: string, peer: Peer, found: string) => string
  readonly advice: (peer: Peer, found: string) => string
}

/** The setting for an owner's authority. Connections without a setting of their own use that of Node.js. */
const authorityKey = (keys: string) =>
  /^(imap|smtp)$/.test(keys) ? 'tls.ca of the account' : 'the variable NODE_EXTRA_CA_CERTS'

const certificateAdvice: Record<CertificateFault['kind'], (keys: string) => string> = {
  'unknown issuer': (keys) =>
    `If the authority is your own, set ${authorityKey(keys)} to a file with its certificate (PEM).`,
  'wrong name': (keys) => `Set ${keys}.host to the name on the certificate.`,
  expired: () => 'Renew the certificate on the server.',
  'not valid yet': () => "Check this machine's clock, then the certificate.",
}

const explanations: readonly Explanation[] = [
  {
    sign: /ENOTFOUND|EAI_AGAIN/,
    detail: (place, { host }) => `the host name ${host} is not known to DNS (${place})`,
    advice: ({ keys }) => `Check ${keys}.host for a typo, and that this machine can resolve names.`,
  },
  {
    sign: /ECONNREFUSED/,
    detail: (place) => `nothing listens on ${place}`,
    advice: ({ keys }) => `Check ${keys}.host and ${keys}.port, and that the server is running.`,
  },
  {
    // OpenSSL's message when it meets plain text; the wording differs by version.
    sign: /wrong version number|packet length too long|unexpected message/i,
    detail: (place) => `${place} does not speak TLS from the first octet`,
    advice: ({ keys, protocol }) =>
      `Set ${keys}.secure to false (STARTTLS), or use port ${protocol === 'IMAP' ? 993 : 465}.`,
  },
  {
    sign: oldTls,
    detail: (place) => `${place} does not support TLS 1.2 or newer`,
    advice: () => 'Update the server: older versions are not safe (RFC 8996).',
  },
  {
    sign: /CERT_\w+|DEPTH_ZERO\w+|SELF_SIGNED\w+|UNABLE_TO_\w+|ERR_TLS_CERT\w+|certificate[^;]*|self-signed/i,
    detail: (place, _, found) => {
      const code = /[A-Z]+_[A-Z_]+/.exec(found)?.[0]
      const kind = certificateFault(found)?.kind ?? found.slice(0, 100)
      return `the TLS certificate of ${place} is not valid: ${kind}${code ? ` (${code})` : ''}`
    },
    advice: ({ keys }, found) => certificateAdvice[certificateFault(found)?.kind ?? 'wrong name'](keys),
  },
  {
    sign: /STARTTLS/i,
    detail: (place) => `${place} offers no STARTTLS, and plain text is refused`,
    advice: ({ keys }) =>
      `Use the TLS port (${keys}.secure: true). Only on a network that you trust: allowPlaintext: true.`,
  },
  {
    sign: /TIMEOUT|TIMEDOUT|EHOSTUNREACH|ENETUNREACH|timed? ?out|did not answer|greeting never received|aborted/i,
    detail: (place) => `${place} does not answer`,
    advice: ({ keys, secure }) => {
      // A server that waits for a TLS handshake sends nothing to a client that waits for its greeting.
      const hint = secure
        ? ''
        : ` If the port is one for TLS from the first octet, set ${keys}.secure to true.`
      return `Check ${keys}.host and ${keys}.port, and whether a firewall is in between.${hint}`
    },
  },
  {
    sign: /ERR_SSL_\w+|SSL routines:[^;\n]*|\bEPROTO\b/,
    detail: (place, _, found) => `TLS with ${place} can't begin: ${tlsWords(found)}`,
    advice: ({ keys, protocol }) =>
      `Check ${keys}.host and ${keys}.port: another kind of server, or one for another name, may listen there. The usual port is ${protocol === 'IMAP' ? 993 : 465}.`,
  },
]

/** The reason in Node's code or OpenSSL's report: `sslv3 alert illegal parameter`. */
const tlsWords = (found: string) =>
  found.startsWith('ERR_SSL_')
    ? found.slice('ERR_SSL_'.length).replaceAll('_', ' ').toLowerCase()
    : (found.split(':')[2] ?? 'no reason is given')

/** A failure before any login: its meaning, with host and port, and which key to check. */
export function connectionFailure(error: unknown, peer: Peer): Verdict {
  const place = `${peer.host}:${peer.port}`
  const text = chain(error)
    .map((link) => `${Reflect.get(link, 'code') ?? ''} ${reasonOf(link)}`)
    .join('; ')
  for (const { sign, detail, advice } of explanations) {
    const found = sign.exec(text)
    if (found) return failed(detail(place, peer, found[0]), advice(peer, found[0]))
  }
  const { keys } = peer
  const words = withoutReports(reasonOf(error)) || codeOf(error)
  return failed(`${place}: ${words}`, `Check ${keys}.host, ${keys}.port and ${keys}.secure.`)
}

/** A failure of a mail server: the login was refused, or the server could not be reached. */
export function serverFailure(error: unknown, server: Server, peer: Peer): Verdict {
  if (error instanceof SignInNeeded) return failed(reasonOf(error), 'Sign in: replyd auth ADDRESS.')
  if (error instanceof LoginUnavailable) return failed(error.detail, error.remedy)
  if (!(error instanceof OwnerActionError)) return connectionFailure(error, peer)
  const said = wordsOfServer(error)
  const detail = `${peer.host}:${peer.port} refused the login of ${server.user}${said ? `: ${said}` : ''}`
  return failed(detail, loginAdvice(server, peer.keys))
}

/** The server's own message, if the libraries keep it. */
function wordsOfServer(error: unknown): string {
  for (const link of chain(error)) {
    for (const name of ['responseText', 'response']) {
      const words: unknown = Reflect.get(link, name)
      if (typeof words === 'string' && words !== '') return words.replace(/\s+/g, ' ').slice(0, 200)
    }
  }
  return ''
}
