/** The content of an HTML page as Markdown, without navigation, forms and anything else that repeats on every page. */
import { Parser } from 'htmlparser2'
import { decodeUnlabelled } from '../../mail/mime/charset.ts'
import { Grid } from './grid.ts'
import { DocumentFault, deepest } from './limits.ts'
import { MarkdownWriter } from './outline.ts'
import { raised, readRaised } from './raised.ts'

/** What is struck through no longer holds: the old price next to the new one. */
const skipped = new Set(
  'script style noscript template nav footer aside dialog svg math iframe object video audio canvas select head del s strike'.split(
    ' ',
  ),
)
const blocks = new Set(
  'p div section article main li ul ol dl dt dd table tr td th blockquote pre figure figcaption h1 h2 h3 h4 h5 h6 br hr address details summary body html'.split(
    ' ',
  ),
)
/** ARIA roles of the same parts. */
const skippedRoles = new Set(
  'navigation banner contentinfo search complementary dialog alertdialog menu menubar'.split(' '),
)
/** The header of one of these is not the site's, but names what follows. */
const parts = new Set(['article', 'section', 'main'])
/** A button in one of these is the title of what unfolds. */
const titles = new Set(['summary', 'dt'])
const isHeading = (name: string) => /^h[1-6]$/.test(name)

export interface Page {
  markdown: string
  title: string
  /** Values of href in the order of the page, those of navigation too. */
  links: string[]
  /** What relative links are relative to, if the page says so; it may be relative itself. */
  base: string | null
}

type Attributes = Readonly<Record<string, string>>

/** What of a page is read. */
interface Wanted {
  /** Only the text within these elements. */
  part?: 'main' | 'article'
  /** Some servers put the whole page into one form. */
  forms?: boolean
}

/** Octets of a page in which its charset is looked for, as browsers do. */
const prescanned = 1024
/** Characters; with less text, a part of a page is not its content. */
const leastContent = 100

/** @param contentType as the server sent it; outranks the page's own declaration */
export function decodePage(octets: Buffer, contentType = ''): string {
  const named = /charset\s*=\s*["']?([\w:.-]+)/i
  const own = /<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?([\w:.-]+)/i
  const start = octets.subarray(0, prescanned).toString('latin1')
  return decodeUnlabelled(octets, (named.exec(contentType) ?? own.exec(start))?.[1])
}

export function readHtml(html: string): Page {
  const whole = readPart(html)
  const part = /<main[\s>]/i.test(html) ? 'main' : /<article[\s>]/i.test(html) ? 'article' : undefined
  // A page that marks its content needs no guess.
  const content = part ? readPart(html, { part }) : whole
  if (content.markdown.length > leastContent) return { ...whole, markdown: content.markdown }
  if (whole.markdown.length > leastContent || !/<form[\s>]/i.test(html)) return whole
  const filled = readPart(html, { forms: true })
  return filled.markdown.length > 4 * whole.markdown.length ? filled : whole
}

/** Ids of elements that are hidden until a click on another element shows them. */
function unfolded(html: string): ReadonlySet<string> {
  const named =
    /\b(?:aria-controls|data-(?:bs-)?target)\s*=\s*(?:"([^"]{1,500})"|'([^']{1,500})')|href\s*=\s*["']?#([^\s"'>]{1,200})/gi
  const ids = [...html.matchAll(named)].flatMap(([, one, other, anchor]) =>
    (one ?? other ?? anchor ?? '').split(/\s+/),
  )
  return new Set(ids.map((id) => id.replace(/^#/, '')))
}

class PageReader {
  readonly writer = new MarkdownWriter()
  readonly links: string[] = []
  title = ''
  base: string | null = null
  #inTitle = false
  readonly #open: { name: string; skips: boolean; attributes: Attributes }[] = []
  #skipping = 0
  /** Open parts and titles: counted, because a page may be nested deeply. */
  #parts = 0
  #titles = 0
  #inside: number
  readonly #wanted: Wanted
  readonly #unfolded: ReadonlySet<string>
  #text = ''
  /** The text before the raised one that is being read; null: it is not raised. */
  #before: string | null = null
  #grid: Grid | null = null
  #kind = 'p'

  constructor(wanted: Wanted, shown: ReadonlySet<string>) {
    this.#wanted = wanted
    this.#unfolded = shown
    this.#inside = wanted.part ? 0 : 1
  }

  opened(name: string, attributes: Attributes): void {
    if (name === 'title' && this.title === '') this.#inTitle = true
    if (name === 'base') this.base ??= attributes.href ?? null
    if (name === 'a' && attributes.href && this.links.length < 2000) this.links.push(attributes.href)
    if (name === this.#wanted.part) this.#inside++
    if (this.#open.length === deepest)
      throw new DocumentFault(`its elements are nested more than ${deepest} deep`)
    const skips = this.#isSkipped(name, attributes)
    if (blocks.has(name) || this.#isTitle({ name, skips })) this.#flush()
    this.#open.push({ name, skips, attributes })
    this.#count(name, 1)
    if (name === 'sup' && this.#before === null) [this.#before, this.#text] = [this.#text, '']
    if (skips) this.#skipping++
    if (name === 'table' || name === 'h1' || name === 'h2') this.#dissolve()
    if (isHeading(name) || name === 'li') this.#kind = name
    if (name === 'table') this.#grid = new Grid()
    if (name === 'tr') this.#grid?.begin()
  }

  #isSkipped(name: string, attributes: Attributes): boolean {
    const { role = '', id = '', style = '' } = attributes
    const hidden = 'hidden' in attributes || attributes['aria-hidden'] === 'true'
    if (hidden && role !== 'tabpanel' && !this.#unfolded.has(id)) return true
    if (name === 'form') return this.#wanted.forms !== true
    if (name === 'header') return this.#parts === 0
    // The title of a text that unfolds.
    if (name === 'button') return !('aria-expanded' in attributes) && !this.#isTitled()
    return skipped.has(name) || skippedRoles.has(role) || /line-through/i.test(style)
  }

  /** A button that is a title itself. */
  #isTitle({ name, skips }: { name: string; skips: boolean }): boolean {
    return name === 'button' && !skips && !this.#isTitled()
  }

  /** Within the title of something. */
  #isTitled(): boolean {
    return isHeading(this.#kind) || this.#titles > 0
  }

  #count(name: string, by: 1 | -1): void {
    if (parts.has(name)) this.#parts += by
    if (titles.has(name)) this.#titles += by
  }

  text(text: string): void {
    if (this.#inTitle) this.title = `${this.title}${text}`.slice(0, 200)
    else if (this.#skipping === 0 && this.#inside > 0) this.#text += text
  }

  closed(name: string): void {
    if (name === 'title') this.#inTitle = false
    const at = this.#open.findLastIndex((element) => element.name === name)
    const element = this.#open[at]
    if (name === 'sup') this.#raise()
    if ((name === 'td' || name === 'th') && this.#grid?.isOpen) this.#endCell(element?.attributes ?? {})
    else if (blocks.has(name) || (element && this.#isTitle(element))) this.#flush()
    if (name === 'tr') this.#grid?.end()
    if (name === 'table' && this.#grid !== null) {
      this.writer.table(this.#grid.rows)
      this.#grid = null
    }
    if (isHeading(name) || name === 'li') this.#kind = 'p'
    for (const gone of at < 0 ? [] : this.#open.splice(at)) {
      if (gone.skips) this.#skipping--
      this.#count(gone.name, -1)
    }
    if (name === this.#wanted.part) this.#inside = Math.max(0, this.#inside - 1)
  }

  /** A table that holds another one, or a title, only arranges the page: its cells are read one after the other. */
  #dissolve(): void {
    const grid = this.#grid
    if (grid === null) return
    grid.end()
    this.#grid = null
    this.writer.table(grid.rows)
    this.#flush()
  }

  #raise(): void {
    if (this.#before === null) return
    this.#text = this.#before + raised(this.#text)
    this.#before = null
  }

  #endCell({ colspan, rowspan }: Attributes): void {
    this.#raise()
    this.#grid?.cell(readRaised(this.#text), { columns: Number(colspan ?? 1), rows: Number(rowspan ?? 1) })
    this.#text = ''
  }

  #flush(): void {
    this.#raise()
    // Blocks within a cell are words of that cell.
    if (this.#grid?.isOpen) {
      this.#text += ' '
      return
    }
    const text = readRaised(this.#text)
    this.#text = ''
    if (isHeading(this.#kind)) this.writer.heading(Number(this.#kind[1]), text)
    else if (this.#kind === 'li') this.writer.item(text)
    else this.writer.paragraph(text)
  }

  ended(): void {
    this.#grid = null
    this.#flush()
  }
}

function readPart(html: string, wanted: Wanted = {}): Page {
  const reader = new PageReader(wanted, unfolded(html))
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
    base: reader.base,
  }
}
