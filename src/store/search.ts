/**
 * Converts a typed search to PostgreSQL regular expressions. Accents, case, letters that Arabic and Persian write
 * differently, and marks between letters make no difference. Needs no database extension, and no locale.
 */

export interface Search {
  /** Each must occur somewhere in the mail. */
  words: string[]
  from: string[]
  subject: string[]
}

/** Anything beyond is ignored: every word is searched for in every mail. */
const [mostWords, longestSearch] = [12, 300]

/** Letters that a search treats as the same. */
const alike = [
  ...['ىيیےئ', 'كک', 'هةۀہە', 'اأإآٱ', 'وؤ', 'øo', 'łl', 'đd', 'ıi', 'ħh'],
  ...['0٠۰', '1١۱', '2٢۲', '3٣۳', '4٤۴', '5٥۵', '6٦۶', '7٧۷', '8٨۸', '9٩۹'],
  ...[`'’‘ʼ\``, '"“”„«»', '-‐‑–—'],
]
/** Vowel signs and accents that follow their letter, and the Arabic elongation mark. */
const marks = '[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u0655\u200c\u200d]*'
const withoutMarks = (words: string) => words.normalize('NFC').replace(new RegExp(marks, 'gu'), '')
const digits = '0-9٠-٩۰-۹'
/** Latin, Greek and Cyrillic letters with their accents. */
const scripts = [
  [0x41, 0x24f],
  [0x370, 0x52f],
  [0x1e00, 0x1fff],
] as const

/** The letter without accent and case. */
function bare(letter: string): string {
  const [first = letter] = letter.normalize('NFD')
  return first.toLowerCase()
}

function variantsByLetter(): ReadonlyMap<string, string> {
  const found = new Map<string, Set<string>>()
  const add = (key: string, letter: string) => found.set(key, (found.get(key) ?? new Set()).add(letter))
  for (const [from, to] of scripts)
    for (let at = from; at <= to; at++) {
      const letter = String.fromCodePoint(at)
      if (/\p{L}/u.test(letter)) add(bare(letter), letter)
    }
  for (const group of alike) {
    const letters = [...group].flatMap((each) => [each, ...(found.get(bare(each)) ?? [])])
    for (const key of [...group].map(bare)) for (const letter of letters) add(key, letter)
  }
  return new Map([...found].map(([key, letters]) => [key, [...letters].join('')]))
}

const variants = variantsByLetter()
const escaped = (letter: string) => letter.replace(/[\\^$.*+?()[\]{}|-]/g, '\\$&')

function patternOf(letter: string): string {
  if (/^(ß|ss)$/i.test(letter)) return '(ß|ẞ|[sS][sS])'
  const all = variants.get(bare(letter)) ?? [letter, letter.toLowerCase(), letter.toUpperCase()].join('')
  const unique = [...new Set(all)]
  return unique.length === 1 ? escaped(unique[0] ?? '') : `[${unique.map(escaped).join('')}]`
}

/** A number is found by its first digits: 12 matches 1200, but not 4712. */
export function expressionOf(words: string): string {
  const letters = withoutMarks(words).match(/ss|./giu) ?? []
  const begin = new RegExp(`^[${digits}]`).test(words) ? `(^|[^${digits}])` : ''
  return begin + letters.map((each) => (/\s/.test(each) ? '\\s+' : patternOf(each) + marks)).join('')
}

/** `from:zoe "my new bike" service`: a name of a field, then a word or words in quotes. */
const part = /(?:(from|subject):\s*)?(?:["“”„«]([^"“”»]*)["“”»]?|(\S+))/giu

/** Trimmed, and without characters that no text in the database can contain. */
const plain = (typed: string) =>
  typed
    .slice(0, longestSearch)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: PostgreSQL refuses them.
    .replace(/[\u0000-\u001f]/g, ' ')
    .toWellFormed()

export function searchOf(typed: string): Search {
  const search: Search = { words: [], from: [], subject: [] }
  for (const [, field = '', quoted, single] of [...plain(typed).matchAll(part)].slice(0, mostWords)) {
    const words = (quoted ?? single ?? '').trim().replace(/\s+/g, ' ')
    if (words === '') continue
    const place = field.toLowerCase()
    search[place === 'from' || place === 'subject' ? place : 'words'].push(expressionOf(words))
  }
  return search
}
