/** Converts a document's octets to Markdown. Runs in a worker: a hostile document may use up its time and memory. */
import { decodeWords } from '../../mail/address.ts'
import { firstField } from '../../mail/message.ts'
import { decodeUnlabelled } from '../../mail/mime/charset.ts'
import { parseOctets } from '../../mail/mime/octets.ts'
import { visibleText } from '../../mail/text/visible.ts'
import { readDocx } from './docx.ts'
import { decodePage, readHtml } from './html.ts'
import { DocumentFault, documentPattern, shortEnough } from './limits.ts'
import { MarkdownWriter } from './outline.ts'
import { readPdf } from './pdf.ts'

const readers: Readonly<Record<string, (octets: Buffer) => string | Promise<string>>> = {
  pdf: readPdf,
  docx: readDocx,
  html: (octets) => pageOf(decodePage(octets)),
  htm: (octets) => pageOf(decodePage(octets)),
  csv: (octets) => tableOf(decodeUnlabelled(octets)),
  tsv: (octets) => tableOf(decodeUnlabelled(octets), '\t'),
  eml: mailOf,
}

/** @throws DocumentFault */
export async function toMarkdown(name: string, octets: Buffer): Promise<string> {
  const reader = readers[documentPattern.exec(name)?.[1]?.toLowerCase() ?? '']
  if (!reader) throw new DocumentFault('its file type is unknown')
  const text = shortEnough(await reader(octets))
  if (text.trim() === '') throw new DocumentFault('it has no text')
  return text
}

function pageOf(html: string): string {
  const { markdown, title } = readHtml(html)
  return title === '' || /^# /m.test(markdown) ? markdown : `# ${title}\n\n${markdown}`
}

function mailOf(octets: Buffer): string {
  const message = parseOctets(octets)
  const writer = new MarkdownWriter()
  writer.heading(1, decodeWords(firstField(message, 'subject') ?? ''))
  const { text, quoted } = visibleText(message)
  for (const paragraph of `${text}\n\n${quoted.replace(/^[> ]+/gm, '')}`.split(/\n\s*\n/))
    writer.paragraph(paragraph)
  return writer.text()
}

/** RFC 4180; programs in many countries divide by semicolons. */
function tableOf(text: string, separator = likely(text)): string {
  const rows: string[][] = [[]]
  let cell = ''
  let quoted = false
  const end = () => {
    rows.at(-1)?.push(cell)
    cell = ''
  }
  const plain = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n')
  for (let at = 0; at < plain.length; at++) {
    const character = plain.charAt(at)
    if (quoted && character === '"' && plain[at + 1] === '"') {
      cell += '"'
      at++
    } else if (character === '"' && (quoted || cell === '')) quoted = !quoted
    else if (!quoted && character === separator) end()
    else if (!quoted && character === '\n') {
      end()
      rows.push([])
    } else cell += character
  }
  end()
  const writer = new MarkdownWriter()
  writer.table(rows)
  return writer.text()
}

function likely(text: string): string {
  const first = text.slice(0, 5000).split('\n')[0] ?? ''
  const count = (separator: string) => first.split(separator).length
  return [';', '\t'].reduce((best, each) => (count(each) > count(best) ? each : best), ',')
}
