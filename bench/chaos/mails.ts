/** The delivered mails, and the expected outcome of each. */
import type { Disposition } from '../../src/base/dispositions.ts'

/** The kind of a mail; its subject tells it to the stand-in model. */
export type Kind = 'send' | 'draft' | 'spam' | 'list' | 'robot' | 'thanks'

export interface Delivered {
  token: string
  kind: Kind
  /** With angle brackets. */
  messageId: string | null
  sender: string
  octets: Buffer
}

/** Where replyd takes a mail of that kind when nothing goes wrong. */
export const usualEnd: Readonly<Record<Kind, Disposition>> = {
  send: 'sent',
  draft: 'drafted',
  spam: 'filed',
  list: 'declined',
  robot: 'declined',
  thanks: 'no-reply-needed',
}

export const authservId = 'mx.chaos.test'

const bodies: Readonly<Record<Kind, string>> = {
  send: 'Hello, when are you open? Best, Ann',
  draft: 'Hello, could you tell me when you are open? Best, Ben',
  spam: 'You have won a million dollars in our lottery.',
  list: 'Minutes of the last meeting of the club.',
  robot: 'I am out of office until Monday.',
  thanks: 'Thank you, that was all.',
}

/** Each sender has a separate domain, so that no limit per domain is reached. */
export function makeMail(kind: Kind, token: string, withMessageId = true): Delivered {
  const domain = `d${token}.example`
  const sender = `s@${domain}`
  const messageId = withMessageId ? `<${token}@${domain}>` : null
  const header = [
    ...(kind === 'send' ? [`Authentication-Results: ${authservId}; dmarc=pass header.from=${domain}`] : []),
    ...(messageId === null ? [] : [`Message-ID: ${messageId}`]),
    ...(kind === 'list' ? ['List-Id: <club.example>', 'Precedence: list'] : []),
    ...(kind === 'robot' ? ['Auto-Submitted: auto-replied'] : []),
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `From: Sender ${token} <${sender}>`,
    'To: %TO%',
    `Subject: ${kind} ${token}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
  ]
  return {
    token,
    kind,
    messageId,
    sender,
    octets: Buffer.from(`${header.join('\r\n')}\r\n\r\n${bodies[kind]}\r\n`),
  }
}

/** The mail with the owner's address in it. */
export function addressed({ octets }: Delivered, address: string): Buffer {
  return Buffer.from(octets.toString('latin1').replace('%TO%', address), 'latin1')
}
