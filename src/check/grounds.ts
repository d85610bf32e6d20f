/**
 * Whether a reply may leave without a person, as far as its words tell: every question answered from a source that the
 * model was really given, every statement found there, and the mail itself not merely repeated. The correspondent's own
 * mail is no source for anything that the owner asserts or promises. Without a model; docs/security.md says what it cannot see.
 */

import { memoized } from '../base/lru.ts'
import type { AnsweredAsk } from '../triage/verdict.ts'
import { checkClaims } from './claims.ts'
import { contentOf, folded, grants, tokensOf } from './courtesy.ts'
import { languageOf } from './language.ts'

export interface Given {
  /** As an answer names it: `file > heading`, `thread`. */
  source: string
  text: string
}

export interface Grounds {
  draft: string
  answers: readonly AnsweredAsk[]
  /** What the model was given and the owner vouches for: knowledge, the owner's side of the thread. */
  given: readonly Given[]
  /** The owner's names, addresses and signature, and the mail's day: may stand in any reply. */
  own: readonly string[]
  /** The display name of the correspondent, who chose it: for the greeting only. */
  correspondent: string
  /** Subject and new text of the mail that is answered. */
  mail: string
}

export interface Gap {
  /** The statement, or the question, in the draft's words. */
  claim: string
  kind: 'ungrounded' | 'parroted'
}

/** Share of a sentence's content words that a source must have. */
const leastShare = 0.5
/** More than any letter of moderate length has. */
const mostSentences = 60
/** So many words in a row, or characters where no blank parts them, are a repetition. */
const repeated = { words: 5, characters: 10 }

/** @returns nothing when the reply stands on what was given. Each gap is a reason not to send by itself. */
export function gapsOf(grounds: Grounds): Gap[] {
  const parroted = parrots(grounds)
  const gaps = ungrounded(grounds).map((claim) => ({ claim: claim.trim(), kind: 'ungrounded' as const }))
  return parroted ? [...gaps, { claim: 'the mail itself', kind: 'parroted' }] : gaps
}

function ungrounded(grounds: Grounds): string[] {
  const { draft, answers, given, mail } = grounds
  const names = new Set(grounds.own.flatMap(nameWords))
  const greeted = new Set([...names, ...nameWords(greetable(grounds.correspondent))])
  const sentences = sentencesOf(draft)
  if (sentences.length > mostSentences) return ['too long to be checked']
  const stating = sentences.filter((one, at) => states(one, at === 0 ? greeted : names))
  const asked = /[?？؟]/.test(mail.replace(/\S+:\/\/\S+/g, ''))
  // Thanks and receipts need no source, unless they stand in place of an answer.
  if (stating.length === 0 && !asked) return []
  if (asked && answers.length === 0) return ['no question of the mail is named as answered']
  const cited = answers.map(({ ask, source }) => ({ ask, texts: resolved(source, given) }))
  const unsourced = cited.filter(({ texts }) => {
    const source = readSource(texts ?? [], mail)
    return !stating.some((sentence) => follows(sentence, source, names))
  })
  const leanedOn = [...new Set(cited.flatMap(({ texts }) => texts ?? []))]
  const source = readSource(leanedOn, mail)
  return [
    ...unsourced.map(({ ask }) => ask),
    ...stating.flatMap((sentence) => unfounded(sentence, source, names)),
    ...foreignClaims(draft, [...leanedOn, ...grounds.own, greetable(grounds.correspondent)], mail),
  ]
}

const nameWords = (name: string) => [...tokensOf(name), ...contentOf(name, new Set())]

/** Words that are a person's name; none where it looks like a message. */
const greetable = (name: string) =>
  /\p{N}|[:/@!?]/u.test(name) || name.trim().split(/\s+/).length > 4 ? '' : name

function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?…])\s+|(?<=[。！？])|\n+|[•*|]/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence))
}

/** What commas and dashes part. A comma within a figure parts nothing. */
const clausesOf = (sentence: string) =>
  sentence.split(/[,;:](?=\s)|、|\s[–—-]\s|[()]/u).filter((clause) => /[\p{L}\p{N}]/u.test(clause))

const states = (text: string, names: ReadonlySet<string>) =>
  contentOf(text, names).length > 0 || /\p{N}/u.test(text)

/** The texts that a label stands for; null unless all of it was given. `mail` beside another source is no lie, alone it is no source. */
function resolved(label: string | null, given: readonly Given[]): string[] | null {
  const plain = (text: string) =>
    folded(text)
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()
  const named = (text: string) =>
    given.filter(({ source }) => {
      const [whole, file] = [plain(source), plain(source.split(' > ')[0] ?? '')]
      return plain(text) === whole || plain(text) === file
    })
  if (label === null) return null
  const parts = named(label).length > 0 ? [label] : label.split(/[;,|+]|\s(?:and|und|et|y)\s/)
  const found = parts.filter((part) => !/^\s*mail\s*$/i.test(part)).map(named)
  if (found.length === 0 || found.some((sources) => sources.length === 0)) return null
  return found.flat().map(({ source, text }) => `${source}\n${text}`)
}

interface Source {
  texts: readonly string[]
  mail: string
  /** Both in folded words, Latin ones also by their beginnings. */
  known: ReadonlySet<string>
  ofMail: ReadonlySet<string>
}

function readSource(texts: readonly string[], mail: string): Source {
  return { texts, mail, known: new Set(texts.flatMap(wordsOf)), ofMail: new Set(wordsOf(mail)) }
}

const wordsOf = memoized((text: string): readonly string[] =>
  contentOf(text, new Set()).flatMap((word) => [word, stem(word)]),
)

const stem = (word: string) => (/^\p{Script=Latin}{5,}$/u.test(word) ? word.slice(0, 5) : word)
const isIn = (words: ReadonlySet<string>) => (word: string) => words.has(word) || words.has(stem(word))

/** Half of what it says is the source's, or, in another language, a figure or name that only the source can have supplied. */
function follows(sentence: string, source: Source, names: ReadonlySet<string>): boolean {
  if (source.texts.length === 0) return false
  const content = contentOf(sentence, names)
  if (content.length === 0) return foreignClaims(sentence, source.texts, source.mail).length === 0
  const found = content.filter(isIn(source.known)).length
  if (found / content.length >= leastShare) return true
  const own = figuresOf(sentence, source)
  if (own > 0 && inOtherLanguage(sentence, source.texts)) return true
  return (found + own) / (content.length + own) >= leastShare
}

/** Number of figures and names that the source supplied and the mail did not; none when one of them is foreign to the source. */
function figuresOf(sentence: string, { texts, mail }: Source): number {
  if (checkClaims(sentence, texts).length > 0) return 0
  return checkClaims(sentence, [mail]).length
}

/**
 * The parts of a sentence that nothing stands behind: all of it when it does not follow from the source; else the clauses
 * that have their words from the mail alone, or grant what the source does not name.
 */
function unfounded(sentence: string, source: Source, names: ReadonlySet<string>): string[] {
  if (!follows(sentence, source, names)) return [sentence]
  return clausesOf(sentence).filter((clause) => {
    const foreign = contentOf(clause, names).filter((word) => !isIn(source.known)(word))
    if (foreign.length === 0 || inOtherLanguage(sentence, source.texts)) return false
    const onlyForeign = foreign.length === contentOf(clause, names).length
    return foreign.some(grants) || (onlyForeign && foreign.some(isIn(source.ofMail)))
  })
}

/** Confidence of languageOf. */
const sureOfLanguage = 0.4

function inOtherLanguage(clause: string, texts: readonly string[]): boolean {
  const { language, confidence } = languageOf(clause)
  return confidence >= sureOfLanguage && texts.every((text) => languageOf(text).language !== language)
}

/** An order or customer number that the mail names may be named in the answer: it promises nothing. */
const identifier = /^[\p{L}#-]{0,6}[1-9]\d{3,11}$/u

function foreignClaims(draft: string, sources: readonly string[], mail: string): string[] {
  const ofMail = new Set(checkClaims(draft, [mail]).map(({ claim }) => claim))
  return checkClaims(draft, sources)
    .filter(({ claim, kind }) => {
      const harmless = kind === 'name' || kind === 'product' || (kind === 'number' && identifier.test(claim))
      return ofMail.has(claim) || !harmless
    })
    .map(({ claim }) => claim)
}

/** Half of what the draft says stands in the mail, in the same order of words, and in no source. */
function parrots({ draft, mail, given, own }: Grounds): boolean {
  const tokens = tokensOf(draft)
  const names = new Set(own.flatMap(nameWords))
  const single = tokens.filter((token) =>
    /^[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}ー]$/u.test(token),
  )
  const length = Math.min(
    tokens.length,
    single.length > tokens.length / 2 ? repeated.characters : repeated.words,
  )
  if (length === 0) return false
  const known = runsOf(tokensOf(mail), length)
  for (const { text } of given) for (const run of runsOf(tokensOf(text), length)) known.delete(run)
  const covered = new Set<number>()
  for (let at = 0; at + length <= tokens.length; at++) {
    if (!known.has(tokens.slice(at, at + length).join(' '))) continue
    for (let within = at; within < at + length; within++) covered.add(within)
  }
  const telling = tokens.map((token, at) => ({ token, at })).filter(({ token }) => tells(token, names))
  return telling.length > 0 && telling.filter(({ at }) => covered.has(at)).length / telling.length >= 0.5
}

const tells = (token: string, names: ReadonlySet<string>) =>
  /^\p{N}|[\p{Script=Han}\p{Script=Katakana}]/u.test(token) || contentOf(token, names).length > 0

function runsOf(tokens: readonly string[], length: number): Set<string> {
  const runs = new Set<string>()
  for (let at = 0; at + length <= tokens.length; at++) runs.add(tokens.slice(at, at + length).join(' '))
  return runs
}
