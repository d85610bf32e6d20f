import { parseOctets } from '../../../src/mail/mime/octets.ts'
import { buildReply, type ReplyInput } from '../../../src/mail/reply/build.ts'
import { letter, letterOf, now, owner, textPart } from '../../guard/letter.ts'

export const plain: ReplyInput = {
  original: letter(),
  owner,
  kind: 'send',
  text: 'Hello Jonas,\n\na ton of gravel costs 40 euros.',
  html: false,
  language: 'en',
  signature: 'Mara Lindqvist\nHarbor Gravel',
  quote: 'none',
  disclosure: 'This is an automatic answer.',
  messageId: '<0123@harbor.example>',
  now,
  originalId: null,
}

export async function written(changes: Partial<ReplyInput> = {}) {
  const reply = await buildReply({ ...plain, ...changes })
  const text = reply.octets.toString('utf8')
  const end = text.indexOf('\r\n\r\n')
  return {
    reply,
    text,
    header: text.slice(0, end),
    body: text.slice(end + 4),
    message: parseOctets(reply.octets),
  }
}

export const html = letterOf('multipart/alternative', [textPart, 'Content-Type: text/html\n\n<p>Hello</p>'])
