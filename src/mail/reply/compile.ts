import { hash } from 'node:crypto'
import { encodeWord, foldLines, hasLongerLines, isPlainText } from 'nodemailer/lib/mime-funcs'
import MimeNode from 'nodemailer/lib/mime-node'
import { encode, wrap } from 'nodemailer/lib/qp'
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
  /** format=flowed. Like `html`, it ends with a line end. */
  text: string
  html: string | null
}

/** Characters; RFC 2047 section 2 allows 75. */
const encodedWordLength = 60
/** Characters of a folded header line, and of a line of text that needs no encoding. */
const lineLength = 76

/**
 * Writes the message. The same draft gives the same octets: the boundary comes from the Message-ID. nodemailer encodes
 * each value and each text. Its MailComposer would give the same octets, but sends each part through a chain of streams.
 * @throws PermanentError when the resulting header is not the requested one
 */
export function compile(draft: Draft): Buffer {
  const { type, encoding, body } = entityOf(draft)
  const fields = fieldsOf(draft)
  const ofEntity = [
    ...(encoding === null ? [] : [`Content-Transfer-Encoding: ${encoding}`]),
    'MIME-Version: 1.0',
    foldLines(`Content-Type: ${type}`, lineLength),
  ]
  const header = [...fields.map(fieldLine).filter((line) => line !== ''), ...ofEntity].join('\r\n')
  checkHeader(header, [
    ...fields.map(([name]) => name),
    ...['MIME-Version', 'Content-Type'],
    ...(encoding === null ? [] : ['Content-Transfer-Encoding']),
  ])
  return Buffer.from(`${header}\r\n\r\n${body}`)
}

type Field = [name: string, value: Parameters<MimeNode['encodeHeaderValue']>[1]]

function fieldsOf({ from, to, cc = [], inReplyTo, references, ...draft }: Draft): Field[] {
  return [
    ['Subject', draft.subject],
    ...Object.entries(draft.marks),
    ['From', from],
    ['To', [...to]],
    ...(cc.length === 0 ? [] : [['Cc', [...cc]] satisfies Field]),
    ...(inReplyTo === null ? [] : [['In-Reply-To', inReplyTo] satisfies Field]),
    ...(references.length === 0 ? [] : [['References', [...references]] satisfies Field]),
    ['Message-ID', draft.messageId],
    ['Date', draft.date],
  ]
}

/** Encodes single values and has no content. Its boundary is never written; without one, nodemailer would generate random octets for it. */
const encoder = new MimeNode(false, { textEncoding: 'Q', baseBoundary: '-' })

/** A field with CRLF between its lines; empty if it has no value. */
function fieldLine([name, value]: Field): string {
  const encoded =
    name === 'Subject' ? encodedSubject(value as string) : encoder.encodeHeaderValue(name, value)
  if (encoded.trim() === '') return ''
  // Each id has its own line (section 5.5).
  if (name === 'References') return `References: ${encoded.replaceAll(' ', '\r\n ')}`
  return foldLines(`${name}: ${encoded}`, lineLength)
}

/**
 * RFC 2047 only if needed: an ASCII subject stays readable, including quotes, which nodemailer would encode. A
 * subject that looks like an encoded word must not be decoded by the reader, but nodemailer would leave it as it is.
 */
function encodedSubject(subject: string): string {
  if (/^[\x20-\x7e]*$/.test(subject) && !subject.includes('=?')) return subject
  return encodeWord(subject, 'Q', encodedWordLength)
}

interface Entity {
  /** Content-Type. */
  type: string
  /** Content-Transfer-Encoding; null for none. */
  encoding: string | null
  body: string
}

function entityOf({ text, html, messageId }: Draft): Entity {
  const plain = textEntity(`text/plain; charset=${charsetOf(text)}; format=flowed`, text)
  if (html === null) return plain
  const parts = [plain, textEntity('text/html; charset=utf-8', html)]
  // nodemailer's form.
  const boundary = `--_NmP-${hash('sha256', messageId).slice(0, 24)}-Part_1`
  const written = parts.map(
    ({ type, encoding, body }) =>
      `--${boundary}\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}\r\n`,
  )
  return {
    type: `multipart/alternative; boundary="${boundary}"`,
    encoding: null,
    body: `${written.join('')}--${boundary}--\r\n`,
  }
}

/** us-ascii if sufficient, otherwise utf-8. */
const charsetOf = (text: string) => (/^\p{ASCII}*$/u.test(text) ? 'us-ascii' : 'utf-8')

/** 7bit if sufficient, otherwise quoted-printable, never base64: 8BITMIME is not relied on (RFC 6152). */
function textEntity(type: string, text: string): Entity {
  const content = text.replace(/\r?\n/g, '\r\n')
  return isPlainText(content) && !hasLongerLines(content, lineLength)
    ? { type, encoding: '7bit', body: content }
    : { type, encoding: 'quoted-printable', body: wrap(encode(content)) }
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
