/**
 * A person's additions to a draft may be facts that the knowledge lacks: each addition that states something is offered
 * as a fact, to be accepted one by one.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { diffArrays } from 'diff'
import { checkClaims } from '../check/claims.ts'
import { type PersonalMatter, withoutPersonal } from '../check/personal.ts'
import { likenessOf } from '../knowledge/alike.ts'
import { longestTaught } from '../knowledge/taught.ts'
import { sentencesOf } from '../mail/text/sentences.ts'
import { type EditedText, editedTexts } from '../store/gaps.ts'
import { Refusal, type Review } from './review.ts'
import { type Begun, beginTeaching, personalIn, type Teaching, taught } from './teach.ts'

export interface Offer {
  /** Names it for as long as the addition is the same. */
  id: string
  account: string
  /** The gap that it fills, what the mail asked, or its own beginning; without personal matter. */
  question: string
  /** What is certainly personal is replaced with `…`. */
  fact: string
  /** What may be personal in the fact. */
  personal: PersonalMatter[]
  /** The mail whose reply was edited. */
  mail: { id: string; subject: string | null }
  /** Who edited it; null for the owner in a mail client. */
  editedBy: string | null
  at: Date
}

/** Edited replies that are examined, offers at once, and offers that are remembered as declined. */
const most = { replies: 500, offers: 100, declined: 5_000 } as const
/** UTF-16 units of a fact; a shorter text states nothing. */
const shortest = 12
/** An addition that shares at least this much with a gap fills it. */
const fills = 0.25
const longestOwnQuestion = 80

interface Addition {
  question: string
  fact: string
}

/**
 * What a person added to a draft that it did not state: sentences with a figure, a price, a day or a link, and those
 * that fill a gap of the draft. Additions in one place are one fact.
 */
export function additionsOf({
  draftText,
  text,
  missing,
  asks,
}: Pick<EditedText, 'draftText' | 'text' | 'missing' | 'asks'>): Addition[] {
  const places: string[][] = [[]]
  for (const { added, removed, value } of diffArrays(sentencesOf(draftText), sentencesOf(text))) {
    if (added) places.at(-1)?.push(...value)
    else if (!removed) places.push([])
  }
  return places.flatMap((sentences) => {
    const said = sentences.filter((sentence) => sentence.length >= shortest && !/[?？]$/.test(sentence))
    const gap = nearest(said.join(' '), missing, fills)
    const telling = said.filter(
      (sentence) => states(sentence, draftText) || (gap !== null && likenessOf(sentence, gap) >= fills),
    )
    const fact = telling.join(' ').slice(0, longestTaught.fact)
    if (fact === '') return []
    const [only, ...others] = missing
    const question =
      gap ?? (others.length === 0 ? only : undefined) ?? nearest(fact, asks, 0) ?? beginningOf(fact)
    return [{ question, fact }]
  })
}

const states = (sentence: string, draft: string) =>
  checkClaims(sentence, [draft]).some(({ kind }) => kind !== 'name')

function nearest(text: string, questions: readonly string[], from: number): string | null {
  const rated = questions.map((question) => ({ question, rate: likenessOf(text, question) }))
  return (
    rated.filter(({ rate }) => rate >= from).sort((one, other) => other.rate - one.rate)[0]?.question ?? null
  )
}

const beginningOf = (fact: string) =>
  fact.length <= longestOwnQuestion ? fact : `${fact.slice(0, longestOwnQuestion).replace(/\s\S*$/u, '')} …`

/** The latest edits first. Without what was taught or declined. @see acceptOffer, declineOffer */
export async function offers(review: Review, wanted: { since: Date; account?: string }): Promise<Offer[]> {
  const { context } = review
  const { since, account = null } = wanted
  const rows = await editedTexts(context.db, { since, account, limit: most.replies })
  const declined = new Set(declinedIn(context.config.state.directory))
  const facts = taught(context).map(({ fact }) => fact)
  const found: Offer[] = []
  for (const row of rows.filter((each) => context.accounts.get(each.account)?.settings.knowledge)) {
    for (const addition of additionsOf(row)) {
      if (found.length === most.offers) return found
      const id = `${row.id}-${createHash('sha256').update(addition.fact).digest('hex').slice(0, 8)}`
      if (declined.has(id) || facts.some((fact) => likenessOf(fact, addition.fact) >= 0.9)) continue
      const offer = await offerOf(review, row, addition)
      if (!isKnown(review, row.account, offer.fact)) found.push({ id, ...offer })
    }
  }
  return found
}

async function offerOf(
  { context }: Review,
  row: EditedText,
  { question, fact }: Addition,
): Promise<Omit<Offer, 'id'>> {
  const [inQuestion, inFact] = [
    await personalIn(context, row.account, question, [row.id]),
    await personalIn(context, row.account, fact, [row.id]),
  ]
  return {
    account: row.account,
    question: withoutPersonal(question, inQuestion),
    fact: withoutPersonal(
      fact,
      inFact.filter(({ certain }) => certain),
    ),
    personal: inFact.filter(({ certain }) => !certain),
    mail: { id: row.id, subject: row.subject },
    editedBy: row.actor,
    at: row.at,
  }
}

/** Whether the owner's texts already state it in these words. */
function isKnown({ context }: Review, account: string, fact: string): boolean {
  const knowledge = context.accounts.get(account)?.knowledge
  const passages = knowledge?.find({ queries: [], tokens: 0, whole: Number.POSITIVE_INFINITY }) ?? []
  return passages.some(({ text }) => text.includes(fact))
}

/**
 * Teaches it, with the question and the fact as a person may have changed them: see `teach`.
 * @throws Refusal `unknown-offer` and those of `teach`
 */
export async function acceptOffer(review: Review, id: string, given: Given): Promise<Teaching> {
  const { fact, done } = await beginAccepting(review, id, given)
  return { fact, ...(await done) }
}

interface Given {
  by: string
  question?: string
  fact?: string
  confirmed?: boolean
}

/** As `acceptOffer`, for somebody who does not wait for the drafts. */
export async function beginAccepting(review: Review, id: string, given: Given): Promise<Begun> {
  const offer = await find(review, id)
  const { account, mail, question, fact } = offer
  const done = await beginTeaching(review, { question, fact, ...given, account, mail: mail.id })
  // The person may have worded it so that it is not recognised.
  decline(review.context.config.state.directory, id)
  return done
}

/** It is not offered again. @throws Refusal `unknown-offer` */
export async function declineOffer(review: Review, id: string): Promise<void> {
  await find(review, id)
  decline(review.context.config.state.directory, id)
}

async function find(review: Review, id: string): Promise<Offer> {
  const found = (await offers(review, { since: new Date(0) })).find((offer) => offer.id === id)
  if (found === undefined) throw new Refusal('unknown-offer')
  return found
}

const declinedFolder = (directory: string) => join(directory, 'declined-offers')

function declinedIn(directory: string): string[] {
  try {
    return readdirSync(declinedFolder(directory))
  } catch {
    return []
  }
}

/** @param id begins with the id of the mail, so that names sort by age */
function decline(directory: string, id: string): void {
  mkdirSync(declinedFolder(directory), { recursive: true, mode: 0o700 })
  writeFileSync(join(declinedFolder(directory), id), '', { mode: 0o600 })
  for (const old of declinedIn(directory).sort().slice(0, -most.declined))
    rmSync(join(declinedFolder(directory), old))
}
