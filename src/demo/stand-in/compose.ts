/**
 * The stand-in's reply: courtesies in the mail's language, and verbatim passages of the knowledge. It promises
 * nothing.
 */
import { isStopWord, languageOf } from '../../mail/text/language.ts'
import { phrasesOf } from './phrases.ts'
import { type GivenPassage, nameOf, type Question } from './prompt.ts'
import { sentimentOf } from './sentiment.ts'
import { isManipulation } from './suspicion.ts'
import { asking, thanks, wordsOf } from './words.ts'

interface ComposeAnswer {
  text: string
  language: string
  answers: { ask: string; answered: boolean; source: string | null }[]
  missing: string[]
  confidence: number
  needs_person: boolean
}

const mostAsks = 5

export function compose(question: Question): ComposeAnswer {
  const { mail, knowledge, facts } = question
  const told = /^language ([\w-]+)/.exec(facts.get('triage') ?? '')?.[1] ?? 'und'
  const read = languageOf(mail).language
  const detected = read === 'und' ? told : read
  const { language, phrases } = phrasesOf(detected)
  const words = wordsOf(mail)
  const sentiment = sentimentOf(words, mail)
  const upset = sentiment.label === 'negative' || sentiment.label === 'mixed'
  const asks = asksOf(mail)
  const found = asks.map((ask) => ({ ask, passage: bestPassage(ask, knowledge, language) }))
  const answers = found.map(({ ask, passage }) => ({
    ask,
    answered: passage !== null,
    source: passage?.source ?? null,
  }))
  const missing = answers.filter(({ answered }) => !answered).map(({ ask }) => ask)
  const quoted = [...new Set(found.flatMap(({ passage }) => (passage ? [passage.text] : [])))]
  const grateful = asks.length === 0 && thanks.count(words) > 0 && !upset
  const paragraphs = [
    phrases.greeting(nameOf(facts.get('from') ?? '')),
    grateful ? phrases.welcome : upset ? phrases.sorry : phrases.received,
    ...quoted,
    ...(missing.length > 0 || (asks.length === 0 && !grateful) ? [phrases.unknown] : []),
    phrases.closing,
  ]
  const needsPerson = missing.length > 0 || isManipulation(mail) || (upset && sentiment.intensity > 0.6)
  const answered =
    asks.length === 0 ? (grateful ? 1 : 0) : quoted.length === 0 ? 0 : 1 - missing.length / asks.length
  return {
    text: paragraphs.join('\n\n'),
    language,
    answers,
    missing,
    confidence: Math.round((0.35 + 0.55 * answered - (language === detected ? 0 : 0.2)) * 100) / 100,
    needs_person: needsPerson,
  }
}

/** Sentences that ask for something, verbatim, at most 300 characters each. */
export function asksOf(mail: string): string[] {
  const sentences = mail
    .slice(0, 8000)
    .replace(/\n(?!\n)/g, ' ')
    .split(/(?<=[.!?])\s+|(?<=[。！？])|\n+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence.length > 3)
  // Japanese questions end in か, often without a mark.
  const isQuestion = (sentence: string): boolean => /[?？]$|か。?$/.test(sentence)
  const questions = sentences.filter(isQuestion)
  const requests = sentences.filter(
    (sentence) => !isQuestion(sentence) && asking.count(wordsOf(sentence)) > 0,
  )
  const asks = questions.length > 0 ? questions : requests
  return asks.slice(0, mostAsks).map((ask) => (ask.length > 300 ? `${ask.slice(0, 299)}…` : ask))
}

/** Stems of meaningful words; pairs of characters in scripts without word borders. */
function termsOf(text: string): Set<string> {
  const terms = new Set<string>()
  const lower = text.toLowerCase()
  for (const run of lower.match(/[\p{Script=Han}\p{Script=Katakana}ー]+/gu) ?? []) {
    for (let at = 0; at + 2 <= run.length; at++) terms.add(run.slice(at, at + 2))
  }
  for (const word of lower.match(/[\p{Script=Latin}\p{Script=Cyrillic}\d]{3,}/gu) ?? []) {
    if (!isStopWord(word)) terms.add(word.slice(0, 5))
  }
  return terms
}

/** The passage that shares most terms with the ask, preferring its language; null if the match is too weak. */
function bestPassage(ask: string, passages: readonly GivenPassage[], language: string): GivenPassage | null {
  const wanted = termsOf(ask)
  const candidates = passages
    .filter(({ text }) => languageOf(text).language === language)
    .map((passage) => ({ passage, terms: termsOf(`${passage.source} ${passage.text}`) }))
  let best: { passage: GivenPassage; score: number; shared: number } | null = null
  for (const { passage, terms } of candidates) {
    const shared = [...wanted].filter((term) => terms.has(term))
    // A term in every passage is not distinctive.
    const score = shared.reduce((sum, term) => {
      const holders = candidates.filter((other) => other.terms.has(term)).length
      return sum + Math.log(1 + candidates.length / holders)
    }, 0)
    if (!best || score > best.score) best = { passage, score, shared: shared.length }
  }
  if (!best || best.shared === 0) return null
  const enough = best.shared >= 2 || best.shared / wanted.size >= 0.4
  return enough ? { ...best.passage, text: cut(best.passage.text) } : null
}

/** Whole sentences, about 500 characters. */
function cut(text: string): string {
  const lines = text.replace(/\s*\n\s*/g, ' ').trim()
  if (lines.length <= 500) return lines
  const end = Math.max(...['. ', '。', '! ', '? '].map((mark) => lines.lastIndexOf(mark, 500)))
  return end > 0 ? lines.slice(0, end + 1) : lines.slice(0, 500)
}
