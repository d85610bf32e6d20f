/** The owner's own mail client, and its view of the mailbox. */
import { ImapFlow } from 'imapflow'
import { firstField } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import type { ImapPeer } from './peers.ts'

export type Use = 'inbox' | 'drafts' | 'sent' | 'junk'

export interface Lying {
  uid: number
  flags: ReadonlySet<string>
  octets: Buffer
  messageId: string
  inReplyTo: string
  subject: string
}

const attributes: Readonly<Record<Use, string>> = {
  inbox: '\\Inbox',
  drafts: '\\Drafts',
  sent: '\\Sent',
  junk: '\\Junk',
}

export class OwnersClient {
  readonly #peer: ImapPeer

  constructor(peer: ImapPeer) {
    this.#peer = peer
  }

  /** On a separate connection, as a phone would. */
  async with<T>(work: (client: ImapFlow) => Promise<T>): Promise<T> {
    const { port, user, password } = this.#peer
    const client = new ImapFlow({
      host: '127.0.0.1',
      port,
      secure: false,
      tls: { rejectUnauthorized: false },
      auth: { user, pass: password },
      logger: false,
      disableAutoIdle: true,
    })
    client.on('error', () => undefined)
    await client.connect()
    // See src/imap/mutations.ts.
    if (client.capabilities.get('APPENDLIMIT') === 0) client.capabilities.delete('APPENDLIMIT')
    try {
      return await work(client)
    } finally {
      await client.logout().catch(() => client.close())
    }
  }

  /** Null if there is none. */
  async path(client: ImapFlow, use: Use): Promise<string | null> {
    return (await client.list()).find(({ specialUse }) => specialUse === attributes[use])?.path ?? null
  }

  /** What any client does at its first set-up. */
  prepare(): Promise<void> {
    return this.with(async (client) => {
      if ((await this.path(client, 'sent')) === null) await client.mailboxCreate('Sent')
      await client.mailboxOpen('INBOX')
      // Demo mail of pymap.
      if (client.mailbox && client.mailbox.exists > 0) await client.messageDelete('1:*')
    })
  }

  deliver(mails: readonly Buffer[]): Promise<void> {
    return this.with(async (client) => {
      for (const octets of mails) await client.append('INBOX', octets, [], new Date())
    })
  }

  read(use: Use): Promise<Lying[]> {
    return this.with(async (client) => {
      const path = await this.path(client, use)
      if (path === null) return []
      await client.mailboxOpen(path, { readOnly: true })
      if (!client.mailbox || client.mailbox.exists === 0) return []
      const rows = await client.fetchAll('1:*', { uid: true, flags: true, source: true })
      return rows.flatMap(({ uid, flags, source }) =>
        uid && source ? [lying(uid, flags ?? new Set(), source)] : [],
      )
    })
  }

  /** In that mailbox, opened for writing. */
  inside<T>(use: Use, work: (client: ImapFlow, path: string) => Promise<T>): Promise<T> {
    return this.with(async (client) => {
      const path = await this.path(client, use)
      if (path === null) throw new Error(`there is no ${use}`)
      await client.mailboxOpen(path)
      return work(client, path)
    })
  }
}

function lying(uid: number, flags: ReadonlySet<string>, octets: Buffer): Lying {
  const message = parseOctets(octets)
  const field = (name: string) => firstField(message, name) ?? ''
  return {
    uid,
    flags,
    octets,
    messageId: field('message-id'),
    inReplyTo: field('in-reply-to'),
    subject: field('subject'),
  }
}
