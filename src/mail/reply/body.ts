import { getDomain, parse } from 'tldts'
import { PermanentError } from '../../base/errors.ts'
import type { Message } from '../message.ts'
import { visibleText } from '../text/visible.ts'
import type { ReplyInput } from './reply.ts'

/** Octets of the whole text (section 5.7; RFC 3834 section 2 wants a few KiB). */
export const longestBody = 16 * 1024
const quotedLines = 4
const quotedCharacters = 300

/** The blocks of a reply's text, each with LF between its lines; empty when absent. */
export interface ReplyBody {
  /** Discloses an automatic answer before it is read. */
  notice: string
  answer: string
  /** Lines of the author's last text, without marks. */
  quote: string
  disclosure: string
  signature: string
}

/**
 * @throws PermanentError when the answer is empty or longer than `longestBody`
 */
export function bodyOf(
  input: Pick<ReplyInput, 'original' | 'text' | 'quote' | 'notice' | 'disclosure' | 'signature'>,
): ReplyBody {
  const body: ReplyBody = {
    notice: cleanText(input.notice ?? ''),
    answer: cleanText(input.text),
    quote: input.quote === 'short' ? shortQuote(input.original) : '',
    disclosure: cleanText(input.disclosure ?? ''),
    signature: cleanText(input.signature),
  }
  if (body.answer === '') throw new PermanentError('the answer is empty')
  if (Buffer.byteLength(plainText(body)) > longestBody) {
    throw new PermanentError(`the answer is longer than ${longestBody} octets`)
  }
  return body
}

/** All blocks in display order. The quote is marked; the signature follows RFC 3676's `-- `. */
export function plainText({ notice, answer, quote, disclosure, signature }: ReplyBody): string {
  const marked = quote
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n')
  const blocks = [notice, answer, quote && marked, disclosure, signature && `-- \n${signature}`]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

/** LF line ends; no controls, no spaces at line ends, no run of empty lines. */
function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replace(/\t/g, '  ')
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (control) => (control === '\n' ? control : ''))
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\n+$/g, '')
}

/**
 * At most a few lines of the author's latest text, never the history, never anything clickable: an answer that
 * repeats little cannot be used to launder spam (RFC 3834 section 3.2).
 */
function shortQuote(original: Message): string {
  const lines = cleanText(visibleText(original).text)
    .split('\n')
    .map((line) => line.slice(0, quotedCharacters))
    .filter((line) => line !== '')
  const kept = lines.slice(0, quotedLines).map(withoutLinks)
  return lines.length > quotedLines ? [...kept, '…'].join('\n') : kept.join('\n')
}

/** Replaces addresses and anything that a mail client would turn into a link with `…`. */
function withoutLinks(line: string): string {
  return line
    .split(/(\s+)/)
    .map((word) => (isLink(word) ? '…' : word))
    .join('')
}

function isLink(word: string): boolean {
  if (/[@＠]|:\/\/|^\W*www\./iu.test(word)) return true
  const host = word.replace(/^[^\p{L}\p{N}]+/u, '').replace(/[/?#:].*$|[^\p{L}\p{N}]+$/gu, '')
  return getDomain(host) !== null && parse(host).isIcann === true
}
