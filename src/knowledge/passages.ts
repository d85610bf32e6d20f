/** Cuts a reference text into self-contained passages, each under its headings. */

export interface PassageText {
  /** Headings above it, joined by ` > `; empty for none. */
  heading: string
  text: string
}

/** Characters. About 250 tokens of Latin text. */
const passageLength = 1000

/** Looks for each end once: a lazy pattern would scan the rest of the text for every comment that has none. */
function withoutComments(text: string): string {
  let [rest, end] = ['', 0]
  for (let at = text.indexOf('<!--'); at >= 0; at = text.indexOf('<!--', end)) {
    const close = text.indexOf('-->', at + 4)
    if (close < 0) break
    rest += text.slice(end, at)
    end = close + 3
  }
  return rest + text.slice(end)
}

/** A key, a list, a comment, a closed bracket, or an indented or blank line. */
const key = /^[\w-]+:(?:\s|$)/
const yaml = /^(?:[^:]+:(?:\s|$)|[-#\]}\s]|$)/

/**
 * Front matter, whatever it is, may be a private note. Only a heading with text below it, which no YAML has, shows that
 * the file merely begins with a rule.
 */
function withoutFrontMatter(text: string): string {
  const lines = text.split('\n')
  const end = lines.indexOf('---', 1)
  if (lines[0] !== '---' || end < 0) return text
  const inside = lines.slice(1, end)
  const first = inside.find((line) => line.trim() !== '') ?? ''
  const isContent =
    /^#{1,6}\s/.test(first) &&
    !inside.some((line) => key.test(line)) &&
    !inside.every((line) => yaml.test(line))
  return isContent ? text : lines.slice(end + 1).join('\n')
}

interface Section {
  /** The titles above it and its own. */
  path: string[]
  lines: string[]
}

/** Without the marks that may close a heading. No pattern: it would try every part of a long run. */
function withoutHashes(text: string): string {
  const title = text.trim()
  let end = title.length
  while (title[end - 1] === '#') end--
  return title.slice(0, end).trimEnd()
}

function headingOf(
  line: string,
  next: string | undefined,
): { level: number; title: string; lines: number } | null {
  const hashes = /^ {0,3}(#{1,6})\s(.*)$/.exec(line)
  if (hashes) return { level: hashes[1]?.length ?? 1, title: withoutHashes(hashes[2] ?? ''), lines: 1 }
  // Underlined headings; a line of dashes with nothing above it is a rule.
  if (
    line.trim() !== '' &&
    next !== undefined &&
    /^ {0,3}(=+|-{3,})\s*$/.test(next) &&
    !/^\s*[-*>|]/.test(line)
  ) {
    return { level: next.trim().startsWith('=') ? 1 : 2, title: line.trim(), lines: 2 }
  }
  return null
}

function sections(text: string, markdown: boolean): Section[] {
  const lines = text.split('\n')
  const found: Section[] = [{ path: [], lines: [] }]
  const path: { level: number; title: string }[] = []
  let fence: string | null = null
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const mark = /^ {0,3}(```+|~~~+)/.exec(line)?.[1] ?? null
    if (mark && fence === null) fence = mark
    else if (mark && fence && mark.startsWith(fence)) fence = null
    const heading = markdown && fence === null ? headingOf(line, lines[at + 1]) : null
    if (!heading) {
      found.at(-1)?.lines.push(line)
      continue
    }
    while ((path.at(-1)?.level ?? 0) >= heading.level) path.pop()
    path.push(heading)
    found.push({ path: path.map(({ title }) => title), lines: [] })
    at += heading.lines - 1
  }
  return found
}

/** Paragraphs stay whole if they fit; longer ones are cut at a sentence or a space. */
function pack(text: string): string[] {
  const packed: string[] = []
  for (const paragraph of text.split(/\n\s*\n/).flatMap(shortEnough)) {
    const last = packed.at(-1)
    if (last !== undefined && last.length + paragraph.length + 2 <= passageLength) {
      packed[packed.length - 1] = `${last}\n\n${paragraph}`
    } else packed.push(paragraph)
  }
  return packed
}

/** A row without its header means nothing: each piece of a long table begins with it. */
function piecesOfTable(lines: readonly string[]): string[] {
  const head = lines.slice(0, 2).join('\n')
  const pieces: string[] = []
  for (const row of lines.slice(2)) {
    const last = pieces.at(-1)
    if (last !== undefined && last.length + row.length + 1 <= passageLength)
      pieces[pieces.length - 1] = `${last}\n${row}`
    else pieces.push(`${head}\n${row}`)
  }
  return pieces.length > 0 ? pieces : [head]
}

/** Runs of blanks first become one: the pattern would divide them in every way. */
const isTableRule = (row: string) =>
  /^ ?\|? ?:?-{3,}:? ?(?:\| ?:?-{3,}:? ?)*\|? ?$/.test(row.replace(/\s+/g, ' '))

function shortEnough(paragraph: string): string[] {
  const rows = paragraph.trim().split('\n')
  if (paragraph.length > passageLength && rows.length > 2 && isTableRule(rows[1] ?? ''))
    return piecesOfTable(rows)
  const parts: string[] = []
  let rest = paragraph.trim()
  while (rest.length > passageLength) {
    const window = rest.slice(0, passageLength)
    const sentence =
      Math.max(...['. ', '.\n', '。', '! ', '? ', '！', '？'].map((end) => window.lastIndexOf(end))) + 1
    const blank = Math.max(window.lastIndexOf(' '), window.lastIndexOf('\n'))
    const end = sentence > passageLength / 2 ? sentence : blank > passageLength / 2 ? blank : wholeEnd(window)
    parts.push(rest.slice(0, end).trim())
    rest = rest.slice(end).trim()
  }
  return rest === '' ? parts : [...parts, rest]
}

/** Does not split a character of two code units. */
const wholeEnd = (window: string) => (/[\ud800-\udbff]$/.test(window) ? window.length - 1 : window.length)

/** Rules are nothing, a cross or a tick is an answer. */
const says = (text: string) => /[^\s*_-]/.test(text)

/** A title with nothing below it is itself what the owner wrote: `## Do you take PayPal? Yes.` */
function passagesIn({ path, lines }: Section, next: Section | undefined): PassageText[] {
  const text = lines.join('\n')
  const under = (titles: string[], found: string) =>
    pack(found).map((part) => ({ heading: titles.join(' > '), text: part }))
  if (says(text)) return under(path, text)
  const title = path.at(-1) ?? ''
  const isAlone = says(title) && (next?.path.length ?? 0) <= path.length
  return isAlone ? under(path.slice(0, -1), title) : []
}

/** @param markdown false: a plain text file, without headings */
export function passagesOf(content: string, markdown: boolean): PassageText[] {
  const lines = content.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n')
  const text = markdown ? withoutComments(withoutFrontMatter(lines)) : lines
  return sections(text, markdown).flatMap((section, at, all) => passagesIn(section, all[at + 1]))
}
