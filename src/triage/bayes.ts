/**
 * The local spam filter: Robinson's naive Bayes with Fisher's method (as in bogofilter and SpamBayes). Pure: takes
 * counts, returns a score; storage is the store's job.
 */
import type { Message } from '../mail/message.ts'
import { isOfHeader, spamTokens } from './spam-tokens.ts'

export interface Counts {
  spam: number
  ham: number
}

export interface SpamModel {
  /** Number of learned mails, by class. */
  readonly mails: Counts
  /** In how many mails of each class a token occurred. */
  readonly tokens: ReadonlyMap<string, Counts>
}

export interface Example {
  tokens: readonly string[]
  spam: boolean
}

/** Tokens of one mail that are used: the most significant ones. */
const mostClues = 1000
/** A token whose probability is closer to 0.5 than this is ignored. */
const leastDeviation = 0.1
/** Weight, in mails, of the assumption that an unknown token is neutral. */
const strength = 0.1
const assumed = 0.5

/** Trains on all examples from scratch. */
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

/** Above this score a mail is more likely spam than not; 0.5 itself means unknown. */
export const ratherSpam = 0.55

/**
 * 0 (certainly wanted) to 1 (certainly spam); 0.5 when nothing is known. Header and body are scored separately:
 * Fisher's method assumes independent tokens, and dozens from one mailing list's header would drown out the text.
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

/** Keeps each score away from certainty, so that neither can outweigh the other completely. */
const leastDoubt = 1e-4
const logitOf = (probability: number) => Math.log((probability + leastDoubt) / (1 - probability + leastDoubt))

interface Clue {
  token: string
  /** Probability that a mail with this token is spam. */
  probability: number
}

/** The decisive tokens, strongest first. */
function cluesOf({ mails, tokens }: SpamModel, found: readonly string[]): Clue[] {
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

/** Robinson's f(w): the observed share, pulled towards 0.5 when it rests on few mails. */
function probabilityOf(counts: Counts, mails: Counts): number {
  const spam = counts.spam / Math.max(1, mails.spam)
  const ham = counts.ham / Math.max(1, mails.ham)
  const seen = counts.spam + counts.ham
  if (seen <= 0 || spam + ham <= 0) return assumed
  return (strength * assumed + seen * (spam / (spam + ham))) / (strength + seen)
}

/** Fisher's method in both directions; if they contradict each other the result is near 0.5. */
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

/** With fewer examples of either class the filter gives no verdict. */
export const leastExamples = 200
/** Share of wrong verdicts, measured on this mailbox, below which the filter may decide alone. */
const mostError = 0.005

export interface Bounds {
  /** At or above this score a mail is spam, at or below `hamTo` it is wanted; null: never decided alone. */
  spamFrom: number | null
  hamTo: number | null
}

/** Share of the newest examples used for validation. */
const newestShare = 0.1

/**
 * Where the filter may decide alone. The ranges are the widest in which fewer than 0.5 % of the verdicts on the older
 * examples were wrong (leave-one-out, which for counts is exact and costs one subtraction). They are then validated
 * on the newest tenth, which the filter was not trained on: spam changes over time, and random folds hide that.
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

/** The bound, raised above its wrong verdicts; null when no correct verdict remains above it. */
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
    // Equal scores belong to the same side.
    const next = scored[at + 1]
    // Halfway to the next score, so that the bound does not overfit the examples.
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
