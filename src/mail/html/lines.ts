/** Collects the text of HTML as lines, with quoted lines prefixed by `> ` as in plain text. */

const deepestQuote = 8

function prefix(depth: number): string {
  return depth > 0 ? `${'>'.repeat(Math.min(depth, deepestQuote))} ` : ''
}

export class LineWriter {
  private readonly lines: string[] = []
  private pieces: string[] = []
  /** Some piece of the open line is more than spaces. */
  private filled = false
  private blankEnd = true
  private depth = 0
  private wantsBlank = false

  /** @param preformatted spaces and line ends count as written */
  write(text: string, quoteDepth: number, preformatted: boolean): void {
    if (quoteDepth !== this.depth && this.filled) this.push()
    this.depth = quoteDepth
    if (!preformatted) {
      const line = text.replace(/[ \t\r\n\f]{2,}|[\t\r\n\f]/g, ' ')
      this.add(this.blankEnd ? line.trimStart() : line)
      return
    }
    const [first = '', ...rest] = text.split('\n')
    this.add(first)
    for (const line of rest) {
      this.push()
      if (line !== '') this.pieces.push(line)
      this.filled = line.trim() !== ''
    }
  }

  private add(text: string): void {
    if (text === '') return
    if (text.trim() !== '') {
      if (this.wantsBlank && this.lines.length > 0 && this.lines.at(-1) !== '') this.lines.push('')
      this.wantsBlank = false
      this.filled = true
    }
    this.pieces.push(text)
    this.blankEnd = text.endsWith(' ')
  }

  private push(): void {
    const line = prefix(this.depth) + this.pieces.join('')
    // The space tells a signature from a rule (RFC 3676 section 4.3).
    this.lines.push(line === '-- ' ? line : line.trimEnd())
    this.pieces = []
    this.filled = false
    this.blankEnd = true
  }

  /** Ends the line unless it is empty. */
  endLine(): void {
    if (this.filled) this.push()
    this.pieces = []
    this.blankEnd = true
  }

  /** Ends the line, even an empty one. */
  breakLine(quoteDepth: number): void {
    if (!this.filled) this.depth = quoteDepth
    this.push()
  }

  /** Ends the line and leaves one empty line before the next text. */
  endParagraph(): void {
    this.endLine()
    this.wantsBlank = true
  }

  /** A space between cells, except at the start of a line. */
  gap(): void {
    if (this.filled && !this.blankEnd) this.write(' ', this.depth, false)
  }

  /** Index of the line that is being written. */
  openLine(): number {
    return this.lines.length
  }

  text(): string {
    this.endLine()
    return this.lines.join('\n').replaceAll('\u00a0', ' ')
  }
}
