/** A mail whose reply waits for a person, as compose and decide leave it, but made without a mail server. */
import type { Part } from '../../src/mail/message.ts'
import type { Database } from '../../src/store/database.ts'
import { type NewMessage, storeIngested } from '../../src/store/ingested.ts'
import { forceMail, forceReply, putReply } from '../live/force.ts'
import { seedReply } from '../live/seed.ts'
import { composedAs } from '../triage/a-verdict.ts'

const structure: Part = {
  ...{ path: '1', type: 'text/plain', parameters: { charset: 'utf-8' }, disposition: null, filename: null },
  ...{ encoding: '8bit', size: 0, children: [] },
}

export interface Waiting {
  id: string
  account: string
  from: string
  fromName?: string
  subject: string
  /** Columns of the mail. */
  text: string
  /** Columns of the reply. */
  reply: string
  uid: number
}

export async function putWaiting(db: Database, waiting: Waiting, at: Date): Promise<void> {
  const { id, account, from, fromName = 'Noor', subject, text, reply, uid } = waiting
  const message: NewMessage = {
    ...{ id, account, mailbox: 'INBOX', uidValidity: '1', uid, messageId: `<${id}@buyers.example>` },
    ...{ emailId: null, threadId: null, size: text.length, internalDate: at, flags: [] },
    ...{ fromAddress: from, fromName, subject },
    ...({ step: 'guard', disposition: 'pending', reason: 'ingested' } as const),
  }
  const header = `From: ${JSON.stringify(fromName)} <${from}>\r\nTo: ${account}\r\nSubject: ${subject}\r\nMessage-ID: <${id}@buyers.example>\r\nDate: ${at.toUTCString()}\r\n`
  const body = {
    ...{ id, header: Buffer.from(header), structure },
    ...{ text, html: null, hiddenText: false, faults: [] },
  }
  await storeIngested(db, { messages: [message], bodies: [body] }, at)
  await forceMail(db, { id, from: 'guard', to: 'deliver', disposition: 'approved', reason: 'ok' }, at)
  const written = {
    ...{ ...seedReply(id, from), account, subject: `Re: ${subject}`, text: reply },
    holdReasons: ['mode-review' as const],
  }
  await putReply(db, { ...written, reversePath: account, composed: composedAs(reply) }, 'deliver', at)
  await forceReply(db, { id, from: ['composed'], to: 'held', actor: 'replyd' }, at)
  await forceMail(db, { id, from: 'deliver', to: 'review', disposition: 'held', reason: 'mode-review' }, at)
}
