import { createHash } from 'node:crypto'
import MailComposer from 'nodemailer/lib/mail-composer'
import { encodeWord } from 'nodemailer/lib/mime-funcs'
import { PermanentError } from '../../errors.ts'
import type { Mailbox } from '../address.ts'

/** What goes into the octets of a reply. All values are decoded text without line breaks. */
export interface Draft {
  from: Mailbox
  to: readonly Mailbox[]
  subject: string
  messageId: string
  date: Date
  inReplyTo: string | null
  references: readonly string[]
  /** Further fields: ASCII names and values. */
  marks: Readonly<Record<string, string>>
  /** CRLF line ends, format=flowed. */
  text: string
  html: string | null
}

/** RFC 5322 section 2.1.1, in octets. */
const longestLine = 998

/** Characters; RFC 2047 section 2 allows 75. */
const encodedWordLength = 60

const structureFields = ['content-type', 'content-transfer-encoding', 'mime-version']

/**
 * Writes the message. The same draft gives the same octets: the boundary comes from the Message-ID.
 * @throws PermanentError when the header that came out is not the one that was asked for
 */
export async function compile(draft: Draft): Promise<Buffer> {
  const composer = new MailComposer({
    from: draft.from,
    to: [...draft.to],
    messageId: draft.messageId,
    date: draft.date,
    ...(draft.inReplyTo === null ? {} : { inReplyTo: draft.inReplyTo }),
    ...(draft.references.length === 0 ? {} : { references: [...draft.references] }),
    headers: {
      Subject: { prepared: true, foldLines: true, value: encodedSubject(draft.subject) },
      ...draft.marks,
    },
    alternatives: [
      part('text/plain', draft.text, '; format=flowed'),
      ...(draft.html === null ? [] : [part('text/html', draft.html, '')]),
    ],
    baseBoundary: createHash('sha256').update(draft.messageId).digest('hex').slice(0, 24),
    newline: 'win',
    disableFileAccess: true,
    disableUrlAccess: true,
  } as ConstructorParameters<typeof MailComposer>[0])
  const built = await composer.compile().build()
  const end = built.indexOf('\r\n\r\n')
  const header = oneIdALine(built.subarray(0, end).toString('utf8'))
  checkHeader(header, draft)
  return Buffer.concat([Buffer.from(header, 'utf8'), built.subarray(end)])
}

/**
 * RFC 2047 only for what needs it: an ASCII subject stays readable, quotes included, which nodemailer would encode;
 * one that looks like an encoded word must not be decoded by the reader, which nodemailer would leave as it is.
 */
function encodedSubject(subject: string): string {
  if (/^[\x20-\x7e]*$/.test(subject) && !subject.includes('=?')) return subject
  const letters = subject.match(/[\x20-\x7e]/g)?.length ?? 0
  return encodeWord(subject, letters * 2 > subject.length ? 'Q' : 'B', encodedWordLength)
}

/** us-ascii and 7bit where they suffice, else utf-8 as quoted-printable: 8BITMIME is never relied on (RFC 6152). */
function part(type: string, content: string, parameters: string) {
  const isAscii = /^\p{ASCII}*$/u.test(content)
  const isShort = content.split(/\r?\n/).every((line) => line.length <= 76)
  return {
    contentType: `${type}; charset=${isAscii ? 'us-ascii' : 'utf-8'}${parameters}`,
    content,
    contentTransferEncoding: isAscii && isShort ? '7bit' : 'quoted-printable',
  }
}

/** Folds References so that each id has a line of its own (section 5.5); nodemailer fills lines instead. */
function oneIdALine(header: string): string {
  return header.replace(/^References:.*(?:\r\n[ \t].*)*/m, (field) =>
    field.split(/\s+/).join('\r\n ').replace('\r\n', ''),
  )
}

/**
 * The last look at the header block: the fields that were asked for, each once, nothing else; no control
 * characters, no line over 998 octets. Whatever a hostile original hid in its fields ends here.
 */
function checkHeader(header: string, draft: Draft): void {
  const expected = new Set([
    ...['from', 'to', 'subject', 'message-id', 'date', ...structureFields],
    ...(draft.inReplyTo === null ? [] : ['in-reply-to']),
    ...(draft.references.length === 0 ? [] : ['references']),
    ...Object.keys(draft.marks).map((name) => name.toLowerCase()),
  ])
  for (const line of header.split('\r\n')) {
    if (Buffer.byteLength(line) > longestLine || /\p{Cc}/u.test(line.replaceAll('\t', ' '))) {
      throw new PermanentError('the reply has a header line that RFC 5322 forbids')
    }
    if (line.startsWith(' ') || line.startsWith('\t')) continue
    const name = line.slice(0, Math.max(0, line.indexOf(':'))).toLowerCase()
    if (!expected.delete(name)) throw new PermanentError(`the reply has a header field too many: ${name}`)
  }
  const missing = [...expected].filter((name) => !structureFields.includes(name))
  if (missing.length > 0) throw new PermanentError(`the reply lacks a header field: ${missing.join(', ')}`)
}
