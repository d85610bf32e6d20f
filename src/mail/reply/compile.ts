import { createHash } from 'node:crypto'
import MailComposer from 'nodemailer/lib/mail-composer'
import { encodeWord } from 'nodemailer/lib/mime-funcs'
import { PermanentError } from '../../base/errors.ts'
import type { Mailbox } from '../address.ts'

/** The input for a reply's octets. All values are decoded text without line breaks. */
export interface Draft {
  from: Mailbox
  to: readonly Mailbox[]
  cc?: readonly Mailbox[]
  subject: string
  messageId: string
  date: Date
  inReplyTo: string | null
  references: readonly string[]
  /** Further fields: ASCII names and values. */
  marks: Readonly<Record<string, string>>
  /** format=flowed. */
  text: string
  html: string | null
}

/** Characters; RFC 2047 section 2 allows 75. */
const encodedWordLength = 60

function expectedFields(draft: Draft): string[] {
  return [
    ...['From', 'To', 'Subject', 'Message-ID', 'Date', 'MIME-Version', 'Content-Type'],
    ...((draft.cc ?? []).length === 0 ? [] : ['Cc']),
    ...(draft.html === null ? ['Content-Transfer-Encoding'] : []),
    ...(draft.inReplyTo === null ? [] : ['In-Reply-To']),
    ...(draft.references.length === 0 ? [] : ['References']),
    ...Object.keys(draft.marks),
  ]
}

/**
 * Writes the message. The same draft gives the same octets: the boundary comes from the Message-ID.
 * @throws PermanentError when the resulting header is not the requested one
 */
export async function compile(draft: Draft): Promise<Buffer> {
  const composer = new MailComposer({
    from: draft.from,
    to: [...draft.to],
    ...((draft.cc ?? []).length === 0 ? {} : { cc: [...(draft.cc ?? [])] }),
    messageId: draft.messageId,
    date: draft.date,
    ...(draft.inReplyTo === null ? {} : { inReplyTo: draft.inReplyTo }),
    ...(draft.references.length === 0 ? {} : { references: [...draft.references] }),
    headers: {
      Subject: { prepared: true, foldLines: true, value: encodedSubject(draft.subject) },
      ...draft.marks,
    },
    alternatives: [
      plainPart(crlf(draft.text)),
      ...(draft.html === null
        ? []
        : [{ contentType: 'text/html; charset=utf-8', content: crlf(draft.html) }]),
    ],
    baseBoundary: createHash('sha256').update(draft.messageId).digest('hex').slice(0, 24),
    // 7bit if sufficient, otherwise quoted-printable, never base64: 8BITMIME is not relied on (RFC 6152).
    textEncoding: 'quoted-printable',
    disableFileAccess: true,
    disableUrlAccess: true,
  } as ConstructorParameters<typeof MailComposer>[0])
  const built = await composer.compile().build()
  const end = built.indexOf('\r\n\r\n')
  const header = oneIdALine(built.subarray(0, end).toString('utf8'))
  checkHeader(header, expectedFields(draft))
  return Buffer.concat([Buffer.from(header, 'utf8'), built.subarray(end)])
}

/**
 * RFC 2047 only if needed: an ASCII subject stays readable, including quotes, which nodemailer would encode. A
 * subject that looks like an encoded word must not be decoded by the reader, but nodemailer would leave it as it is.
 */
function encodedSubject(subject: string): string {
  if (/^[\x20-\x7e]*$/.test(subject) && !subject.includes('=?')) return subject
  return encodeWord(subject, 'Q', encodedWordLength)
}

/** nodemailer's own conversion (`newline`) is one more stream for each reply. */
const crlf = (text: string): string => text.replace(/\r?\n/g, '\r\n')

/** us-ascii if sufficient, otherwise utf-8. */
function plainPart(content: string) {
  const charset = /^\p{ASCII}*$/u.test(content) ? 'us-ascii' : 'utf-8'
  return { contentType: `text/plain; charset=${charset}; format=flowed`, content }
}

/** Folds References so that each id has its own line (section 5.5); nodemailer fills lines instead. */
function oneIdALine(header: string): string {
  return header.replace(/^References:.*(?:\r\n[ \t].*)*/m, (field) =>
    field.split(/\s+/).join('\r\n ').replace('\r\n', ''),
  )
}

/** RFC 5322 section 2.1.1, in octets. */
const longestLine = 998

/**
 * The final check of a reply's header block: exactly the requested fields, each once; no control characters, no line
 * over 998 octets. Stops anything that a hostile original hid in its fields.
 * @param header CRLF between lines, none at the end
 * @param fields names that the header must have
 * @throws PermanentError naming the first fault
 */
export function checkHeader(header: string, fields: readonly string[]): void {
  const expected = new Set(fields.map((name) => name.toLowerCase()))
  for (const line of header.split('\r\n')) {
    if (Buffer.byteLength(line) > longestLine)
      throw new PermanentError(`the reply has a header line over ${longestLine} octets`)
    if (/[^\P{Cc}\t]/u.test(line)) throw new PermanentError('the reply has a control character in its header')
    if (/^[ \t]/.test(line)) continue
    const name = line.slice(0, Math.max(0, line.indexOf(':')))
    if (!expected.delete(name.toLowerCase()))
      throw new PermanentError(`the reply has an unexpected header field: ${name}`)
  }
  if (expected.size > 0)
    throw new PermanentError(`the reply lacks a header field: ${[...expected].join(', ')}`)
}
