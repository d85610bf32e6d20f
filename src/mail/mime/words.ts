/** Encoded words (RFC 2047, RFC 2231 section 5) and the one-line form in which decoded text may be shown or sent. */

import { decodeCharset } from './charset.ts'

/** Header text beyond this many characters is left undecoded. */
const longest = 100_000

interface EncodedWord {
  start: number
  end: number
  charset: string
  octets: Buffer
}

/** RFC 2047 section 4.2. Many programs wrongly put spaces inside the word; they are read as intended. */
function fromQ(text: string): Buffer {
  const octets = Buffer.from(text, 'utf8').toString('latin1')
  return Buffer.from(
    octets
      .replace(/_/g, ' ')
      .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  )
}

/** Padding inside the word starts a new stream: some programs join finished pieces. */
function fromB(text: string): Buffer {
  return Buffer.concat(text.split(/=+/).map((stream) => Buffer.from(stream, 'base64')))
}

/** The encoded words of a value in order; excludes lookalikes. Linear time. */
function* encodedWords(value: string): Generator<EncodedWord> {
  const opening = /=\?([\w.:+-]{1,60})(?:\*[\w-]{0,40})?\?([bq])\?/gi
  let close = -1
  let after = 0
  for (let match = opening.exec(value); match; match = opening.exec(value)) {
    if (match.index < after) continue
    const from = opening.lastIndex
    if (close < from) close = value.indexOf('?=', from)
    if (close < 0) return
    // A word without its own end must not swallow the next one.
    const nested = value.indexOf('=?', from)
    if (nested >= 0 && nested + 1 < close) continue
    const text = value.slice(from, close)
    const [, charset = '', encoding = ''] = match
    after = close + 2
    opening.lastIndex = after
    const octets = encoding.toLowerCase() === 'b' ? fromB(text) : fromQ(text)
    yield { start: match.index, end: after, charset, octets }
  }
}

/**
 * Decodes the encoded words of a header value. Characters split over two words are joined, spaces between words
 * vanish (RFC 2047 section 6.2). The result may hold any character, CR, LF and NUL included: see plainLine.
 */
export function decodeWords(value: string): string {
  if (!value.includes('=?') || value.length > longest) return value
  const pieces: string[] = []
  let run: EncodedWord[] = []
  let position = 0
  const flush = () => {
    const first = run[0]
    if (first) pieces.push(decodeCharset(Buffer.concat(run.map((word) => word.octets)), first.charset).text)
    run = []
  }
  for (const word of encodedWords(value)) {
    const between = value.slice(position, word.start)
    const joined = run.length > 0 && between.trim() === ''
    if (!joined || run[0]?.charset.toLowerCase() !== word.charset.toLowerCase()) flush()
    if (!joined) pieces.push(between)
    run.push(word)
    position = word.end
  }
  flush()
  pieces.push(value.slice(position))
  return pieces.join('')
}

// Controls (C0, DEL, C1), line and paragraph separators, bidi controls, language tags (invisible ASCII), BOM.
const unprintable =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu

/** One line that can't end a header field, hide text or change its direction: each such character becomes a space. */
export function plainLine(value: string): string {
  return value.replace(unprintable, ' ').replace(/\s+/g, ' ').trim()
}
