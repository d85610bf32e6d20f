/** Field values by grammar, not by substring: comments, keywords, message ids (RFC 5322 sections 3.2.2 and 3.6.4). */

import { decodeWords } from './words.ts'

/** Index after the comment that opens at `start`, or -1 when it never closes. Nested, with backslash quoting. */
export function commentEnd(value: string, start: number): number {
  let depth = 0
  for (let at = start; at < value.length; at++) {
    const char = value[at]
    if (char === '\\') at++
    else if (char === '(') depth++
    else if (char === ')' && --depth === 0) return at + 1
  }
  return -1
}

/** Index after the quoted string that opens at `start`, or -1 when it never closes. */
export function quotedEnd(value: string, start: number): number {
  for (let at = start + 1; at < value.length; at++) {
    const char = value[at]
    if (char === '\\') at++
    else if (char === '"') return at + 1
  }
  return -1
}

/**
 * Replaces each comment outside quoted strings by a space. An unclosed comment stays: an unreadable mark must not be
 * read as a harmless one (RFC 7103).
 */
export function stripComments(value: string): string {
  if (!value.includes('(')) return value
  const pieces: string[] = []
  let kept = 0
  let at = 0
  while (at < value.length) {
    const char = value[at]
    if (char === '\\') at += 2
    else if (char === '"' || char === '(') {
      const end = char === '"' ? quotedEnd(value, at) : commentEnd(value, at)
      if (end < 0) break
      if (char === '(') {
        pieces.push(value.slice(kept, at), ' ')
        kept = end
      }
      at = end
    } else at++
  }
  pieces.push(value.slice(kept))
  return pieces.join('')
}

/** The keyword that opens a field's value, in lower case: `auto-replied (vacation); x=y` gives `auto-replied`. */
export function fieldKeyword(value: string): string {
  const keyword = (stripComments(value).split(';', 1)[0] ?? '').trim()
  return keyword
    .replace(/^"(.*)"$/s, '$1')
    .trim()
    .toLowerCase()
}

/**
 * The message ids of a value in order, with angle brackets. Skips comments, commas, garbage and ids without a left
 * and a right side. Ids without brackets are read only if the field contains nothing else.
 */
export function messageIds(written: string): string[] {
  // RFC 2047 section 5 forbids encoded words here; some programs encode a long field all the same.
  const value = written.includes('<') ? written : decodeWords(written)
  const ids = bracketedIds(value)
  return ids.length > 0 || value.includes('<') ? ids : bareIds(value)
}

/** A phrase of old programs (`message of Monday from ann@x.example`) contains addresses that are not ids. */
function bareIds(value: string): string[] {
  const words = stripComments(value)
    .split(/[\s,;]+/)
    .filter((word) => word !== '')
  const isId = (word: string) => /^[^@\s()<>"]+@[^@\s()<>"]+$/.test(word) && !/\p{Cc}/u.test(word)
  return words.every(isId) ? words.map((word) => `<${word}>`) : []
}

function bracketedIds(value: string): string[] {
  const ids: string[] = []
  const token = /[(<]/g
  let unclosed = false
  for (let match = token.exec(value); match; match = token.exec(value)) {
    if (match[0] === '(') {
      const end: number = unclosed ? -1 : commentEnd(value, match.index)
      unclosed = end < 0
      if (end > 0) token.lastIndex = end
      continue
    }
    const id = /<[^<>\s]*>/y
    id.lastIndex = match.index
    const found = id.exec(value)?.[0]
    if (!found) continue
    token.lastIndex = id.lastIndex
    if (/^<[^@]+@[^@]+>$/.test(found) && !/\p{Cc}/u.test(found)) ids.push(found)
  }
  return ids
}
