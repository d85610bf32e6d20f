/** The contents of a mailbox, read by a separate client. */
import { ImapFlow } from 'imapflow'
import { messageIds } from '../../src/mail/address.ts'
import { firstField } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'

export interface Lying {
  uid: number
  flags: string[]
  octets: Buffer
  messageId: string | null
  inReplyTo: string | null
  references: string[]
  autoSubmitted: string | null
}

export async function withClient<T>(
  server: { host: string; imapPort: number; password: string },
  user: string,
  work: (client: ImapFlow) => Promise<T>,
): Promise<T> {
  const client = new ImapFlow({
    host: server.host,
    port: server.imapPort,
    secure: false,
    auth: { user, pass: server.password },
    logger: false,
    doSTARTTLS: false,
  })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.logout()
  }
}

/** Resolves when that many mails are in the mailbox, as reported by IDLE. */
export function filledUp(
  server: { host: string; imapPort: number; password: string },
  user: string,
  path: string,
  mails: number,
): Promise<void> {
  return withClient(server, user, async (client) => {
    const full = new Promise<void>((resolve) => {
      client.on('exists', ({ count }) => count >= mails && resolve())
    })
    const { exists } = await client.mailboxOpen(path, { readOnly: true })
    if (exists >= mails) return
    void client.idle()
    await full
  })
}

/** Reads without setting \Seen; empty if the mailbox does not exist. */
export function readMailbox(
  server: { host: string; imapPort: number; password: string },
  user: string,
  path: string,
): Promise<Lying[]> {
  return withClient(server, user, async (client) => {
    const lying: Lying[] = []
    try {
      await client.mailboxOpen(path, { readOnly: true })
    } catch {
      return []
    }
    if (client.mailbox && client.mailbox.exists === 0) return []
    for await (const { uid, flags, source } of client.fetch('1:*', {
      uid: true,
      flags: true,
      source: true,
    })) {
      if (source) lying.push({ uid, flags: [...(flags ?? [])], octets: source, ...headOf(source) })
    }
    return lying
  })
}

function headOf(source: Buffer) {
  const message = parseOctets(source)
  return {
    messageId: firstField(message, 'message-id'),
    inReplyTo: firstField(message, 'in-reply-to'),
    references: messageIds(firstField(message, 'references') ?? ''),
    autoSubmitted: firstField(message, 'auto-submitted'),
  }
}
