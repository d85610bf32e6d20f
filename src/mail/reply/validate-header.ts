import { PermanentError } from '../../base/errors.ts'

/** RFC 5322 section 2.1.1, in octets. */
const longestLine = 998

/**
 * The last look at the header block of a reply: the fields that were asked for, each once, and nothing else; no
 * control characters, no line over 998 octets. Whatever a hostile original hid in its fields ends here.
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
      throw new PermanentError(`the reply has a header field too many: ${name}`)
  }
  if (expected.size > 0)
    throw new PermanentError(`the reply lacks a header field: ${[...expected].join(', ')}`)
}
