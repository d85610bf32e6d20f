/** The demo's mailbox: an IMAP and a submission server on loopback, in memory, gone when closed. */
import type { AddressInfo, Socket } from 'node:net'
import hoodiecrow from 'hoodiecrow-imap'
import {
  SMTPServer,
  type SMTPServerAuthenticationResponse,
  type SMTPServerDataStream,
  type SMTPServerSession,
} from 'smtp-server'
import { hoodiecrowPatches } from './hoodiecrow-patches.ts'

export interface MailboxOptions {
  user: string
  password: string
  /** INTERNALDATE of delivered mail. */
  now: () => Date
  /** The server's plugins, to simulate servers with fewer or other features. */
  plugins?: (usual: readonly Plugin[]) => readonly Plugin[]
  /** Mailboxes other than INBOX, by name; by default the usual five with their special use. */
  folders?: Record<string, object>
  /** Files mail submitted by SMTP in that mailbox, as Gmail and Microsoft do. */
  filesSentIn?: string
}

/** A part of hoodiecrow by its name, or a function on the server. */
export type Plugin = string | typeof hoodiecrowPatches

interface DemoMail {
  uid: number
  flags: readonly string[]
  octets: Buffer
}

/** A message that the submission server accepted with 250. */
interface SubmittedMail {
  reversePath: string
  recipients: readonly string[]
  octets: Buffer
}

export interface DemoMailbox extends AsyncDisposable {
  readonly imap: { host: string; port: number }
  readonly smtp: { host: string; port: number }
  /** Puts a message into a mailbox (INBOX by default), as delivery would: clients in IDLE there are notified. */
  deliver(octets: Buffer, flags?: readonly string[], mailbox?: string): Promise<void>
  /** @throws Error when there is no such mailbox */
  list(mailbox: string): Promise<DemoMail[]>
  sent(): readonly SubmittedMail[]
  /** Drops every connection and frees the ports. */
  close(): Promise<void>
}

const host = '127.0.0.1'

// AUTH=PLAIN because hoodiecrow's LOGIN does not unquote a password with a quotation mark in it.
const usual: readonly Plugin[] = [
  'AUTH-PLAIN',
  'SASL-IR',
  'ID',
  'IDLE',
  'LITERALPLUS',
  'MOVE',
  'NAMESPACE',
  'SPECIAL-USE',
  'UIDPLUS',
  'UNSELECT',
  hoodiecrowPatches,
]

/** Mailboxes other than INBOX, named after their special use (RFC 6154). */
const specialUse = ['Drafts', 'Sent', 'Junk', 'Trash', 'Archive']

/**
 * Starts both servers on free ports of 127.0.0.1, without TLS: nothing leaves the machine.
 * @throws Error when no port can be opened
 */
export async function startMailbox(options: MailboxOptions): Promise<DemoMailbox> {
  const { user, password, now, plugins = (same) => same, filesSentIn } = options
  const usualFolders = Object.fromEntries(specialUse.map((name) => [name, { 'special-use': `\\${name}` }]))
  const folders = options.folders ?? usualFolders
  const server = hoodiecrow({
    // Without TLS no key is needed; otherwise it would load the one bundled with the package.
    credentials: {},
    plugins: [...plugins(usual)],
    users: { [user]: { password } },
    storage: { INBOX: {}, '': { separator: '/', folders } },
  })
  const sockets = new Set<Socket>()
  server.server.on('connection', (socket) => {
    sockets.add(socket)
    // hoodiecrow writes an answer in many small pieces; with Nagle's algorithm each command would take 40 ms.
    socket.setNoDelay(true)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(0, host, resolve)
  })
  const submission = await startSubmission(user, password, (octets) => {
    if (filesSentIn) server.appendMessage(filesSentIn, ['\\Seen'], now(), octets.toString('latin1'))
  })
  const close = async (): Promise<void> => {
    const gone = [...sockets].map(
      (socket) => new Promise((resolve) => socket.once('close', resolve).destroy()),
    )
    await Promise.all([...gone, new Promise((resolve) => server.server.close(resolve)), submission.close()])
  }
  return {
    imap: { host, port: (server.server.address() as AddressInfo).port },
    smtp: { host, port: submission.port },
    deliver: async (octets, flags = [], mailbox = 'INBOX') => {
      server.appendMessage(mailbox, [...flags], now(), octets.toString('latin1'))
    },
    list: async (path) => {
      const mailbox = server.getMailbox(path)
      if (!mailbox) throw new Error(`no mailbox ${path}`)
      return mailbox.messages.map(({ uid, flags, raw }) => ({
        uid,
        flags: [...flags],
        octets: Buffer.from(raw, 'latin1'),
      }))
    },
    sent: () => submission.accepted,
    close,
    [Symbol.asyncDispose]: close,
  }
}

interface Submission {
  port: number
  accepted: SubmittedMail[]
  close(): Promise<void>
}

/** RFC 6409: nothing is accepted without authentication. */
async function startSubmission(
  user: string,
  password: string,
  onTaken: (octets: Buffer) => void,
): Promise<Submission> {
  const accepted: SubmittedMail[] = []
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 1,
    logger: false,
    onAuth: ({ username, password: given }, _session, callback) => {
      const known = username === user && given === password
      const refusal = Object.assign(new Error('Authentication credentials invalid'), { responseCode: 535 })
      const response: SMTPServerAuthenticationResponse = { user }
      callback(known ? null : refusal, known ? response : undefined)
    },
    onData: (stream, session, callback) => {
      readAll(stream).then((octets) => {
        accepted.push(submitted(session, octets))
        onTaken(octets)
        callback()
      }, callback)
    },
  })
  // Clients that drop the connection do not matter to the demo, but without a listener they would end the process.
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const port = (server.server.address() as AddressInfo).port
  return { port, accepted, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

async function readAll(stream: SMTPServerDataStream): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function submitted(session: SMTPServerSession, octets: Buffer): SubmittedMail {
  const { mailFrom, rcptTo } = session.envelope
  return {
    reversePath: mailFrom ? mailFrom.address : '',
    recipients: rcptTo.map(({ address }) => address),
    octets,
  }
}
