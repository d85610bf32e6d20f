/** The writer's mood, by counting words of praise and blame. */
import type { Verdict } from '../../base/verdicts.ts'
import { asking, negative, negators, positive, strong, type Words } from './words.ts'

export const hundredths = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 100) / 100

const reach = 3

/** True if a negating word precedes it closely, in the same clause. */
function negated({ list }: Words, at: number): boolean {
  const before = list.slice(Math.max(0, at - reach), Math.max(0, at))
  const clause = before.slice(before.findLastIndex((word) => /^[.!?,;\n]/.test(word)) + 1)
  return negators.count({ list: clause, lower: '', cjk: false }) > 0
}

/** @param text the same text with its capitals */
export function sentimentOf(words: Words, text: string): Verdict['sentiment'] {
  const [praise, blame] = [positive.find(words), negative.find(words)]
  const deniedPraise = praise.filter(({ at }) => negated(words, at)).length
  const deniedBlame = blame.filter(({ at }) => negated(words, at)).length
  const good = praise.length - deniedPraise + deniedBlame / 4
  const bad = (blame.length - deniedBlame) * 1.25 + deniedPraise
  const shouting = (text.match(/(?<!\p{L})\p{Lu}{4,}(?!\p{L})/gu)?.length ?? 0) > 2 ? 0.15 : 0
  const marks = text.match(/[!！]/g)?.length ?? 0
  const emphasis = Math.min(0.3, 0.06 * strong.count(words) + 0.05 * marks + shouting)
  const strength = (score: number): number => hundredths(0.25 + 0.14 * score + emphasis)
  // Polite thanks in a letter with a request say nothing about its mood.
  const polite = bad < 1 && good <= 1.5 && (asking.count(words) > 0 || /[?？]/.test(text))
  if (polite || (good < 1 && bad < 1)) return { label: 'neutral', intensity: hundredths(emphasis / 2) }
  if (good >= 2 && bad >= 2 && Math.min(good, bad) / Math.max(good, bad) > 0.6) {
    return { label: 'mixed', intensity: strength(Math.max(good, bad)) }
  }
  return good > bad
    ? { label: 'positive', intensity: strength(good) }
    : { label: 'negative', intensity: strength(bad) }
}
