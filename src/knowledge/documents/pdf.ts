/** The text of a PDF as Markdown: headings by the size of their letters, paragraphs and columns by distance. */
import { getDocumentProxy } from 'unpdf'
import { DocumentFault, limits } from './limits.ts'
import { MarkdownWriter } from './outline.ts'
import { raised, readRaised } from './raised.ts'

interface Piece {
  text: string
  x: number
  y: number
  width: number
  size: number
}

interface Line {
  cells: string[]
  y: number
  size: number
}

/** A heading's letters are larger than the body's by this factor. */
const larger = 1.12
/** Gaps of this many times the letter size separate columns. */
const columnGap = 1.5
/** Lines that are further apart than this many times their size belong to separate paragraphs. */
const paragraphGap = 1.7
const longestHeading = 150

export async function readPdf(octets: Buffer): Promise<string> {
  const document = await getDocumentProxy(new Uint8Array(octets), {
    isEvalSupported: false,
    useSystemFonts: false,
    disableFontFace: true,
    stopAtErrors: false,
    verbosity: 0,
  }).catch((error: Error) => {
    throw new DocumentFault(
      error.name === 'PasswordException' ? 'it is encrypted' : 'it is damaged, or not a PDF file',
      { cause: error },
    )
  })
  try {
    if (document.numPages > limits.pages) throw new DocumentFault(`it has more than ${limits.pages} pages`)
    if (await isDynamicForm(document))
      throw new DocumentFault('it is a dynamic form (XFA), which only some PDF readers show')
    const pages: Line[][] = []
    let length = 0
    for (let number = 1; number <= document.numPages; number++) {
      const page = await document.getPage(number)
      const { items } = await page.getTextContent()
      const lines = linesOf(items.flatMap(pieceOf))
      page.cleanup()
      pages.push(lines)
      length += lines.reduce((sum, { cells }) => sum + cells.join(' ').length, 0)
      if (length > limits.text) throw new DocumentFault(`it has more than ${limits.text} characters`)
    }
    if (length === 0) throw new DocumentFault('it has no text: it may be scanned')
    return markdownOf(pages)
  } finally {
    await document.destroy()
  }
}

/** The pages of such a form hold only a request to use another reader; its text is in the form's own XML. */
async function isDynamicForm(document: Awaited<ReturnType<typeof getDocumentProxy>>): Promise<boolean> {
  const { info } = await document.getMetadata()
  const { IsXFAPresent, IsAcroFormPresent } = info as { IsXFAPresent?: boolean; IsAcroFormPresent?: boolean }
  return IsXFAPresent === true && IsAcroFormPresent !== true
}

function pieceOf(item: object): Piece[] {
  const { str, transform, width, height } = item as {
    str?: string
    transform?: number[]
    width?: number
    height?: number
  }
  if (!str || str.trim() === '' || !transform) return []
  const size = Math.hypot(transform[2] ?? 0, transform[3] ?? 0) || height || 0
  return [{ text: str, x: transform[4] ?? 0, y: transform[5] ?? 0, width: width ?? 0, size }]
}

/** Cents, units and marks of footnotes: smaller, above the line that they belong to, and touching it. */
function isRaised({ x, y, size }: Piece, line: Line & { end: number }): boolean {
  const above = y - line.y
  return size < line.size * 0.85 && above > 0 && above < line.size && Math.abs(x - line.end) < line.size * 0.3
}

/** In the file's reading order; pieces at the same height form one line. */
function linesOf(pieces: readonly Piece[]): Line[] {
  const lines: (Line & { end: number })[] = []
  for (const piece of pieces) {
    const { text, x, y, width, size } = piece
    const last = lines.at(-1)
    if (last && isRaised(piece, last)) {
      last.cells.push(`${last.cells.pop()}${raised(text)}`)
      last.end = x + width
    } else if (last && Math.abs(last.y - y) < Math.max(2, size * 0.4) && x >= last.end - size) {
      const gap = x - last.end
      const cell = last.cells.length - 1
      if (gap > size * columnGap) last.cells.push(text)
      else last.cells[cell] = `${last.cells[cell]}${gap > size * 0.15 ? ' ' : ''}${text}`
      last.end = x + width
      last.size = Math.max(last.size, size)
    } else lines.push({ cells: [text], y, size, end: x + width })
  }
  return lines.map((line) => ({ ...line, cells: line.cells.map(readRaised) }))
}

const roundedSize = ({ size }: Pick<Line, 'size'>) => Math.round(size * 2) / 2

/** The font size of most letters. */
function bodySize(lines: readonly Line[]): number {
  const letters = new Map<number, number>()
  for (const { size, cells } of lines) {
    const key = roundedSize({ size })
    letters.set(key, (letters.get(key) ?? 0) + cells.join('').length)
  }
  return [...letters].sort(([, one], [, other]) => other - one)[0]?.[0] ?? 0
}

function markdownOf(pages: readonly Line[][]): string {
  const body = bodySize(pages.flat())
  const content = withoutRepeated(pages, body)
  const sizes = [...new Set(content.flat().map(roundedSize))]
    .filter((size) => size > body * larger)
    .sort((one, other) => other - one)
  const writer = new MarkdownWriter()
  for (const lines of content) writePage(writer, lines, sizes)
  return writer.text()
}

function writePage(writer: MarkdownWriter, lines: readonly Line[], sizes: readonly number[]): void {
  let paragraph: string[] = []
  let table: string[][] = []
  let title: { level: number; words: string[] } = { level: 0, words: [] }
  const flush = () => {
    if (title.level > 0) writer.heading(title.level, title.words.join(' '))
    writer.table(table)
    writer.paragraph(paragraph.join(' '))
    title = { level: 0, words: [] }
    paragraph = []
    table = []
  }
  let above: Line | null = null
  for (const line of lines) {
    const text = line.cells.join(' ').trim()
    const level = text.length > longestHeading ? 0 : sizes.indexOf(roundedSize(line)) + 1
    const columns = line.cells.length > 1 && level === 0
    const far = above !== null && Math.abs(above.y - line.y) > Math.max(above.size, line.size) * paragraphGap
    // A long heading continues on the next line.
    const goesOn = level === title.level && (level > 0 || columns === table.length > 0)
    if (!goesOn || (far && !columns) || /^[•‣◦▪·–-]\s+/.test(text)) flush()
    if (level > 0) title = { level, words: [...title.words, text] }
    else if (columns) table.push(line.cells)
    else paragraph.push(text)
    above = line
  }
  flush()
}

/** Headers and footers: the same first or last line on most pages, numbers aside. */
function withoutRepeated(pages: readonly Line[][], body: number): Line[][] {
  if (pages.length < 3) return [...pages]
  const plain = (line: Line | undefined) => line?.cells.join(' ').replace(/\d+/g, '#').trim() ?? ''
  const counts = new Map<string, number>()
  for (const lines of pages)
    for (const text of new Set([plain(lines[0]), plain(lines.at(-1))]))
      counts.set(text, (counts.get(text) ?? 0) + 1)
  const repeated = (line: Line) =>
    line.size <= body * larger && (counts.get(plain(line)) ?? 0) > pages.length * 0.6
  return pages.map((lines) =>
    lines.filter((line, at) => !((at === 0 || at === lines.length - 1) && repeated(line))),
  )
}
