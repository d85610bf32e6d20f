/** A server whose certificate comes from an authority that nobody here knows: a person looks at it, and may believe it. */
import { writeFileSync } from 'node:fs'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import type { AccountSettings, Config, Server } from '../../config/settings.ts'
import type { Check } from '../../doctor/doctor.ts'
import type { Say } from '../terminal.ts'
import type { Asker } from './asker.ts'
import { environmentText, takesAuthority, withAuthority, withoutVariable } from './files.ts'

/** Milliseconds. */
const patienceMs = 10_000
/** Octets of what a server says before TLS. */
const longestPrelude = 10_000
const fileName = 'ca.pem'
const modelFileName = 'model-ca.pem'

type Place = Pick<Server, 'host' | 'port' | 'secure'>

interface Authority {
  /** As the certificate names itself. */
  issuer: string
  /** SHA-256, hexadecimal. */
  fingerprint: string
  pem: string
}

interface Texts {
  yaml: string
  /** Of `.env`. */
  secrets: string
}

interface Attempt {
  folder: string
  asker: Asker
  say: Say
}

/**
 * Shows who issued the certificate of a mail server or of the model's endpoint, and offers to write that down as `tls.ca`
 * or OPENAI_TLS_CA. With --yes it is only shown: otherwise an attacker between this machine and the server would be
 * trusted.
 * @returns the texts with it; null when nothing was changed
 */
export async function believingAuthority(
  { yaml, secrets }: Texts,
  { accounts: [account], model }: Pick<Config, 'accounts' | 'model'>,
  checks: readonly Check[],
  attempt: Attempt,
): Promise<Texts | null> {
  const server = account ? unknownServer(account, checks) : null
  if (server !== null && server.caFile === undefined && takesAuthority(yaml)) {
    const believed = await isBelieved(server, 'tls.ca', fileName, attempt)
    if (believed) return { yaml: withAuthority(yaml, fileName), secrets }
  }
  if (!isUnknown(checks, 'model') || model.caFile !== undefined) return null
  const { hostname, port } = new URL(model.baseUrl)
  const endpoint = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443), secure: true }
  if (!(await isBelieved(endpoint, 'model.tls.ca', modelFileName, attempt))) return null
  const variables = { OPENAI_TLS_CA: modelFileName }
  return { yaml, secrets: environmentText(withoutVariable(secrets, 'OPENAI_TLS_CA'), variables) }
}

/** Whether a person believes the authority, which is then in the file. */
async function isBelieved(
  server: Place,
  key: string,
  file: string,
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
  await say(`\nThe certificate of ${place} was issued by: ${authority.issuer}`)
  await say(`SHA-256 fingerprint of that authority: ${authority.fingerprint}`)
  const question = `Have you compared it with what the administrator says, and is it to be believed (written to ${file})?`
  if (!asker.asks || !(await asker.confirm(question, false))) return false
  writeFileSync(join(folder, file), authority.pem, { mode: 0o600 })
  return true
}

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

/** RFC 3207, RFC 9051 section 6.2.1: which of the two it is says the greeting. */
function startTls(socket: Socket): Promise<void> {
  let said = ''
  // What each answer has to look like, and what is said after it.
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
