import { plainText, type ReplyBody } from './body.ts'

/** Characters of a line, the soft break's space included. */
const width = 76

/**
 * The text as format=flowed (RFC 3676): lines of at most 76 characters, CRLF; a space before the line end means that
 * the paragraph continues. Words longer than a line stay whole.
 */
export function flowedText(body: ReplyBody): string {
  return plainText(body).split('\n').flatMap(flowLine).join('\r\n')
}

function flowLine(line: string): string[] {
  // The signature separator keeps its space and is not a soft break (RFC 3676 section 4.3).
  if (line === '-- ') return [line]
  if (line.startsWith('> ')) return wrapped(line.slice(2), width - 2).map((piece) => `> ${piece}`)
  return wrapped(line, width).map(stuffed)
}

/** RFC 3676 section 4.4: a line that begins with a space, `>` or `From ` is given one more space. */
function stuffed(line: string): string {
  return /^(?: |>|From )/.test(line) ? ` ${line}` : line
}

/** Breaks after spaces; every line but the last ends with one. */
function wrapped(text: string, longest: number): string[] {
  // Most lines are short: their words do not have to be counted.
  if (text.length < longest) return [text.trimEnd()]
  const lines: string[] = []
  let line = ''
  let length = 0
  for (const word of text.match(/ *[^ ]+ ?/g) ?? []) {
    const size = [...word].length
    // One column is reserved for space-stuffing.
    if (length > 0 && length + size > longest - 1) {
      lines.push(line)
      line = ''
      length = 0
    }
    line += word
    length += size
  }
  return [...lines, line.trimEnd()]
}
