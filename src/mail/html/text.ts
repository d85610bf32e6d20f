/** The visible words of an HTML part, as lines; hidden text is removed and reported. */

import { Tokenizer } from 'htmlparser2'
import { faultOf } from '../fault.ts'
import type { Part } from '../message.ts'
import { decodeCharset } from '../mime/charset.ts'
import { decodeTransfer } from '../mime/decode.ts'
import { withoutInvisible } from '../text/deceptive.ts'
import type { ReadText } from '../text/plain.ts'
import { quotedFrom } from '../text/visible.ts'
import {
  blockElements,
  impliedCloses,
  isSignature,
  paragraphElements,
  quoteKind,
  unreadElements,
  voidElements,
} from './elements.ts'
import { LineWriter } from './lines.ts'
import { addRules, isReadable, type Look, lookOf, plainLook, type Sheet } from './style.ts'

/** Open elements beyond this depth are ignored; their text is kept. */
const deepest = 500

/** Characters of one style element that are read. */
const longestSheet = 200_000

interface Frame {
  name: string
  look: Look
  unread: boolean
  preformatted: boolean
  quoteDepth: number
  /** The container of an attribution line: until a blockquote ends in it, its text is quoted. */
  attribution: boolean
  /** Number of the next item of an ordered list; 0 in an unordered one. */
  ordinal: number
}

/** Prose in a comment, as opposed to the notes and conditions of templates. */
function isProse(comment: string): boolean {
  return (
    comment.length < 100_000 && !/[<>{}=]/.test(comment) && (comment.match(/\p{L}{2,}/gu)?.length ?? 0) >= 8
  )
}

class HtmlReader implements HtmlReceiver {
  readonly lines = new LineWriter()
  readonly sheet: Sheet = { rules: new Map(), groundsUnknown: false }
  /** Letters and digits of the author's that were removed because nobody sees them, by the line they stood at. */
  private readonly hidden: { line: number; letters: number }[] = []
  private readonly frames: Frame[] = [
    {
      name: '',
      look: plainLook,
      unread: false,
      preformatted: false,
      quoteDepth: 0,
      attribution: false,
      ordinal: 0,
    },
  ]
  private readonly names: string[] = []
  private readonly openCount = new Map<string, number>()
  private readonly styleText: string[] = []
  private signatureStarts = false

  private get top(): Frame {
    return this.frames[this.frames.length - 1] as Frame
  }

  private quoteDepth(): number {
    return this.top.quoteDepth + (this.top.attribution ? 1 : 0)
  }

  /** What a shop hides in its mail, as a preview, is hidden in every answer that quotes it. */
  private hide(letters: number): void {
    if (this.quoteDepth() > 0) return
    const line = this.lines.openLine()
    const last = this.hidden.at(-1)
    if (last?.line === line) last.letters += letters
    else this.hidden.push({ line, letters })
  }

  /** Whether hidden text spells something. Below quoted mail without marks, such as Outlook's, it is not the author's. */
  hides(text: string): boolean {
    const lettersUpTo = (end: number) =>
      this.hidden.reduce((sum, { line, letters }) => sum + (line <= end ? letters : 0), 0)
    return lettersUpTo(Number.POSITIVE_INFINITY) >= 2 && lettersUpTo(quotedFrom(text)) >= 2
  }

  open(name: string, attributes: ReadonlyMap<string, string>, selfClosing: boolean): void {
    for (let count = impliedCloses(name, this.names); count > 0; count--) this.pop()
    this.layoutBefore(name, attributes)
    if (voidElements.has(name) || (selfClosing && name.includes(':')) || this.names.length >= deepest) return
    const parent = this.top
    const kind = quoteKind(name, attributes)
    this.frames.push({
      name,
      look: lookOf(name, attributes, parent.look, this.sheet),
      unread: parent.unread || unreadElements.has(name),
      preformatted: parent.preformatted || name === 'pre',
      quoteDepth: parent.quoteDepth + (kind === 'quote' ? 1 : 0),
      attribution: kind === 'attribution' || (kind === null && parent.attribution),
      ordinal: name === 'ol' ? 1 : 0,
    })
    this.names.push(name)
    this.openCount.set(name, (this.openCount.get(name) ?? 0) + 1)
    if (isSignature(attributes)) this.signatureStarts = true
    if (name === 'li') this.startItem(parent)
  }

  private layoutBefore(name: string, attributes: ReadonlyMap<string, string>): void {
    if (this.top.unread || this.top.look.hidden) return
    if (name === 'br') this.lines.breakLine(this.quoteDepth())
    else if (name === 'td' || name === 'th') this.lines.gap()
    else if (paragraphElements.has(name) && !/\bMsoNormal\b/.test(attributes.get('class') ?? ''))
      this.lines.endParagraph()
    else if (blockElements.has(name)) this.lines.endLine()
  }

  private startItem(list: Frame): void {
    const mark = list.ordinal > 0 ? `${list.ordinal++}. ` : '- '
    if (isReadable(this.top.look, this.sheet) && !this.top.unread)
      this.lines.write(mark, this.quoteDepth(), false)
  }

  close(name: string): void {
    if (!this.openCount.get(name)) {
      // An end tag without its start: browsers read it as an empty paragraph or a line break.
      if (name === 'p') this.lines.endParagraph()
      if (name === 'br') this.lines.breakLine(this.quoteDepth())
      return
    }
    while (this.names.length > 0) if (this.pop() === name) return
  }

  private pop(): string {
    const frame = this.frames.pop() as Frame
    this.names.pop()
    this.openCount.set(frame.name, (this.openCount.get(frame.name) ?? 1) - 1)
    if (frame.name === 'style') addRules(this.sheet, this.styleText.splice(0).join('').slice(0, longestSheet))
    if (frame.unread || frame.look.hidden) return frame.name
    if (paragraphElements.has(frame.name)) this.lines.endParagraph()
    else if (blockElements.has(frame.name)) this.lines.endLine()
    if (frame.name === 'blockquote') this.endAttribution()
    return frame.name
  }

  /** After the blockquote of a gmail_quote the author's text continues. */
  private endAttribution(): void {
    for (let at = this.frames.length - 1; at >= 0; at--) {
      const frame = this.frames[at]
      if (!frame?.attribution) return
      frame.attribution = false
    }
  }

  text(text: string): void {
    const { look, unread, preformatted, name } = this.top
    if (unread) {
      if (name === 'style') this.styleText.push(text)
      return
    }
    if (!isReadable(look, this.sheet)) {
      this.hide(text.match(/[\p{L}\p{N}]/gu)?.length ?? 0)
      return
    }
    if (this.signatureStarts && text.trim() !== '') {
      this.signatureStarts = false
      this.lines.endLine()
      if (!/^\s*(--|—)\s*$/.test(text)) {
        this.lines.write('-- ', this.quoteDepth(), true)
        this.lines.endLine()
      }
    }
    this.lines.write(text, this.quoteDepth(), preformatted)
  }

  comment(text: string): void {
    if (!this.top.unread && isProse(text)) this.hide(text.length)
  }
}

/**
 * Plain text of HTML: quotes prefixed with `> `, hidden text omitted.
 * @returns `hidden` is true if the omitted text of the author's own part spells something
 */
export function textOfHtml(html: string): { text: string; hidden: boolean } {
  const reader = new HtmlReader()
  tokenizeHtml(html, reader)
  const text = reader.lines.text()
  const clean = withoutInvisible(text)
  return { text: clean.text, hidden: clean.hidden || reader.hides(text) }
}

/** Size of an HTML part, in octets, at and above which the images inside it are left out. */
const imageRich = 32_768
/** Octets of one HTML part that are searched for images. */
const longestPart = 8 << 20

/**
 * An HTML part without embedded `data:` images: text may follow megabytes of them. The rest is decoded, so the
 * returned part has another encoding.
 */
export function withoutImages(octets: Buffer, part: Part): { octets: Buffer; part: Part } {
  if (octets.length < imageRich) return { octets, part }
  const decoded = decodeTransfer(octets.subarray(0, longestPart), part.encoding)
  const pieces: Buffer[] = []
  let kept = 0
  for (let at = decoded.indexOf('data:image/'); at >= 0; at = decoded.indexOf('data:image/', kept)) {
    pieces.push(decoded.subarray(kept, at))
    kept = uriEnd(decoded, at)
  }
  pieces.push(decoded.subarray(kept))
  return { octets: Buffer.concat(pieces), part: { ...part, encoding: '8bit' } }
}

/** Index after the octets from `at` that may be part of a URI, line ends included. */
function uriEnd(octets: Buffer, at: number): number {
  let end = at
  // `"`, `'`, `)`, `<` and `>` end it where an image may occur.
  while (end < octets.length && !uriEnds.has(octets[end] as number)) end++
  return end
}

const uriEnds = new Set(Buffer.from(`"')<>`))

/** The charset declared in the markup, for parts that name none (HTML section 4.2.5.4). */
function declaredCharset(octets: Buffer): string {
  const start = octets.subarray(0, 2048).toString('latin1')
  return /<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}["']?([\w.:-]{1,60})/i.exec(start)?.[1] ?? ''
}

/** @param octets the part as transferred, perhaps cut at the end */
export function readHtml(octets: Buffer, part: Part): ReadText & { html: string } {
  const decoded = decodeTransfer(octets, part.encoding)
  const label = part.parameters.charset ?? ''
  const charset = /^(us-ascii|ascii|)$/i.test(label) ? declaredCharset(decoded) || label : label
  const { text: html, known } = decodeCharset(decoded, charset)
  return { html, ...textOfHtml(html), faults: known ? [] : [faultOf('unknown-charset', part.path)] }
}

/** Attribute values beyond this many characters are cut. */
const longestAttribute = 10_000

interface HtmlReceiver {
  /** @param selfClosing written as `<x/>`, which HTML ignores except for foreign elements */
  open(name: string, attributes: ReadonlyMap<string, string>, selfClosing: boolean): void
  close(name: string): void
  text(text: string): void
  comment(text: string): void
}

/**
 * Feeds every token of `html` to the receiver, names in lower case, entities decoded, in linear time. Only the
 * tokenizer of htmlparser2 is used: its parser moves the whole stack of open elements for each tag, which hostile
 * nesting turns into seconds.
 */
function tokenizeHtml(html: string, receiver: HtmlReceiver): void {
  let name = ''
  let attribute = ''
  let pieces: string[] = []
  let attributes = new Map<string, string>()
  const opened = (selfClosing: boolean) => receiver.open(name, attributes, selfClosing)
  const tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: true },
    {
      onopentagname(start, end) {
        name = html.slice(start, end).toLowerCase()
        attributes = new Map()
      },
      onattribname(start, end) {
        attribute = html.slice(start, end).toLowerCase()
        pieces = []
      },
      onattribdata: (start, end) => pieces.push(html.slice(start, Math.min(end, start + longestAttribute))),
      onattribentity: (codepoint) => pieces.push(String.fromCodePoint(codepoint)),
      onattribend() {
        if (!attributes.has(attribute) && attributes.size < 50) attributes.set(attribute, pieces.join(''))
      },
      onopentagend: () => opened(false),
      onselfclosingtag: () => opened(true),
      onclosetag: (start, end) => receiver.close(html.slice(start, end).toLowerCase()),
      ontext: (start, end) => receiver.text(html.slice(start, end)),
      ontextentity: (codepoint) => receiver.text(String.fromCodePoint(codepoint)),
      oncomment: (start, end, offset) => receiver.comment(html.slice(start, end - offset)),
      oncdata: (start, end, offset) => receiver.comment(html.slice(start, end - offset)),
      ondeclaration: () => {},
      onprocessinginstruction: () => {},
      onend: () => {},
    },
  )
  tokenizer.write(html)
  tokenizer.end()
}
