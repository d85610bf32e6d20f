/** JSON as one of the owner's systems wrote it: no name twice in a group, and long numbers digit by digit. */
import { PermanentError } from '../../base/errors.ts'

/** A text, a number, or one of the marks that open, close and divide. */
const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[{}[\],:]/gs
/** With more digits, a number is no longer exact (IEEE 754). */
const exactDigits = 15

/**
 * A name that occurs twice in a group has no certain value (RFC 8259 section 4), but the owner of a record must be
 * certain. Numbers of more than 15 digits become texts.
 * @throws PermanentError; its message quotes nothing from the text
 */
export function readJson(text: string): unknown {
  const plain = text.replace(/^\ufeff/, '')
  const document = parsed(plain)
  if (hasRepeatedName(plain)) throw new PermanentError('the answer has the same name twice')
  const isLong = (found: string) => /^[-\d]/.test(found) && found.replace(/\D/g, '').length > exactDigits
  return (plain.match(token) ?? []).some(isLong)
    ? parsed(plain.replace(token, (found) => (isLong(found) ? `"${found}"` : found)))
    : document
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message would repeat the answer.
    throw new PermanentError('the answer is not JSON')
  }
}

/** @param text that is valid */
function hasRepeatedName(text: string): boolean {
  /** Names of each group that is open; null for a list. */
  const open: (Set<unknown> | null)[] = []
  let last = ''
  for (const [found] of text.matchAll(token)) {
    if (found === '{') open.push(new Set())
    else if (found === '[') open.push(null)
    else if (found === '}' || found === ']') open.pop()
    else if (found === ':') {
      const name: unknown = JSON.parse(last)
      const names = open.at(-1)
      if (names?.has(name)) return true
      names?.add(name)
    }
    last = found
  }
  return false
}
