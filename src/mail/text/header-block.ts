/** Headers of quoted mail as programs write them into the text: lines with labels, a table, or all on one line. */

import { bareSubject, type Known } from './known.ts'
import { headerRole, longestLine, plainDigits, roleOfLabel } from './phrases.ts'

export interface Span {
  /** Index of its first and last line. */
  start: number
  end: number
}

export interface QuotedLines {
  lines: readonly string[]
  /** The line begins with a quote mark. */
  quoted: readonly boolean[]
  known: Known
}

export const address = /[^\s<>@]@[^\s<>@]|<\s*mailto:/i

/** A day with its year. Years of the Persian and the Thai calendar are among them. */
export const day = /(?<!\d)(?:1[34]|19|20|25)\d\d(?!\d)|(?<![\d.])\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?!\.?\d)/

/** The header of a quoted mail that begins on line `start`; null when the author may have written it. */
export function headerBlockAt(text: QuotedLines, start: number): Span | null {
  const line = (text.lines[start] ?? '').slice(0, longestLine)
  if (headerRole(line) !== null)
    return isWholeHeader(line)
      ? { start, end: start }
      : (knownBlockAt(text, start) ?? blockOfUsAt(text, start))
  return blockOfUsAt(text, start)
}

/** `From: a@example.com Date: 11/23/26 To: b@example.com Subject: x` on one line. */
function isWholeHeader(line: string): boolean {
  const labels = line.matchAll(/(?:^|\s)(\p{L}[\p{L}\p{M}]{0,19}) ?[:：](?=\s|$)/gu)
  const roles = new Set(
    [...labels].map(([, label = '']) => roleOfLabel(label)).filter((role) => role !== null),
  )
  return roles.size >= 3 && roles.has('from') && address.test(line)
}

type Role = ReturnType<typeof headerRole>

const rolesOf = new WeakMap<readonly string[], Map<number, Role>>()

/** Blocks that may begin on each of forty lines look at the same line: its role is read once. */
function roleAt(lines: readonly string[], at: number): Role {
  const read = rolesOf.get(lines) ?? new Map<number, Role>()
  rolesOf.set(lines, read)
  const known = read.get(at)
  if (known !== undefined) return known
  const role = headerRole((lines[at] ?? '').slice(0, longestLine))
  read.set(at, role)
  return role
}

/** Lines with labels of a list of languages, as Outlook and others quote a header. */
function knownBlockAt({ lines, quoted }: QuotedLines, start: number): Span | null {
  const roles = new Set<string>()
  let named = false
  let sent = false
  let end = start - 1
  let loose = 0
  for (let at = start; at < lines.length && at < start + 40; at++) {
    const line = (lines[at] ?? '').slice(0, longestLine)
    const role = quoted[at] && !quoted[start] ? null : roleAt(lines, at)
    if (role) {
      roles.add(role)
      named ||= address.test(line) || /\[mailto:/i.test(line)
      sent ||= role === 'date' && !/^\W*(?:date|data|datum|dato|fecha|дата|日期|日付)\W*[:：|\t]/iu.test(line)
      end = at
      loose = 0
    } else if (++loose > 2 || (line.trim() === '' && roleAt(lines, at + 1) === null)) break
  }
  const enough = roles.size >= 3 && roles.has('from') && (roles.has('subject') || sent || named)
  return enough ? { start, end } : null
}

/** Label and value of a line: before a colon, in two cells, or, for a label of the lists, before a space. */
function rowValue(line: string): string | null {
  // The pattern needs one of these characters, and most lines have none.
  const found = /[:：\t|]/.test(line) ? row.exec(line) : null
  if (found) return found[1] ?? null
  const [first = '', second] = line.trim().split(/\s+/, 2)
  if (second === undefined) return null
  if (roleOfLabel(first) !== null) return wordsAfter(line, 1)
  return roleOfLabel(`${first} ${second}`) === null ? null : wordsAfter(line, 2)
}

const row = /^[\s|*_]*\p{L}[\p{L}\p{M}'’. -]{0,30}?[\s*_]*(?:[:：\t]|\s\|)[\s|*_]*(\S.*?)[\s|]*$/u

function wordsAfter(line: string, count: number): string | null {
  return line.trim().split(/\s+/).slice(count).join(' ') || null
}

const mostRows = 8

/**
 * Labels in any language, below the author's words: one value is our address, one a date, one the subject of this
 * mail. Web forms also list their visitor's values this way, but not with our address first.
 */
function blockOfUsAt({ lines, quoted, known }: QuotedLines, start: number): Span | null {
  if (known.subject.length < 3) return null
  const values: string[] = []
  for (let at = start; at < lines.length && values.length < mostRows && !quoted[at]; at++) {
    const value = rowValue((lines[at] ?? '').slice(0, longestLine))
    if (value === null) break
    values.push(value)
  }
  if (values.length < 3 || !values.some((value) => day.test(plainDigits(value)))) return null
  if (!values.some((value) => bareSubject(value) === known.subject)) return null
  const [, first = ''] =
    /([^\s<>()[\]"';:,]+@[^\s<>()[\]"';:,]+)/.exec(values.find((value) => value.includes('@')) ?? '') ?? []
  if (!known.addressees.has(first.toLowerCase())) return null
  const ownAbove = lines.slice(0, start).some((line) => /[\p{L}\p{N}]/u.test(line))
  return ownAbove ? { start, end: start + values.length - 1 } : null
}
