/**
 * What a sample mail is, whose mailbox gets it, and how its octets are built: header fields, transfer encodings,
 * multiparts, and one charset that Node cannot encode.
 */
import type { Disposition } from '../base/dispositions.ts'
import { plainLine } from '../mail/address.ts'

export interface Sample {
  /** A short name for tests and the summary. */
  name: string
  octets: Buffer
  expect: {
    disposition: Disposition
    /** The reason code, if the mail alone settles it. */
    reason?: string
  }
}

/** Already in a mailbox before the daemon starts. */
export interface EarlierMail {
  mailbox: string
  octets: Buffer
  flags: readonly string[]
}

/** A fictional bicycle shop. */
export const demoOwner = {
  address: 'support@nordlicht.example',
  displayName: 'Nordlicht Bikes',
  /** Id of the server that writes Authentication-Results into the samples. */
  authservId: 'mail.nordlicht.example',
} as const

export type DemoOwner = typeof demoOwner

export interface Letter {
  /** As in the header: `Name <address>` or only an address. */
  from: string
  to: string
  subject: string
  /** Without angle brackets. */
  id: string
  at: Date
  /** Envelope sender for Return-Path; the address of From by default, `''` for `<>`. */
  reversePath?: string
  /** Further header lines, already formatted; null is skipped. */
  fields?: readonly (string | null)[]
}

/** One MIME entity: its content fields, an empty line, its body. */
type Entity = string

const crlf = (lines: readonly string[]): string => lines.join('\r\n')

/** RFC 5322 date in UTC. */
export function dateField(at: Date): string {
  return at.toUTCString().replace('GMT', '+0000')
}

/** RFC 2047 words of at most 45 octets each; ASCII text stays unchanged. */
export function encodedWords(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text
  const words: string[] = []
  let word = ''
  for (const character of text) {
    if (Buffer.byteLength(word + character) > 45) {
      words.push(word)
      word = ''
    }
    word += character
  }
  return [...words, word].map((part) => `=?utf-8?B?${Buffer.from(part).toString('base64')}?=`).join('\r\n ')
}

/** `Name <address>` with the name encoded or quoted if necessary. */
function mailbox(text: string): string {
  const match = /^(.+) <([^>]+)>$/.exec(text)
  if (!match) return text
  const [, name = '', address = ''] = match
  const shown = /^[\w .'-]+$/.test(name) ? (/\./.test(name) ? `"${name}"` : name) : encodedWords(name)
  return `${shown} <${address}>`
}

const addressOf = (text: string): string => /<([^>]+)>$/.exec(text)?.[1] ?? text

/** @param entity the result of text(), alternative(), mixed() … */
export function octetsOf(letter: Letter, entity: Entity): Buffer {
  const { from, to, subject, id, at, reversePath = addressOf(from), fields = [] } = letter
  const host = /@(.+)$/.exec(addressOf(from))?.[1] ?? 'mail.example'
  const own = /@(.+)$/.exec(to)?.[1] ?? 'mail.example'
  const header = [
    `Return-Path: <${reversePath}>`,
    `Received: from mx.${host} (mx.${host} [192.0.2.25])`,
    `\tby mail.${own} with ESMTPS; ${dateField(at)}`,
    ...fields.filter((field) => field !== null),
    `From: ${mailbox(from)}`,
    `To: ${mailbox(to)}`,
    `Subject: ${encodedWords(subject)}`,
    `Message-ID: <${id}>`,
    `Date: ${dateField(at)}`,
    'MIME-Version: 1.0',
  ]
  return Buffer.from(`${crlf(header)}\r\n${entity}\r\n`, 'latin1')
}

/** text/plain or text/html in UTF-8, quoted-printable. */
export function text(content: string, subtype: 'plain' | 'html' = 'plain'): Entity {
  const fields = [
    `Content-Type: text/${subtype}; charset=utf-8`,
    'Content-Transfer-Encoding: quoted-printable',
  ]
  return crlf([...fields, '', quotedPrintable(content)])
}

/** text/plain in ISO-2022-JP (RFC 1468), as Japanese mail clients have long sent it. */
export function japaneseText(content: string): Entity {
  const fields = ['Content-Type: text/plain; charset=ISO-2022-JP', 'Content-Transfer-Encoding: 7bit']
  return crlf([...fields, '', iso2022jp(content).replace(/\n/g, '\r\n')])
}

/** @param content 7bit text */
export function plainEntity(type: string, content: string): Entity {
  return crlf([`Content-Type: ${type}`, '', content.replace(/\n/g, '\r\n')])
}

/** An attachment in base64. @param filename ASCII */
export function attachment(type: string, filename: string, content: Buffer): Entity {
  const fields = [
    `Content-Type: ${type}; name="${filename}"`,
    `Content-Disposition: attachment; filename="${filename}"`,
    'Content-Transfer-Encoding: base64',
  ]
  return crlf([...fields, '', content.toString('base64').replace(/.{76}(?=.)/g, '$&\r\n')])
}

/** @param subtype with its parameters except the boundary, such as `report; report-type=delivery-status` */
export function multipart(subtype: string, boundary: string, parts: readonly Entity[]): Entity {
  const marked = parts.map((part) => `--${boundary}\r\n${part}`)
  return crlf([
    `Content-Type: multipart/${subtype}; boundary="${boundary}"`,
    '',
    ...marked,
    `--${boundary}--`,
  ])
}

/** RFC 2045 section 6.7: lines of at most 76 characters. */
export function quotedPrintable(content: string): string {
  return content.split('\n').map(quotedLine).join('\r\n')
}

function quotedLine(line: string): string {
  const units = [...Buffer.from(line)].map((octet, at, all) => {
    const blankAtEnd = (octet === 0x20 || octet === 0x09) && at === all.length - 1
    const plain = octet >= 0x20 && octet <= 0x7e && octet !== 0x3d && !blankAtEnd
    return plain ? String.fromCharCode(octet) : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`
  })
  const lines: string[] = []
  let current = ''
  for (const unit of units) {
    if (current.length + unit.length > 75) {
      lines.push(`${current}=`)
      current = ''
    }
    current += unit
  }
  return [...lines, current].join('\r\n')
}

/**
 * Character to its two octets of JIS X 0208, derived from Node's EUC-JP decoder: Node has no encoder for any of
 * these.
 */
function jisTable(): Map<string, string> {
  const decoder = new TextDecoder('euc-jp')
  const table = new Map<string, string>()
  for (let row = 0x21; row <= 0x7e; row++) {
    for (let cell = 0x21; cell <= 0x7e; cell++) {
      const character = decoder.decode(Uint8Array.of(row | 0x80, cell | 0x80))
      if ([...character].length === 1 && character !== '\ufffd')
        table.set(character, String.fromCharCode(row, cell))
    }
  }
  return table
}

/** One character per octet. @throws RangeError for a character outside ASCII and JIS X 0208 */
export function iso2022jp(content: string): string {
  const table = jisTable()
  let octets = ''
  let double = false
  for (const character of content) {
    const ascii = character <= '\x7f'
    const pair = ascii ? character : table.get(character)
    if (pair === undefined) throw new RangeError(`${character} is not in JIS X 0208`)
    if (double === ascii) octets += ascii ? '\x1b(B' : '\x1b$B'
    double = !ascii
    octets += pair
  }
  return double ? `${octets}\x1b(B` : octets
}

/** A mail that somebody writes to the demo on its own page (`/demo`). */
interface Written {
  /** Of the person who plays the customer. */
  name: string
  subject: string
  text: string
}

const visitorDomain = 'visitor.example'

/** As a server would deliver it, with a proven author. @param id without brackets */
export function writtenMail({ name, subject, text: body }: Written, id: string, at: Date): Buffer {
  const shown = plainLine(name)
    .replace(/[<>"\\@:;,()[\]]+/g, ' ')
    .trim()
  // Another name is another customer.
  const word = shown
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '.')
  const address = `${/[a-z].{0,40}/.exec(word)?.[0].replace(/\.$/, '') ?? 'customer'}@${visitorDomain}`
  return octetsOf(
    {
      from: shown === '' ? address : `${shown} <${address}>`,
      to: demoOwner.address,
      subject: plainLine(subject),
      id: `${id}@${visitorDomain}`,
      at,
      fields: [`Authentication-Results: ${demoOwner.authservId}; dmarc=pass header.from=${visitorDomain}`],
    },
    text(body.replace(/\r\n?/g, '\n')),
  )
}
