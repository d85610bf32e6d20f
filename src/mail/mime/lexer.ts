/** The lexical tokens of structured fields that hold addresses (RFC 5322 section 3.2). Linear time on any input. */

import { commentEnd, quotedEnd } from './keyword.ts'

export interface Token {
  kind: 'atom' | 'quoted' | 'comment' | 'literal' | 'special'
  /** Without the surrounding quotes or brackets of its kind, backslashes resolved. */
  text: string
  /** Preceded by a space. */
  apart: boolean
}

const specials = new Set('<>,;:@.')

function unquotePairs(text: string): string {
  return text.includes('\\') ? text.replace(/\\(.)/gsu, '$1') : text
}

/** Splits a value in linear time; a quote that never closes is skipped, a comment that never closes ends the value. */
export function tokens(value: string): Token[] {
  const found: Token[] = []
  const atom = /[^\s<>,;:@.()"[\]]+/y
  let apart = false
  let quotesClose = true
  const push = (kind: Token['kind'], text: string) => {
    found.push({ kind, text, apart })
    apart = false
  }
  for (let at = 0; at < value.length; ) {
    const char = value.charAt(at)
    if (char === ' ') {
      apart = true
      at++
      continue
    }
    if (specials.has(char)) {
      push('special', char)
      at++
      continue
    }
    const end = closing(value, at, quotesClose)
    if (char === '(' && end < 0) return found
    if (char === '"' && end < 0) quotesClose = false
    if (end > 0) {
      const kind = char === '(' ? 'comment' : char === '"' ? 'quoted' : 'literal'
      push(kind, unquotePairs(value.slice(at + 1, end - 1)))
      at = end
      continue
    }
    atom.lastIndex = at
    const text = atom.exec(value)?.[0]
    if (text) push('atom', text)
    else apart = true
    at += text?.length ?? 1
  }
  return found
}

/** Index after the comment, quoted string or domain literal that opens at `at`, or -1. */
function closing(value: string, at: number, quotesClose: boolean): number {
  const char = value[at]
  if (char === '(') return commentEnd(value, at)
  if (char === '"') return quotesClose ? quotedEnd(value, at) : -1
  if (char !== '[') return -1
  const literal = /\[[^[\]\\\s]{1,255}\]/y
  literal.lastIndex = at
  return literal.test(value) ? literal.lastIndex : -1
}
