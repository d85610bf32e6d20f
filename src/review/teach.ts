/**
 * A missing fact, typed once: it goes into the knowledge folder, and every waiting draft that lacked it is rewritten.
 * Nothing personal gets in, because the knowledge is given to every reply.
 */
import { type PersonalMatter, personalMatter, withoutPersonal } from '../check/personal.ts'
import { ownWords } from '../compose/draft-check.ts'
import type { StepContext } from '../context.ts'
import { alike } from '../knowledge/alike.ts'
import { labelsOf, plainLabel } from '../knowledge/folder-outline.ts'
import {
  listTaught,
  longestTaught,
  removeTaught,
  TaughtError,
  type TaughtFact,
  writeTaught,
} from '../knowledge/taught.ts'
import { correspondentNames, doubtedAnswers, rewrittenMails, waitingAnswers } from '../store/gaps.ts'
import { loadMessage } from '../store/messages.ts'
import { loadReply } from '../store/replies.ts'
import { versionOf } from './decide.ts'
import { type Gap, gaps } from './gaps.ts'
import { Refusal, type Review } from './review.ts'
import { rewrite } from './rewrite.ts'

export type { PersonalMatter } from '../check/personal.ts'
export type { TaughtFact } from '../knowledge/taught.ts'
export type { Gap, GapMail } from './gaps.ts'
export { gaps } from './gaps.ts'

export interface Lesson {
  account: string
  /** Id of a gap, whose waiting drafts are then written again. Without it they are found by the question. */
  gap?: string
  /** Becomes the heading; the gap's own words when absent. Personal matter in it is left out. */
  question?: string
  /** As a reply may state it, up to 2,000 characters. */
  fact: string
  /** Who teaches it; written into the file. */
  by: string
  /** Id of the mail it comes from, if there is no gap. */
  mail?: string
  /** A person says that what may be personal is not. A text that certainly names a person is still refused. */
  confirmed?: boolean
}

export interface Taught extends TaughtFact {
  account: string
}

export interface Teaching {
  fact: Taught
  /** Ids of mails whose drafts are being written again. */
  rewritten: string[]
  /** Ids of mails that were left as they are: a person has edited or decided on them. */
  left: string[]
}

/** The knowledge has changed already; the drafts follow one after the other. */
export interface Begun {
  fact: Taught
  /** How many drafts will be written again, and how many stay because a person has edited them. */
  again: number
  left: number
  /** Resolves when the drafts are written. Rejects when the mailbox or the store does not answer. */
  done: Promise<Omit<Teaching, 'fact'>>
}

/** Mails of the last year are written again, and at most this many. Milliseconds. */
const yearMs = 366 * 86_400_000
const mostRewritten = 200
/** A fact that was taught longer ago is not followed up: somebody has looked at its drafts since. Milliseconds. */
const resumedMs = 86_400_000
/** Names of correspondents that a fact is compared with. */
const mostNames = 5_000

/** The fact would tell every correspondent something about one of them. */
export class PersonalRefusal extends Refusal {
  /** In the order of the text; `certain` ones can't be confirmed. */
  readonly found: readonly PersonalMatter[]
  constructor(found: readonly PersonalMatter[]) {
    const certain = found.some((each) => each.certain)
    super(certain ? 'personal-matter' : 'maybe-personal', undefined, found.map(({ text }) => text).join(', '))
    this.found = found
  }
}

/**
 * Writes the fact into the knowledge folder of the account, then has every waiting draft that lacked it written again.
 * @throws PersonalRefusal before anything is written
 * @throws Refusal `unknown-account`, `no-knowledge`, `unknown-gap`, `unfit-fact`, `knowledge-read-only`, `too-many-facts`
 */
export async function teach(review: Review, lesson: Lesson): Promise<Teaching> {
  const { fact, done } = await beginTeaching(review, lesson)
  return { fact, ...(await done) }
}

/** As `teach`, for somebody who does not wait for the drafts. */
export async function beginTeaching(review: Review, lesson: Lesson): Promise<Begun> {
  const { context } = review
  const folder = knowledgeFolder(context, lesson.account)
  const now = context.clock.now()
  const since = new Date(now.getTime() - yearMs)
  const open = await gaps(review, { since, account: lesson.account })
  const gap = lesson.gap === undefined ? null : (open.find(({ id }) => id === lesson.gap) ?? null)
  if (lesson.gap !== undefined && gap === null) throw new Refusal('unknown-gap')
  const asked = lesson.question?.trim() || gap?.question || ''
  if (asked === '' || lesson.fact.trim() === '' || lesson.fact.length > longestTaught.fact)
    throw new Refusal('unfit-fact')
  const lacking = gap
    ? [gap]
    : open.filter(({ question, others }) => [question, ...others].some((one) => alike(one, asked)))
  const doubted = await inDoubtAbout(review, lesson.account, [asked, ...lacking.flatMap(wordsOf)])
  const mails = [...new Set([...(lesson.mail ? [lesson.mail] : []), ...lacking.flatMap(idsOf), ...doubted])]
  const found = await personalIn(context, lesson.account, lesson.fact, mails)
  if (found.some(({ certain }) => certain) || (found.length > 0 && !lesson.confirmed))
    throw new PersonalRefusal(found)
  const question = withoutPersonal(asked, await personalIn(context, lesson.account, asked, mails))
  const about = { question, fact: lesson.fact, by: lesson.by, at: now.toISOString(), mails }
  const fact = refusing(() => writeTaught(folder, about, context.newId(now).slice(-6)))
  context.log.info({ event: 'knowledge.taught', account: lesson.account, mails: mails.length })
  const waiting = lacking.flatMap((one) => one.mails.filter(({ waits }) => waits))
  const edited = new Set(waiting.flatMap((mail) => (mail.edited ? [mail.id] : [])))
  return begun(
    review,
    { ...fact, account: lesson.account },
    {
      by: lesson.by,
      ids: [...waiting.map(({ id }) => id), ...doubted],
      edited,
    },
  )
}

interface Following {
  by: string
  ids: readonly string[]
  edited: ReadonlySet<string>
}

function begun(review: Review, fact: Taught, { by, ids, edited }: Following): Begun {
  const all = [...new Set(ids)]
  const left = all.filter((id) => edited.has(id)).length
  return { fact, again: all.length - left, left, done: writeAgain(review, all, by) }
}

const idsOf = ({ mails }: Gap) => mails.map(({ id }) => id)
const wordsOf = ({ question, others }: Gap) => [question, ...others]

/** Ids of waiting drafts that guess at an answer: they name no missing fact, and the fact may end the doubt. */
async function inDoubtAbout(
  { context }: Review,
  account: string,
  words: readonly string[],
): Promise<string[]> {
  const doubted = await doubtedAnswers(context.db, account, mostRewritten)
  return doubted
    .filter(({ asks }) => asks.some((ask) => words.some((one) => alike(one, ask))))
    .map(({ id }) => id)
}

/** What was taught, newest first. @throws Refusal `unknown-account` */
export function taught({ accounts }: Pick<StepContext, 'accounts'>, account?: string): Taught[] {
  if (account !== undefined && !accounts.has(account)) throw new Refusal('unknown-account')
  return [...accounts]
    .filter(([address]) => account === undefined || address === account)
    .flatMap(([address, { settings }]) =>
      settings.knowledge === null
        ? []
        : listTaught(settings.knowledge).map((fact) => ({ ...fact, account: address })),
    )
}

/**
 * Takes a fact back: its file is removed, and waiting drafts that were written with it are written again.
 * @param id of a taught fact @throws Refusal `unknown-account`, `no-knowledge`, `unknown-fact`, `knowledge-read-only`
 */
export async function unteach(
  review: Review,
  which: { account: string; id: string; by: string },
): Promise<Teaching> {
  const { fact, done } = await beginUnteaching(review, which)
  return { fact, ...(await done) }
}

/** As `unteach`, for somebody who does not wait for the drafts. */
export async function beginUnteaching(
  review: Review,
  { account, id, by }: { account: string; id: string; by: string },
): Promise<Begun> {
  const { context } = review
  const folder = knowledgeFolder(context, account)
  const fact = refusing(() => removeTaught(folder, id))
  context.log.info({ event: 'knowledge.untaught', account })
  const labels = new Set(labelsOf({ file: fact.file, heading: fact.question }))
  const waiting = await waitingAnswers(context.db, account, mostRewritten)
  const rests = waiting.filter(
    ({ id: mail, sources }) =>
      fact.mails.includes(mail) || sources.some((source) => labels.has(plainLabel(source))),
  )
  const ids = rests.map(({ id: mail }) => mail)
  return begun(review, { ...fact, account }, { by, ids, edited: new Set() })
}

/** Rewrites the waiting drafts of a gap: the knowledge may now have what they lack. @throws Refusal `unknown-gap` */
export async function tryGapAgain(
  review: Review,
  { account, gap, by }: { account: string; gap: string; by: string },
): Promise<Omit<Begun, 'fact'>> {
  const since = new Date(review.context.clock.now().getTime() - yearMs)
  const found = (await gaps(review, { since, account })).find(({ id }) => id === gap)
  if (found === undefined) throw new Refusal('unknown-gap')
  const waiting = found.mails.filter(({ waits }) => waits)
  const again = waiting.filter(({ edited }) => !edited).map(({ id }) => id)
  return { again: again.length, left: waiting.length - again.length, done: writeAgain(review, again, by) }
}

/**
 * What may be personal in a text, compared with the account's correspondents and with those of some mails.
 * @param mails ids of the mails that it comes from
 */
export async function personalIn(
  context: StepContext,
  account: string,
  text: string,
  mails: readonly string[],
): Promise<PersonalMatter[]> {
  const found = context.accounts.get(account)
  const own = found ? ownWords(found.settings) : []
  const published = found?.knowledge?.find({ queries: [], tokens: 0, whole: Number.POSITIVE_INFINITY }) ?? []
  const rows = await Promise.all(mails.slice(0, mostRewritten).map((id) => loadMessage(context.db, id)))
  const behind = rows.flatMap((row) =>
    [row?.fromName, row?.fromAddress].filter((each) => typeof each === 'string'),
  )
  // A name of one word may be an ordinary word.
  const full = (await correspondentNames(context.db, account, mostNames)).filter((name) =>
    /\s/.test(name.trim()),
  )
  const named = full.filter((name) => text.toLowerCase().includes(name.trim().toLowerCase()))
  return personalMatter(text, {
    own: [...own, ...published.map(({ heading, text: known }) => `${heading}\n${known}`)],
    people: [...behind, ...named],
  })
}

/** A person's own edit is never overwritten: the text must be the model's, also at the moment of the change. */
async function writeAgain(
  review: Review,
  ids: readonly string[],
  by: string,
): Promise<Omit<Teaching, 'fact'>> {
  const [rewritten, left]: [string[], string[]] = [[], []]
  for (const id of [...new Set(ids)]) {
    const again = rewritten.length < mostRewritten && (await writeOneAgain(review, id, by))
    ;(again ? rewritten : left).push(id)
  }
  return { rewritten, left }
}

/**
 * At a start: the drafts that an earlier process still had to rewrite. The file of the fact says which mails asked for
 * it, and each mail's row says whether its reply was written since.
 * @returns ids of the mails whose drafts are written again
 */
export async function resumeTeaching(review: Review): Promise<string[]> {
  const { context } = review
  const since = new Date(context.clock.now().getTime() - resumedMs).toISOString()
  const resumed: string[] = []
  for (const fact of taught(context).filter(({ at }) => at > since))
    for (const mail of await rewrittenMails(context.db, fact.mails)) {
      const isOlder = mail.writtenAt === null || mail.writtenAt.toISOString() < fact.at
      const waits = mail.step === 'review' || mail.step === 'done'
      if (!isOlder || !waits || mail.edited || resumed.includes(mail.id)) continue
      if (await writeOneAgain(review, mail.id, fact.by)) resumed.push(mail.id)
    }
  if (resumed.length > 0) context.log.info({ event: 'teach.resumed', mails: resumed.length })
  return resumed
}

async function writeOneAgain(review: Review, id: string, by: string): Promise<boolean> {
  const { db } = review.context
  const [row, reply] = [await loadMessage(db, id), await loadReply(db, id)]
  if (row === null || (reply !== null && (reply.composed === null || reply.text !== reply.draftText)))
    return false
  try {
    // A person's wish for this reply still applies.
    await rewrite(
      review,
      id,
      by,
      row.instruction ?? '',
      reply === null ? undefined : versionOf(reply.text, reply.envelope),
    )
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

/** @throws Refusal */
export function knowledgeFolder({ accounts }: Pick<StepContext, 'accounts'>, address: string): string {
  const account = accounts.get(address)
  if (account === undefined) throw new Refusal('unknown-account')
  if (account.settings.knowledge === null) throw new Refusal('no-knowledge')
  return account.settings.knowledge
}

const refusals = {
  'read-only': 'knowledge-read-only',
  'too-many': 'too-many-facts',
  unknown: 'unknown-fact',
} as const

function refusing<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof TaughtError)) throw error
    throw new Refusal(refusals[error.fault], { cause: error })
  }
}
