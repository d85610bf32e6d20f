/** A server whose certificate comes from an unknown authority: a person checks it and may trust it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import type { AccountSettings, Config, Server } from '../../config/settings.ts'
import type { Check } from '../../doctor/doctor.ts'
import type { Say } from '../terminal.ts'
import type { Asker } from './asker.ts'

/** Milliseconds. */
const patienceMs = 10_000
/** Octets of what a server says before TLS. */
const longestPrelude = 10_000
const fileName = 'ca.pem'
const modelFileName = 'model-ca.pem'

/** Files that are written as soon as a person trusts the authority, since the next trial needs them. */
export const authorityFiles = [fileName, modelFileName]

type Place = Pick<Server, 'host' | 'port' | 'secure'>

interface Authority {
  /** As the certificate names itself. */
  issuer: string
  /** SHA-256, hexadecimal. */
  fingerprint: string
  pem: string
}

interface Trust {
  /** File that is written. */
  name: string
  key: string
  /** What to do in a script instead, to follow "and". */
  remedy: string
}

interface Attempt {
  folder: string
  asker: Asker
  say: Say
}

/**
 * Offers to trust the authority of a mail server whose issuer is unknown, for `tls.ca`.
 * @returns name of the file with its certificate; null if the person does not trust it
 */
export async function trustedAuthority(
  account: AccountSettings,
  checks: readonly Check[],
  attempt: Attempt,
): Promise<string | null> {
  const server = unknownServer(account, checks)
  const own = server?.caFile === undefined || server.caFile === join(attempt.folder, fileName)
  if (server === null || !own) return null
  const remedy = 'run init again with --ca FILE'
  return (await isTrusted(server, { name: fileName, key: 'tls.ca', remedy }, attempt)) ? fileName : null
}

/** The same for the endpoint of the model, for OPENAI_TLS_CA. */
export async function trustedModelAuthority(
  { baseUrl, caFile }: Pick<Config['model'], 'baseUrl' | 'caFile'>,
  checks: readonly Check[],
  attempt: Attempt,
): Promise<string | null> {
  if (!isUnknown(checks, 'model') || caFile !== undefined) return null
  const { hostname, port } = new URL(baseUrl)
  const endpoint = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443), secure: true }
  const into = { name: modelFileName, key: 'model.tls.ca', remedy: 'set the variable OPENAI_TLS_CA to FILE' }
  return (await isTrusted(endpoint, into, attempt)) ? modelFileName : null
}

/**
 * Shows who issued the certificate, and adds the authority to the file if a person agrees. With --yes it is only shown,
 * since an attacker between this machine and the server would be trusted otherwise.
 */
async function isTrusted(
  server: Place,
  { name, key, remedy }: Trust,
  { folder, asker, say }: Attempt,
): Promise<boolean> {
  const place = `${server.host}:${server.port}`
  const authority = await presentedBy(server).catch(() => null)
  if (authority === null) {
    await say(
      `\n${place} does not send its authority's certificate. Ask its administrator for it, and set ${key} to that file.`,
    )
    return false
  }
  await say(`\nThe certificate of ${place} is not from a public authority.`)
  await say(`Issued by: ${authority.issuer}`)
  await say(`SHA-256 fingerprint of the issuer:\n${halves(authority.fingerprint)}`)
  await say(
    'If it is not the one that the administrator of the server names, someone may be intercepting the connection.',
  )
  if (!asker.asks) await say(`To trust it, save its certificate to a FILE (PEM), and ${remedy}.`)
  if (!asker.asks || !(await asker.confirm(`Trust it (written to ${name})?`, false))) return false
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  const present = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (!present.includes(authority.pem)) writeFileSync(file, `${present}${authority.pem}`, { mode: 0o600 })
  return true
}

/** 32 octets on two lines, which fit a narrow terminal. */
const halves = (fingerprint: string) => `  ${fingerprint.slice(0, 48)}\n  ${fingerprint.slice(48)}`

const isUnknown = (checks: readonly Check[], kind: Check['name']) =>
  checks.some(({ name, detail }) => name === kind && detail.includes('unknown issuer'))

function unknownServer({ imap, smtp }: AccountSettings, checks: readonly Check[]): Server | null {
  if (isUnknown(checks, 'imap')) return imap
  return isUnknown(checks, 'smtp') ? smtp : null
}

/** @returns null when the server sends the issuer of its issuer only by name */
export async function presentedBy(server: Place): Promise<Authority | null> {
  const { host, port, secure } = server
  const plain = connectPlain({ host, port })
  const timer = setTimeout(() => plain.destroy(new Error('no answer')), patienceMs)
  try {
    if (!secure) await startTls(plain)
    const certificate = await new Promise<DetailedPeerCertificate>((resolve, reject) => {
      const name = isIP(host) ? {} : { servername: host }
      const socket = connect({ socket: plain, rejectUnauthorized: false, ...name }, () =>
        resolve(socket.getPeerCertificate(true)),
      )
      socket.on('error', reject)
      plain.on('error', reject)
    })
    return topOf(certificate)
  } finally {
    clearTimeout(timer)
    plain.destroy()
  }
}

/** The greeting tells which of the two protocols it is (RFC 3207, RFC 9051 section 6.2.1). */
function startTls(socket: Socket): Promise<void> {
  let said = ''
  // The pattern of each answer, and the command that follows it.
  const imap: Step[] = [[/^a OK [^\n]*\n$/im, '']]
  const smtp: Step[] = [
    [/^250 [^\n]*\n$/m, 'STARTTLS\r\n'],
    [/^220 [^\n]*\n$/m, ''],
  ]
  let steps: Step[] | null = null
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString('latin1')
      if (said.length > longestPrelude) socket.destroy()
      if (steps === null && said.endsWith('\n')) {
        steps = said.startsWith('*') ? imap : smtp
        socket.write(steps === imap ? 'a STARTTLS\r\n' : 'EHLO replyd\r\n')
        said = ''
      } else if (steps?.[0]?.[0].test(said)) {
        said = ''
        const [, next = ''] = steps.shift() ?? []
        if (next !== '') socket.write(next)
        else {
          socket.off('data', hear)
          resolve()
        }
      }
    }
    socket.on('data', hear)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('no STARTTLS')))
  })
}

type Step = [answer: RegExp, next: string]

function topOf(certificate: DetailedPeerCertificate): Authority | null {
  let top = certificate
  while (top.issuerCertificate && top.issuerCertificate !== top) top = top.issuerCertificate
  if (!top.raw || JSON.stringify(top.subject) !== JSON.stringify(top.issuer)) return null
  const lines = top.raw.toString('base64').replace(/.{1,64}/g, '$&\n')
  return {
    issuer: Object.entries(top.subject)
      .map(([name, text]) => `${name}=${text}`)
      .join(', '),
    fingerprint: top.fingerprint256,
    pem: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
  }
}
