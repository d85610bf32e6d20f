import { createHmac, hash } from 'node:crypto'
import type { ReplyKind } from './reply.ts'

/**
 * The Message-ID of a reply, angle brackets included. The same job always yields the same id, so that a crash
 * between SMTP and bookkeeping cannot send twice (section 5.7). Without the key, nobody can compute it from the
 * original and use it first.
 * @param key secret of this installation
 * @param originalKey Message-ID of the original, or something else that identifies it
 * @param attemptGroup a new one gives a new id: a person rejected the first reply
 * @param domain that of From, A-labels
 */
export function replyMessageId(
  key: Buffer,
  account: string,
  originalKey: string,
  kind: ReplyKind,
  attemptGroup: string | number,
  domain: string,
): string {
  const parts = [account.toLowerCase(), originalKey, kind, String(attemptGroup)]
  const digest = createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex').slice(0, 40)
  const right = domain.toLowerCase().replace(/[^a-z0-9.-]/g, '')
  return `<${digest}@${right || 'localhost'}>`
}

const locales = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'sv', 'da', 'nb', 'fi', 'pl', 'cs', 'ru', 'tr']

/** How months (alone and in a date, which differ in Slavic languages) and weekdays are written. */
const dateStyles: readonly Intl.DateTimeFormatOptions[] = [
  { month: 'long' },
  { weekday: 'long', day: 'numeric', month: 'long' },
  { weekday: 'short', day: 'numeric', month: 'short' },
]

/** One day of every month; together they include every day of the week. */
const someDays = Array.from({ length: 12 }, (_, month) => Date.UTC(2024, month, 15))

let known: ReadonlySet<string> | undefined

/** Names of months and weekdays in lower case. Takes some 25 ms, so only a process that writes replies does it. */
function calendarWords(): ReadonlySet<string> {
  known ??= new Set(locales.flatMap((locale) => dateStyles.flatMap((style) => dateWords(locale, style))))
  return known
}

function dateWords(locale: string, style: Intl.DateTimeFormatOptions): string[] {
  const format = new Intl.DateTimeFormat(locale, { ...style, timeZone: 'UTC' })
  return someDays
    .flatMap((day) => format.formatToParts(day))
    .filter((part) => part.type === 'month' || part.type === 'weekday')
    .flatMap((part) => wordsIn(part.value))
    .filter((word) => /\p{L}/u.test(word))
}

const writtenDate =
  /\b\d{1,4}([./-])\d{1,2}\1\d{1,4}\b\.?|\b\d{1,2}[:.]\d{2}(?:[:.]\d{2})?\b|\d{1,4}[年月日]/gu

/**
 * A hash that is the same for the same answer (limit `same-reply`): case, spaces, punctuation, quoted lines, the
 * addressee's name, dates and times do not count. Other numbers do: two orders get two answers.
 * @param names display names of the addressee
 */
export function textHash(text: string, names: readonly string[] = []): string {
  const nameWords = new Set(names.flatMap((name) => wordsIn(name)))
  const own = text
    .split(/\r?\n/)
    .filter((line) => !line.trimStart().startsWith('>'))
    .join('\n')
  const words = withoutDates(wordsIn(own.replace(writtenDate, ' '))).filter((word) => !nameWords.has(word))
  return hash('sha256', words.join(' ')).slice(0, 32)
}

function wordsIn(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  )
}

/** Takes out weekdays and months together with the numbers next to them: "on Friday, 13 March 2026". */
function withoutDates(words: readonly string[]): string[] {
  const names = calendarWords()
  const isDate = words.map((word) => names.has(word))
  const isNumber = (at: number) => /^\d{1,4}(?:st|nd|rd|th)?$/.test(words[at] ?? '')
  words.forEach((_, at) => {
    if (isNumber(at) && isDate[at - 1]) isDate[at] = true
  })
  for (let at = words.length - 1; at >= 0; at--) if (isNumber(at) && isDate[at + 1]) isDate[at] = true
  return words.filter((_, at) => !isDate[at])
}
