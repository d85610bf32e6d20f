/** Documents with known contents, made from the simple Markdown in which knowledge is written. */
import { crc32, deflateRawSync } from 'node:zlib'

/** A zip archive (APPNOTE 6.3). @param claimed sizes that the directory states instead of the true ones */
export function zipOf(files: Readonly<Record<string, Buffer | string>>, claimed?: number): Buffer {
  const [locals, directory]: [Buffer[], Buffer[]] = [[], []]
  let offset = 0
  for (const [name, content] of Object.entries(files)) {
    const plain = Buffer.from(content)
    const packed = deflateRawSync(plain, { level: 9 })
    const fixed = Buffer.alloc(26)
    fixed.writeUInt16LE(20, 0)
    fixed.writeUInt16LE(8, 4)
    fixed.writeUInt32LE(crc32(plain), 10)
    fixed.writeUInt32LE(packed.length, 14)
    fixed.writeUInt32LE(claimed ?? plain.length, 18)
    fixed.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fixed, Buffer.from(name), packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fixed, tail, Buffer.from(name)]),
    )
    locals.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(directory.length, 8)
  end.writeUInt16LE(directory.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, central, end])
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const plain = (text: string) => text.replace(/\*\*|__|`/g, '')

type Block = { heading: number; text: string } | { item: string } | { rows: string[][] } | { text: string }

function blocksOf(markdown: string): Block[] {
  return markdown
    .replace(/<!--.*?-->/gs, '')
    .split(/\n{2,}|\n(?=#)|(?<=^#.*)\n|\n(?=[-*] )/m)
    .map((each) => each.trim())
    .filter(Boolean)
    .map((block): Block => {
      const heading = /^(#+) (.*)$/.exec(block)
      if (heading) return { heading: heading[1]?.length ?? 1, text: plain(heading[2] ?? '') }
      if (/^[-*] /.test(block)) return { item: plain(block.slice(2)) }
      const lines = block.split('\n')
      if (!/^\|/.test(block)) return { text: plain(block) }
      const cells = (line: string) =>
        line
          .replace(/^\||\|$/g, '')
          .split('|')
          .map((cell) => plain(cell.trim()))
      return { rows: lines.filter((line) => !/^\|[\s|:-]+$/.test(line)).map(cells) }
    })
}

const page = (
  title: string,
  body: string,
) => `<!DOCTYPE html><html><head><meta charset="utf-8"><title>${title}</title>
<style>body{font:11pt serif} table{border-spacing:24pt 4pt} h1{font-size:20pt} h2{font-size:16pt} h3{font-size:13pt}</style></head>
<body>${body}</body></html>`

export function htmlOf(
  markdown: string,
  around: readonly [before: string, after: string] = ['', ''],
): string {
  const parts = blocksOf(markdown).map((block) => {
    if ('heading' in block) return `<h${block.heading}>${escaped(block.text)}</h${block.heading}>`
    if ('item' in block) return `<ul><li>${escaped(block.item)}</li></ul>`
    if ('text' in block) return `<p>${escaped(block.text)}</p>`
    const rows = block.rows.map(
      (row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`,
    )
    return `<table>${rows.join('')}</table>`
  })
  return page('Document', `${around[0]}${parts.join('\n')}${around[1]}`)
}

const run = (text: string) => `<w:r><w:t xml:space="preserve">${escaped(text)}</w:t></w:r>`
const paragraph = (text: string, properties = '') => `<w:p><w:pPr>${properties}</w:pPr>${run(text)}</w:p>`

/** As the German version of Word writes it. */
export function docxOf(markdown: string): Buffer {
  const parts = blocksOf(markdown).map((block) => {
    if ('heading' in block) return paragraph(block.text, `<w:pStyle w:val="berschrift${block.heading}"/>`)
    if ('item' in block) return paragraph(block.item, '<w:numPr><w:numId w:val="1"/></w:numPr>')
    if ('text' in block) return paragraph(block.text)
    const rows = block.rows.map(
      (row) => `<w:tr>${row.map((cell) => `<w:tc>${paragraph(cell)}</w:tc>`).join('')}</w:tr>`,
    )
    return `<w:tbl>${rows.join('')}</w:tbl>`
  })
  const space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
  const style = (level: number) =>
    `<w:style w:styleId="berschrift${level}"><w:name w:val="heading ${level}"/></w:style>`
  return zipOf({
    '[Content_Types].xml': '<Types/>',
    'word/styles.xml': `<w:styles ${space}>${[1, 2, 3, 4, 5, 6].map(style).join('')}</w:styles>`,
    'word/document.xml': `<?xml version="1.0"?><w:document ${space}><w:body>${parts.join('')}</w:body></w:document>`,
  })
}

const escapedForPdf = (text: string) => text.replace(/[\\()]/g, '\\$&')

/** A PDF of pages, each of lines with the size of their letters. `{99}` is raised and smaller. ASCII. */
export function pdfOf(pages: readonly (readonly (readonly [size: number, text: string])[])[]): Buffer {
  const streams = pages.map((lines) => {
    let y = 800
    return lines
      .map(([size, text]) => {
        y -= text === '' ? 30 : size * 1.3
        const shown = escapedForPdf(text).replace(
          /\{(.*?)\}/g,
          `) Tj /F1 ${size * 0.6} Tf ${size * 0.4} Ts ($1) Tj /F1 ${size} Tf 0 Ts (`,
        )
        return `BT /F1 ${size} Tf 1 0 0 1 50 ${y.toFixed(1)} Tm (${shown}) Tj ET`
      })
      .join('\n')
  })
  const kids = streams.map((_, at) => `${4 + at * 2} 0 R`).join(' ')
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...streams.flatMap((stream, at) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 850] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + at * 2} 0 R >>`,
      `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    ]),
  ]
  let text = '%PDF-1.4\n'
  const offsets = objects.map((object, at) => {
    const offset = text.length
    text += `${at + 1} 0 obj\n${object}\nendobj\n`
    return String(offset).padStart(10, '0')
  })
  const table = offsets.map((offset) => `${offset} 00000 n \n`).join('')
  const size = objects.length + 1
  return Buffer.from(
    `${text}xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`,
    'latin1',
  )
}
