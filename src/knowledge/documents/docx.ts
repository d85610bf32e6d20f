/** The text of a DOCX file (ECMA-376) as Markdown. Entities that it defines are not expanded. */
import { type Entry, fromBuffer, type ZipFile } from 'yauzl'
import { hiddenStyles, Looks } from './docx-looks.ts'
import { Grid } from './grid.ts'
import { DocumentFault, limits } from './limits.ts'
import { MarkdownWriter } from './outline.ts'
import { raised, readRaised } from './raised.ts'
import { read } from './xml.ts'

const wanted = new Set(['word/document.xml', 'word/styles.xml', 'word/footnotes.xml'])
/** Maximum number of entries of the archive that are examined. */
const mostEntries = 10_000

export async function readDocx(octets: Buffer): Promise<string> {
  const parts = await unpacked(octets)
  const document = parts.get('word/document.xml')
  if (document === undefined) throw new DocumentFault('it is not a DOCX file')
  const styles = parts.get('word/styles.xml') ?? ''
  const hidden = hiddenStyles(styles)
  const notes = footnotesIn(parts.get('word/footnotes.xml') ?? '', hidden)
  const reader = new DocxReader(headingStyles(styles), hidden, notes)
  read(document, {
    opened: (name, attributes) => reader.opened(name, attributes),
    text: (text) => reader.text(text),
    closed: (name) => reader.closed(name),
  })
  return reader.writer.text()
}

function unpacked(octets: Buffer): Promise<Map<string, string>> {
  const parts = new Map<string, string>()
  return new Promise((resolve, reject) => {
    fromBuffer(octets, { lazyEntries: true, validateEntrySizes: true }, (error, archive) => {
      if (error || !archive) return reject(new DocumentFault('it is not a DOCX file', { cause: error }))
      let seen = 0
      archive.on('error', (fault) => reject(new DocumentFault('its archive is damaged', { cause: fault })))
      archive.on('end', () => resolve(parts))
      archive.on('entry', (entry) => {
        if (++seen > mostEntries) return reject(new DocumentFault('its archive has too many files'))
        if (!wanted.has(entry.fileName)) return archive.readEntry()
        partOf(archive, entry).then((text) => {
          parts.set(entry.fileName, text)
          archive.readEntry()
        }, reject)
      })
      archive.readEntry()
    })
  })
}

/** Counts the unpacked octets: the size that an archive states may be false. */
function partOf(archive: ZipFile, entry: Entry): Promise<string> {
  return new Promise((resolve, reject) => {
    if (entry.isEncrypted()) return reject(new DocumentFault('it is encrypted'))
    archive.openReadStream(entry, (error, stream) => {
      if (error || !stream) return reject(new DocumentFault('its archive is damaged', { cause: error }))
      const chunks: Buffer[] = []
      let size = 0
      stream.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > limits.part)
          stream.destroy(new DocumentFault(`it unpacks to more than ${limits.part} octets`))
        else chunks.push(chunk)
      })
      stream.on('error', (fault) =>
        reject(
          fault instanceof DocumentFault
            ? fault
            : new DocumentFault('its archive is damaged', { cause: fault }),
        ),
      )
      stream.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    })
  })
}

/** Ids of the heading styles with their levels, regardless of their names in the program's language. */
function headingStyles(xml: string): Map<string, number> {
  const found = new Map<string, number>()
  let style = ''
  read(xml, {
    opened: (name, { 'w:styleId': id = '', 'w:val': value = '' }) => {
      if (name === 'w:style') style = id
      const level = name === 'w:name' ? /^heading ([1-9])$/i.exec(value)?.[1] : undefined
      const outline = name === 'w:outlineLvl' && /^[0-8]$/.test(value) ? Number(value) + 1 : undefined
      if (style !== '' && (level ?? outline) !== undefined) found.set(style, Number(level ?? outline))
      if (style !== '' && name === 'w:name' && /^title$/i.test(value)) found.set(style, 1)
    },
  })
  return found
}

/** Texts of the footnotes by their ids: the condition that a figure depends on often stands there. */
function footnotesIn(xml: string, hidden: ReadonlySet<string>): Map<string, string> {
  const found = new Map<string, string>()
  const looks = new Looks(hidden)
  let [id, words, inText] = ['', '', false]
  read(xml, {
    opened: (name, attributes) => {
      looks.opened(name, attributes)
      if (name === 'w:footnote') [id, words] = [attributes['w:id'] ?? '', '']
      else if (name === 'w:t') inText = true
      else if (name === 'w:p' || name === 'w:tab' || name === 'w:br') words += ' '
    },
    text: (text) => {
      if (inText && !looks.isHidden) words += text
    },
    closed: (name) => {
      looks.closed(name)
      if (name === 'w:t') inText = false
      else if (name === 'w:footnote') found.set(id, words.replace(/\s+/g, ' ').trim())
    },
  })
  return found
}

/** Of the cell that is being read. */
interface Cell {
  columns: number
  /** It continues the cell above. */
  continues: boolean
}

class DocxReader {
  readonly writer = new MarkdownWriter()
  readonly #looks: Looks
  readonly #styles: ReadonlyMap<string, number>
  /** Those that were not referred to yet. */
  readonly #notes: Map<string, string>
  #words = ''
  #level = 0
  #isItem = false
  #inText = false
  /** Copies of drawings for older programs. */
  #fallbacks = 0
  /** Of tables. */
  #depth = 0
  #grid = new Grid()
  #cell: Cell = { columns: 1, continues: false }
  /** The words before the run that is being read; null outside of a run. */
  #before: string | null = null

  constructor(styles: ReadonlyMap<string, number>, hidden: ReadonlySet<string>, notes: Map<string, string>) {
    this.#styles = styles
    this.#looks = new Looks(hidden)
    this.#notes = notes
  }

  opened(name: string, attributes: Readonly<Record<string, string>>): void {
    const { 'w:val': value = '' } = attributes
    this.#looks.opened(name, attributes)
    if (name === 'w:p') [this.#level, this.#isItem] = [0, false]
    else if (name === 'w:r') this.#beginRun()
    else if (name === 'w:pStyle') this.#level = this.#styles.get(value) ?? this.#level
    else if (name === 'w:outlineLvl' && /^[0-8]$/.test(value)) this.#level = Number(value) + 1
    else if (name === 'w:numPr') this.#isItem = true
    else if (name === 'w:t') this.#inText = true
    else if (name === 'w:tab' || name === 'w:br' || name === 'w:cr') this.#add(' ')
    else if (name === 'w:noBreakHyphen') this.#add('-')
    else if (name === 'w:footnoteReference') this.#note(attributes['w:id'] ?? '')
    else if (name === 'mc:Fallback') this.#fallbacks++
    else if (name === 'w:txbxContent') this.#paragraph()
    else this.#openTable(name, value)
  }

  #openTable(name: string, value: string): void {
    if (name === 'w:tbl' && this.#depth++ === 0) this.#grid = new Grid()
    else if (this.#depth !== 1) return
    else if (name === 'w:tr') this.#grid.begin()
    else if (name === 'w:tc') this.#cell = { columns: 1, continues: false }
    else if (name === 'w:gridSpan') this.#cell.columns = Number(value)
    else if (name === 'w:vMerge') this.#cell.continues = value !== 'restart'
  }

  /** Deleted text of tracked changes is in w:delText, moved text in both places. */
  text(text: string): void {
    if (this.#inText && !this.#looks.isHidden) this.#add(text)
  }

  #add(text: string): void {
    if (this.#fallbacks === 0) this.#words += text
  }

  #note(id: string): void {
    const note = this.#notes.get(id)
    if (note) this.#add(` (${note})`)
    this.#notes.delete(id)
  }

  closed(name: string): void {
    if (name === 'w:r') this.#endRun()
    this.#looks.closed(name)
    if (name === 'w:t') this.#inText = false
    else if (name === 'mc:Fallback') this.#fallbacks--
    else if (name === 'w:p') this.#paragraph()
    else if (name === 'w:tc' && this.#depth === 1) this.#endCell()
    else if (name === 'w:tr' && this.#depth === 1) this.#grid.end()
    else if (name === 'w:tbl' && --this.#depth === 0) this.writer.table(this.#grid.rows)
  }

  #beginRun(): void {
    this.#endRun()
    ;[this.#before, this.#words] = [this.#words, '']
  }

  #endRun(): void {
    if (this.#before === null) return
    this.#words = this.#before + (this.#looks.isRaised ? raised(this.#words) : this.#words)
    this.#before = null
  }

  #endCell(): void {
    this.#endRun()
    const { columns, continues } = this.#cell
    const own = readRaised(this.#words)
    this.#grid.cell(continues && own.trim() === '' ? this.#grid.above() : own, { columns })
    this.#words = ''
  }

  #paragraph(): void {
    this.#endRun()
    if (this.#depth > 0) {
      this.#words += ' '
      return
    }
    const words = readRaised(this.#words)
    if (this.#level > 0) this.writer.heading(this.#level, words)
    else if (this.#isItem) this.writer.item(words)
    else this.writer.paragraph(words)
    this.#words = ''
  }
}
