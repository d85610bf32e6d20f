/** The content of an HTML page as Markdown, without navigation, forms and anything else that repeats on every page. */
import { Parser } from 'htmlparser2'
import { decodeUnlabelled } from '../../mail/mime/charset.ts'
import { DocumentFault, deepest } from './limits.ts'
import { MarkdownWriter } from './outline.ts'

const skipped = new Set(
  'script style noscript template nav header footer aside form dialog svg math iframe object video audio canvas select button head'.split(
    ' ',
  ),
)
const blocks = new Set(
  'p div section article main li ul ol dl dt dd table tr td th blockquote pre figure figcaption h1 h2 h3 h4 h5 h6 br hr address details summary body html'.split(
    ' ',
  ),
)
/** Equivalent ARIA roles. */
const skippedRoles = new Set(['navigation', 'banner', 'contentinfo', 'search', 'complementary', 'dialog'])

export interface Page {
  markdown: string
  title: string
  /** Values of href in the order of the page, those of navigation too. */
  links: string[]
}

/** Octets of a page in which its charset is looked for, as browsers do. */
const prescanned = 1024

/** @param contentType as the server sent it; outranks the page's own declaration */
export function decodePage(octets: Buffer, contentType = ''): string {
  const named = /charset\s*=\s*["']?([\w:.-]+)/i
  const own = /<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?([\w:.-]+)/i
  const start = octets.subarray(0, prescanned).toString('latin1')
  return decodeUnlabelled(octets, (named.exec(contentType) ?? own.exec(start))?.[1])
}

export function readHtml(html: string): Page {
  const whole = readPart(html, null)
  // A page that marks its content needs no guess.
  const part = /<main[\s>]/i.test(html) ? 'main' : /<article[\s>]/i.test(html) ? 'article' : null
  const content = part === null ? whole : readPart(html, part)
  const markdown = content.markdown.length > 100 ? content.markdown : whole.markdown
  return { ...whole, markdown }
}

class PageReader {
  readonly writer = new MarkdownWriter()
  readonly links: string[] = []
  title = ''
  #inTitle = false
  readonly #open: { name: string; skips: boolean }[] = []
  #skipping = 0
  #inside: number
  readonly #wanted: string | null
  #text = ''
  #row: string[] | null = null
  #table: string[][] | null = null
  #kind = 'p'

  constructor(wanted: string | null) {
    this.#wanted = wanted
    this.#inside = wanted === null ? 1 : 0
  }

  opened(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'title' && this.title === '') this.#inTitle = true
    if (name === 'a' && attributes.href && this.links.length < 2000) this.links.push(attributes.href)
    if (name === this.#wanted) this.#inside++
    const hidden = 'hidden' in attributes || attributes['aria-hidden'] === 'true'
    const skips = skipped.has(name) || hidden || skippedRoles.has(attributes.role ?? '')
    if (this.#open.length === deepest)
      throw new DocumentFault(`its elements are nested more than ${deepest} deep`)
    this.#open.push({ name, skips })
    if (skips) this.#skipping++
    if (blocks.has(name)) this.#flush()
    if (/^h[1-6]$/.test(name)) this.#kind = name
    if (name === 'li') this.#kind = 'li'
    if (name === 'table' && this.#table === null) this.#table = []
    if (name === 'tr' && this.#table !== null) this.#row = []
  }

  text(text: string): void {
    if (this.#inTitle) this.title = `${this.title}${text}`.slice(0, 200)
    else if (this.#skipping === 0 && this.#inside > 0) this.#text += text
  }

  closed(name: string): void {
    if (name === 'title') this.#inTitle = false
    if ((name === 'td' || name === 'th') && this.#row !== null) {
      this.#row.push(this.#text)
      this.#text = ''
    } else if (blocks.has(name)) this.#flush()
    if (name === 'tr' && this.#row !== null) {
      this.#table?.push(this.#row)
      this.#row = null
    }
    if (name === 'table' && this.#table !== null) {
      this.writer.table(this.#table)
      this.#table = null
    }
    if (/^h[1-6]$|^li$/.test(name)) this.#kind = 'p'
    const at = this.#open.findLastIndex((element) => element.name === name)
    if (at >= 0) for (const { skips } of this.#open.splice(at)) if (skips) this.#skipping--
    if (name === this.#wanted) this.#inside = Math.max(0, this.#inside - 1)
  }

  #flush(): void {
    // Blocks within a cell are words of that cell.
    if (this.#row !== null) {
      this.#text += ' '
      return
    }
    const text = this.#text
    this.#text = ''
    if (/^h[1-6]$/.test(this.#kind)) this.writer.heading(Number(this.#kind[1]), text)
    else if (this.#kind === 'li') this.writer.item(text)
    else this.writer.paragraph(text)
  }

  ended(): void {
    this.#row = null
    this.#flush()
  }
}

function readPart(html: string, wanted: string | null): Page {
  const reader = new PageReader(wanted)
  const parser = new Parser({
    onopentag: (name, attributes) => reader.opened(name, attributes),
    ontext: (text) => reader.text(text),
    onclosetag: (name) => reader.closed(name),
  })
  parser.write(html)
  parser.end()
  reader.ended()
  return {
    markdown: reader.writer.text(),
    title: reader.title.replace(/\s+/g, ' ').trim(),
    links: reader.links,
  }
}
