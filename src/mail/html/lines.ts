/** Collects the text of HTML as lines, quoted lines behind `> ` as in plain text. */

const deepestQuote = 8

export interface LineWriter {
  /** @param preformatted blanks and line ends count as written */
  write(text: string, quoteDepth: number, preformatted: boolean): void
  /** Ends the line if anything stands on it. */
  endLine(): void
  /** Ends the line, even an empty one. */
  breakLine(quoteDepth: number): void
  /** Ends the line and leaves one empty line before the next text. */
  endParagraph(): void
  /** A blank between cells, if anything stands before it. */
  gap(): void
  text(): string
}

function prefix(depth: number): string {
  return depth > 0 ? `${'>'.repeat(Math.min(depth, deepestQuote))} ` : ''
}

export function createLineWriter(): LineWriter {
  const lines: string[] = []
  let pieces: string[] = []
  /** Some piece of the open line is more than blanks. */
  let filled = false
  let blankEnd = true
  let depth = 0
  let wantsBlank = false
  const push = () => {
    lines.push((prefix(depth) + pieces.join('')).trimEnd())
    pieces = []
    filled = false
    blankEnd = true
  }
  const writer: LineWriter = {
    write(text, quoteDepth, preformatted) {
      if (quoteDepth !== depth && filled) push()
      depth = quoteDepth
      const [first = '', ...rest] = preformatted ? text.split('\n') : [text.replace(/[ \t\r\n\f]+/g, ' ')]
      const own = blankEnd && !preformatted ? first.trimStart() : first
      if (own.trim() !== '') {
        if (wantsBlank && lines.length > 0 && lines.at(-1) !== '') lines.push('')
        wantsBlank = false
        filled = true
      }
      if (own !== '') {
        pieces.push(own)
        blankEnd = own.endsWith(' ')
      }
      for (const line of rest) {
        push()
        if (line !== '') pieces.push(line)
        filled = line.trim() !== ''
      }
    },
    endLine() {
      if (filled) push()
      pieces = []
      blankEnd = true
    },
    breakLine(quoteDepth) {
      if (!filled) depth = quoteDepth
      push()
    },
    endParagraph() {
      writer.endLine()
      wantsBlank = true
    },
    gap() {
      if (filled && !blankEnd) writer.write(' ', depth, false)
    },
    text() {
      writer.endLine()
      return lines.join('\n').replaceAll('\u00a0', ' ')
    },
  }
  return writer
}
