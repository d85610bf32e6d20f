/** Writes Markdown from the events of a document: headings, paragraphs, items, tables. */
import { DocumentFault, limits, shortEnough } from './limits.ts'

/** Without the invisible marks of where a word may break: with them it would not be found. */
const squeezed = (text: string) =>
  text
    .replace(/[\u00ad\u200b\u2060\ufeff]/g, '')
    .replace(/\s+/g, ' ')
    .trim()

export class MarkdownWriter {
  readonly #blocks: string[] = []
  #length = 0
  /** Items of the list that is being written. */
  #items: string[] = []

  heading(level: number, text: string): void {
    const title = squeezed(text)
    if (title !== '') this.#add(`${'#'.repeat(Math.min(6, Math.max(1, level)))} ${title}`)
  }

  paragraph(text: string): void {
    // Escapes lines that only look like a heading, a rule or a comment.
    this.#add(squeezed(text).replace(/^(#{1,6}\s|[-=]{3,}$)/, '\\$1'))
  }

  item(text: string): void {
    const line = squeezed(text)
    if (line === '') return
    this.#items.push(`- ${line}`)
    this.#count(line)
  }

  /** The first row is the header. */
  table(rows: readonly (readonly string[])[]): void {
    const filled = rows.filter((row) => row.some((cell) => squeezed(cell) !== ''))
    const [header, ...rest] = filled
    if (!header) return
    const columns = filled.reduce((most, row) => Math.max(most, row.length), 0)
    if (filled.length * columns > limits.text) throw new DocumentFault('it has too many cells')
    if (columns === 1) {
      for (const row of filled) this.paragraph(row[0] ?? '')
      return
    }
    const line = (row: readonly string[]) =>
      `| ${Array.from({ length: columns }, (_, at) => squeezed(row[at] ?? '').replaceAll('|', '/')).join(' | ')} |`
    const rule = `|${' --- |'.repeat(columns)}`
    this.#add([line(header), rule, ...rest.map(line)].join('\n'))
  }

  text(): string {
    this.#endList()
    return shortEnough(this.#blocks.join('\n\n'))
  }

  #add(block: string): void {
    if (block === '') return
    this.#endList()
    this.#blocks.push(block)
    this.#count(block)
  }

  #endList(): void {
    if (this.#items.length > 0) this.#blocks.push(this.#items.join('\n'))
    this.#items = []
  }

  #count(block: string): void {
    this.#length += block.length
    if (this.#length > limits.text) this.text()
  }
}
