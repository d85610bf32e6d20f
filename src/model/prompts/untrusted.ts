/** Other people's text for a prompt: between markers that it cannot close, cut if it is too long. */
import { cutAt, oneLine, withoutInvisible } from './fields.ts'

/** Kinds of quoted matter in a prompt. */
export type Quoted =
  | 'MAIL'
  | 'ATTACHMENTS'
  | 'KNOWLEDGE'
  | 'THREAD'
  | 'EARLIER'
  | 'CORRECTIONS'
  | 'FORWARDED'
  | 'QUOTED'
  | 'ASKS'
  | 'RULES'
  | 'REPLY'

const controls = /[^\P{Cc}\n\t]/gu
/**
 * Anything that looks like one of our markers, in any script's angle brackets: a reader must see only the real ones.
 */
const opening = /(?<![<＜﹤‹«])[<＜﹤‹«]{2,}(?=\s*[\p{L}_]{2,20}\s*[:：])/gu
const closing = /[>＞﹥›»]{2,}/gu
/** The text before a closing marker, without trailing spaces. */
const beforeClosing = /[:：]\s*[\p{L}\p{N}_-]{0,40}$/u
/** Special tokens and role tags of chat formats: `<|im_start|>`, `[INST]`, `<<SYS>>`. */
const roleTokens = /<\|[\w ]{1,40}\|>|<<\/?SYS>>|\[\/?INST\]/gi

/** What markers, role tokens, control and invisible characters need; most mail has none of it, and one test shows that. */
const suspicious = /[^\t\n !-;=?-Z\\-~\u00a0-\u00aa\u00ac-\u00ba\u00bc-\u024f\u2010-\u2027]/

function defused(text: string): string {
  const plain = withoutInvisible(text.replace(/\r\n?/g, '\n'))
    .replace(controls, '')
    .replace(roleTokens, (token) => token.replace(/[<>|[\]]+/g, ' ').trim())
    .replace(opening, '(')
  return withoutClosing(plain)
}

/**
 * Removes control and invisible characters, neutralises forged markers and role tokens, and removes the salt itself.
 */
export function neutralised(text: string, salt: string): string {
  return (
    (suspicious.test(text) ? defused(text) : text)
      // Last and with a replacement character, so that no removal can assemble the salt.
      .replaceAll(salt === '' ? '\0' : salt, '·')
      .replace(/(?<![ \t])[ \t]+\n/g, '\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim()
  )
}

/** Looks back once from each run of brackets: a lookbehind would scan all preceding spaces at every character. */
function withoutClosing(text: string): string {
  let end = 0
  return text.replace(closing, (run, at: number) => {
    const before = text.slice(end, at).trimEnd()
    end = at + run.length
    return beforeClosing.test(before) ? ')' : run
  })
}

/** A value chosen by a stranger, on one line outside the markers. */
export function factValue(text: string, salt: string, limit: number): string {
  return oneLine(neutralised(text, salt), limit)
}

/** Quoted matter between its markers. @param salt unknown to the author of the text */
export function quoted(kind: Quoted, text: string, salt: string): string {
  return `<<<${kind}:${salt}\n${text}\n${kind}:${salt}>>>`
}

/** Rough tokens of one character: Latin text has four characters per token, other alphabets two, CJK one. */
function weight(code: number): number {
  if (code < 0x80) return 0.25
  return code < 0x2e80 ? 0.5 : 1
}

/** A rough count that needs no table; only for cutting, never for money. @returns tokens */
export function roughTokens(text: string): number {
  let sum = 0
  for (const character of text) sum += weight(character.codePointAt(0) ?? 0)
  return Math.ceil(sum)
}

/** Length in UTF-16 units of the longest prefix with at most this many rough tokens. */
function lengthOf(text: string, tokens: number): number {
  let sum = 0
  let length = 0
  for (const character of text) {
    sum += weight(character.codePointAt(0) ?? 0)
    if (sum > tokens) break
    length += character.length
  }
  return length
}

/** Steps back to the last space or line end, unless that loses too much. */
function atBlank(text: string, length: number): number {
  const blank = Math.max(text.lastIndexOf(' ', length), text.lastIndexOf('\n', length))
  return length < text.length && blank > length * 0.8 ? blank : length
}

export interface Cut {
  text: string
  /** Characters left out; 0 if nothing is missing. */
  omitted: number
}

/**
 * Keeps head and tail: the request is usually at the beginning, a deadline or a signature at the end.
 * @param tokens rough tokens to keep
 */
export function cutMiddle(text: string, tokens: number): Cut {
  if (text.length <= tokens || roughTokens(text) <= tokens) return { text, omitted: 0 }
  const head = atBlank(text, lengthOf(text, tokens * 0.7))
  // The tail is measured from its end.
  const reversed = [...text.slice(-tokens * 4)].reverse().join('')
  const tail = Math.min(lengthOf(reversed, tokens * 0.3), text.length - head)
  const start = text.length - tail
  const beginning = cutAt(text, head).trimEnd()
  const end = text.slice(/[\udc00-\udfff]/.test(text.charAt(start)) ? start + 1 : start).trimStart()
  const omitted = text.length - beginning.length - end.length
  return { text: `${beginning}\n[… ${omitted} characters left out …]\n${end}`, omitted }
}
