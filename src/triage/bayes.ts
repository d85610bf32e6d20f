/**
 * The local spam filter: Robinson's naive Bayes with Fisher's method (as bogofilter and SpamBayes have it). Pure: counts
 * come in, a score comes out; where they are kept is the store's business.
 */
import type { Message } from '../mail/message.ts'
import { isOfHeader, spamTokens } from './spam-tokens.ts'

export interface Counts {
  spam: number
  ham: number
}

export interface SpamModel {
  /** Mails that were learned, by class. */
  readonly mails: Counts
  /** In how many mails of each class a token occurred. */
  readonly tokens: ReadonlyMap<string, Counts>
}

export interface Example {
  tokens: readonly string[]
  spam: boolean
}

/** Tokens of one mail that count: those that say most. */
const mostClues = 1000
/** A token whose probability is nearer to 0.5 than this says nothing. */
const leastDeviation = 0.1
/** How many mails the assumption that an unknown token is neutral weighs. */
const strength = 0.1
const assumed = 0.5

/** Learns all examples from nothing. */
export function train(examples: Iterable<Example>): SpamModel {
  const mails = { spam: 0, ham: 0 }
  const tokens = new Map<string, Counts>()
  for (const { tokens: found, spam } of examples) {
    const label = spam ? 'spam' : 'ham'
    mails[label]++
    for (const token of new Set(found)) {
      const counts = tokens.get(token) ?? { spam: 0, ham: 0 }
      counts[label]++
      tokens.set(token, counts)
    }
  }
  return { mails, tokens }
}

/** Above this score a mail is rather spam than not, if it has to be said; 0.5 itself means that nothing is known. */
export const ratherSpam = 0.55

/**
 * 0 (surely wanted) to 1 (surely spam); 0.5 when nothing is known. Header and body are two witnesses, each heard by itself:
 * Fisher's method takes clues for independent, and dozens from one mailing list's header would drown what the text says.
 */
export function score(model: SpamModel, mail: Message | readonly string[]): number {
  const tokens = 'fields' in mail ? spamTokens(mail) : mail
  const heard = [tokens.filter(isOfHeader), tokens.filter((token) => !isOfHeader(token))]
    .map((part) => cluesOf(model, part))
    .filter((clues) => clues.length > 0)
  if (heard.length === 0) return 0.5
  const logit = heard.reduce((sum, clues) => sum + logitOf(combine(clues)), 0) / heard.length
  return 1 / (1 + Math.exp(-logit))
}

/** No witness is so sure that another could not be heard beside it. */
const leastDoubt = 1e-4
const logitOf = (probability: number) => Math.log((probability + leastDoubt) / (1 - probability + leastDoubt))

export interface Clue {
  token: string
  /** Probability that a mail with this token is spam. */
  probability: number
}

/** The tokens that decide, the strongest first. */
export function cluesOf({ mails, tokens }: SpamModel, found: readonly string[]): Clue[] {
  const clues: Clue[] = []
  for (const token of new Set(found)) {
    const counts = tokens.get(token)
    if (!counts) continue
    const probability = probabilityOf(counts, mails)
    if (Math.abs(probability - 0.5) >= leastDeviation) clues.push({ token, probability })
  }
  const strengthOf = ({ probability }: Clue) => Math.abs(probability - 0.5)
  return clues.sort((a, b) => strengthOf(b) - strengthOf(a)).slice(0, mostClues)
}

/** Robinson's f(w): the observed share, drawn to 0.5 where it rests on few mails. */
function probabilityOf(counts: Counts, mails: Counts): number {
  const spam = counts.spam / Math.max(1, mails.spam)
  const ham = counts.ham / Math.max(1, mails.ham)
  const seen = counts.spam + counts.ham
  if (seen <= 0 || spam + ham <= 0) return assumed
  return (strength * assumed + seen * (spam / (spam + ham))) / (strength + seen)
}

/** Fisher's method both ways; where they contradict each other the result is near 0.5. */
function combine(clues: readonly Clue[]): number {
  let spamLogs = 0
  let hamLogs = 0
  for (const { probability } of clues) {
    hamLogs += Math.log(probability)
    spamLogs += Math.log(1 - probability)
  }
  const spam = 1 - chiSquareTail(-2 * spamLogs, clues.length)
  const ham = 1 - chiSquareTail(-2 * hamLogs, clues.length)
  return (1 + spam - ham) / 2
}

/** Probability that chi-square with 2 * n degrees of freedom is at least x. */
function chiSquareTail(x: number, n: number): number {
  const m = x / 2
  let term = Math.exp(-m)
  let sum = term
  for (let i = 1; i < n; i++) {
    term *= m / i
    sum += term
  }
  return Math.min(1, sum)
}

/** Fewer examples of either class than this, and the filter says nothing. */
export const leastExamples = 200
/** Share of wrong answers, measured on this mailbox, below which it may answer alone. */
const mostError = 0.005

export interface Bounds {
  /** From this score on a mail is spam, to this one it is wanted; null: never said alone. */
  spamFrom: number | null
  hamTo: number | null
}

/** Share of the newest examples that stands for the mail to come. */
const newestShare = 0.1

/**
 * Where the filter may answer alone. The ranges are the widest in which fewer than 0.5 % of the answers about the older
 * examples were wrong (leave one out, which for counts is exact and costs one subtraction). They are then held against the
 * newest tenth, which the filter of the older ones has not seen: spam changes, and random folds hide that.
 *
 * @param examples oldest first
 */
export function boundsOf(examples: readonly Example[]): Bounds {
  const spam = examples.filter((example) => example.spam).length
  if (Math.min(spam, examples.length - spam) < leastExamples) return { spamFrom: null, hamTo: null }
  const cut = Math.floor(examples.length * (1 - newestShare))
  const older = examples.slice(0, cut)
  const model = train(older)
  const falling = older
    .map((example) => scored(without(model, example), example))
    .sort((a, b) => b.score - a.score)
  const newest = examples.slice(cut).map((example) => scored(model, example))
  const spamFrom = lastSafe(falling, false)
  const hamTo = lastSafe(falling.toReversed(), true)
  return {
    spamFrom: spamFrom === null ? null : stillSafe(Math.max(spamFrom, 0.65), newest),
    hamTo: hamTo === null ? null : stillSafeBelow(Math.min(hamTo, 0.35), newest),
  }
}

type Scored = Pick<Example, 'spam'> & { score: number }

const scored = (model: SpamModel, { spam, tokens }: Example): Scored => ({
  spam,
  score: score(model, tokens),
})

/** The bound, raised above the wrong answers that it gave; null when nothing above it stays to speak for it. */
function stillSafe(bound: number, newest: readonly Scored[]): number | null {
  const answers = newest.filter((each) => each.score >= bound)
  const wrong = answers.filter(({ spam }) => !spam)
  if (wrong.length === 0 || wrong.length / answers.length < mostError) return bound
  const highest = Math.max(...wrong.map((each) => each.score))
  const above = answers.filter((each) => each.score > highest).map((each) => each.score)
  return above.length === 0 ? null : (highest + Math.min(...above)) / 2
}

function stillSafeBelow(bound: number, newest: readonly Scored[]): number | null {
  const mirrored = newest.map(({ spam, score }) => ({ spam: !spam, score: 1 - score }))
  const found = stillSafe(1 - bound, mirrored)
  return found === null ? null : 1 - found
}

function lastSafe(scored: readonly Scored[], wrong: boolean): number | null {
  let mistakes = 0
  let safe: number | null = null
  for (const [at, { spam, score }] of scored.entries()) {
    if (spam === wrong) mistakes++
    // Equal scores stand or fall together.
    const next = scored[at + 1]
    // Half way to the next one, so that the bound does not cling to the examples.
    if (next?.score !== score && mistakes / (at + 1) < mostError) safe = (score + (next?.score ?? score)) / 2
  }
  return safe
}

function without({ mails, tokens }: SpamModel, { tokens: own, spam }: Example): SpamModel {
  const label = spam ? 'spam' : 'ham'
  const reduced = new Map<string, Counts>()
  for (const token of new Set(own)) {
    const counts = tokens.get(token)
    if (counts) reduced.set(token, { ...counts, [label]: counts[label] - 1 })
  }
  return { mails: { ...mails, [label]: mails[label] - 1 }, tokens: reduced }
}
