/** The text of a DOCX file (ECMA-376) as Markdown. Entities that it defines are not expanded. */
import { type Entry, fromBuffer, type ZipFile } from 'yauzl'
import { hiddenStyles, Looks } from './docx-looks.ts'
import { DocumentFault, limits } from './limits.ts'
import { MarkdownWriter } from './outline.ts'
import { read } from './xml.ts'

const wanted = new Set(['word/document.xml', 'word/styles.xml'])
/** Maximum number of entries of the archive that are examined. */
const mostEntries = 10_000

export async function readDocx(octets: Buffer): Promise<string> {
  const parts = await unpacked(octets)
  const document = parts.get('word/document.xml')
  if (document === undefined) throw new DocumentFault('it is not a DOCX file')
  const styles = parts.get('word/styles.xml') ?? ''
  return markdownOf(document, headingStyles(styles), hiddenStyles(styles))
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

function markdownOf(xml: string, styles: ReadonlyMap<string, number>, hidden: ReadonlySet<string>): string {
  const writer = new MarkdownWriter()
  const looks = new Looks(hidden)
  let [words, level, isItem, inText, depth] = ['', 0, false, false, 0]
  let [table, row]: [string[][], string[]] = [[], []]
  const paragraph = () => {
    if (depth > 0) words += ' '
    else if (level > 0) writer.heading(level, words)
    else if (isItem) writer.item(words)
    else writer.paragraph(words)
    if (depth === 0) words = ''
  }
  read(xml, {
    opened: (name, attributes) => {
      const { 'w:val': value = '' } = attributes
      looks.opened(name, attributes)
      if (name === 'w:p') [level, isItem] = [0, false]
      else if (name === 'w:pStyle') level = styles.get(value) ?? level
      else if (name === 'w:outlineLvl' && /^[0-8]$/.test(value)) level = Number(value) + 1
      else if (name === 'w:numPr') isItem = true
      else if (name === 'w:t') inText = true
      else if (name === 'w:tab' || name === 'w:br' || name === 'w:cr') words += ' '
      else if (name === 'w:tbl' && depth++ === 0) table = []
      else if (name === 'w:tr' && depth === 1) row = []
    },
    // Deleted text of tracked changes is in w:delText, moved text in both places.
    text: (text) => {
      if (inText && !looks.isHidden) words += text
    },
    closed: (name) => {
      looks.closed(name)
      if (name === 'w:t') inText = false
      else if (name === 'w:p') paragraph()
      else if (name === 'w:tc' && depth === 1) {
        row.push(words)
        words = ''
      } else if (name === 'w:tr' && depth === 1) table.push(row)
      else if (name === 'w:tbl' && --depth === 0) writer.table(table)
    },
  })
  return writer.text()
}
