/**
 * Guard: may this mail ever be answered? The rules are pure (in this folder); this step loads row and history for
 * them.
 */

import type { GuardCode } from '../base/reasons.ts'
import { type Account, accountOf, type Next, type StepContext } from '../context.ts'
import type { Owner } from '../mail/account.ts'
import { isRefuted } from '../mail/authentication.ts'
import { correspondents } from '../mail/correspondents.ts'
import { type Message, namedIds } from '../mail/message.ts'
import { asksForHuman } from '../mail/reply/automatic.ts'
import { visibleText } from '../mail/text/visible.ts'
import type { StoredMail } from '../store/bodies.ts'
import { saveHumanThread } from '../store/guard-history.ts'
import type { Guarded, NewMail } from '../store/ingested.ts'
import { copiesToJudge } from '../store/messages.ts'
import { type Change, moveSeveral } from '../store/moves.ts'
import { dispositionAfter, stageAfter } from '../store/transitions.ts'
import { applyGuard, type GuardAnswer, type GuardContext } from './ceiling.ts'
import { authorsOf, loadGuardContext } from './history.ts'

/**
 * Codes that settle what a mail is: no model is asked. Mail with any other `never` code (lists, robots, forged own
 * addresses) is not answered either, but it can be spam, so triage still looks at it, with its cheap stages first.
 */
const conclusive: ReadonlySet<GuardCode> = new Set<GuardCode>([
  'own-message',
  'already-handled',
  'dsn',
  'mdn',
  'arf',
  'report',
  'auto-reply-header',
  'auto-reply-subject',
  'calendar',
  'spam-flagged',
  'drafts-unsent',
])

/**
 * Judges a batch from any accounts and commits it in one statement. Rows that are not at `guard` are skipped; the
 * statement decides which still are, not the row passed in.
 */
export async function guard(context: StepContext, stored: readonly StoredMail[]): Promise<Map<string, Next>> {
  const mails = stored.filter(({ row }) => row.step === 'guard')
  if (mails.length === 0) return new Map()
  const decided: GuardMove[] = []
  for (const address of new Set(mails.map(({ row }) => row.account))) {
    const ofAccount = mails.filter(({ row }) => row.account === address)
    decided.push(...(await guardAll(context, accountOf(context, address), ofAccount)))
  }
  const refused = decided.filter(({ change }) => change.ceiling === 'never').map(({ change }) => change.id)
  await judgeCopies(context, refused)
  const moved = await moveSeveral(context.db, decided, context.clock.now())
  const taken = decided.filter(({ change }) => moved.has(change.id))
  return new Map(taken.map(({ verb, change }) => [change.id, { stage: stageAfter(verb) }]))
}

/**
 * Sends copies of mails that are about to be refused to the guard. Runs before the refusal, so that a crash repeats it.
 * @param refused ids of the mails
 */
export async function judgeCopies({ db, clock }: StepContext, refused: readonly string[]): Promise<void> {
  const copies = refused.length === 0 ? [] : await copiesToJudge(db, refused)
  if (copies.length === 0) return
  const changes = copies.map((id) => ({ id, at: 'done' as const, reason: 'ingested' as const }))
  await moveSeveral(
    db,
    changes.map((change) => ({ verb: 'judgeCopy' as const, change })),
    clock.now(),
  )
}

/**
 * Judges mails before they are stored, so that each row is written only once. A mail whose verdict depends on another
 * in the batch is left to `guard`. If one asks for a person, all are left to it: the request is recorded first.
 * @returns by the ids of the mails
 */
export async function guardNewMail(
  context: StepContext,
  account: Account,
  mails: readonly NewMail[],
): Promise<Map<string, Guarded>> {
  const { owner, spam } = account.settings
  const apart = mailsApart(mails)
  const histories = await historiesOf(context, account, apart)
  if (apart.some((mail, at) => histories[at] && wantsPerson(mail, histories[at], owner))) return new Map()
  return new Map(
    apart.flatMap(({ row, message }, at) => {
      const history = histories[at]
      if (!history) return []
      const { verb, change } = asMove(row.id, guardMail(message, owner, history), spam.action !== 'none')
      const { reason, codes, ceiling } = change
      const [step, disposition] = [stageAfter(verb), dispositionAfter(verb)]
      return [[row.id, { step, disposition, reason, codes, ceiling }]]
    }),
  )
}

/** Mails whose history depends on no other in the batch: one with the same Message-ID, or one that they answer. */
function mailsApart<Mail extends StoredMail>(mails: readonly Mail[]): Mail[] {
  const ids = mails.map(({ message }) => namedIds(message))
  const times = new Map<string, number>()
  for (const { own } of ids) if (own !== null) times.set(own, (times.get(own) ?? 0) + 1)
  return mails.filter((_, at) => {
    const { own = null, thread = [] } = ids[at] ?? {}
    return (own === null || times.get(own) === 1) && thread.every((id) => !times.has(id))
  })
}

interface GuardMove {
  verb: 'admit' | 'decline' | 'setAside'
  change: Change<'admit' | 'decline' | 'setAside'> & Pick<Guarded, 'codes' | 'ceiling'>
}

/** In the order of the mails. */
function historiesOf(
  { db, clock }: StepContext,
  { settings: { owner } }: Account,
  mails: readonly (StoredMail & { digest?: string | null })[],
): Promise<GuardContext[]> {
  const now = clock.now()
  return Promise.all(
    mails.map((mail) => {
      const addressee = correspondents(mail.message, owner).target?.address ?? null
      const { digest } = mail
      return loadGuardContext(db, owner.address, { mail, addressee, digest }, now)
    }),
  )
}

async function guardAll(
  context: StepContext,
  account: Account,
  mails: readonly StoredMail[],
): Promise<GuardMove[]> {
  const { owner, spam } = account.settings
  let histories = await historiesOf(context, account, mails)
  const forPerson = mails.filter((mail, at) => histories[at] && wantsPerson(mail, histories[at], owner))
  for (const { row, message } of forPerson) {
    const { own, thread } = namedIds(message)
    const ids = own === null ? thread : [...thread, own]
    await saveHumanThread(context.db, {
      id: row.id,
      account: row.account,
      authors: [...authorsOf({ message })],
      ids,
    })
  }
  if (forPerson.length > 0) histories = await historiesOf(context, account, mails)
  return mails.flatMap(({ row, message }, at) => {
    const history = histories[at]
    if (!history) return []
    const judgement = guardMail(message, owner, history)
    const decided = asMove(row.id, judgement, spam.action !== 'none')
    const isForPerson = judgement.decision !== 'never' && forPerson.some((mail) => mail.row.id === row.id)
    if (!isForPerson) return [decided]
    return [{ verb: 'setAside', change: { ...decided.change, reason: 'human-asked' } }]
  })
}

/** The guard's rules, plus inline encryption, which has no media type. */
export function guardMail(message: Message, owner: Owner, history: GuardContext): GuardAnswer {
  return withInlineEncryption(applyGuard(message, owner, history), message)
}

/** Inline PGP text (RFC 4880 section 6.2) has no media type, so rules on the structure cannot see it. */
function withInlineEncryption(judgement: GuardAnswer, message: Message): GuardAnswer {
  if (judgement.decision === 'never' || !message.faults.some(({ code }) => code === 'encrypted-text'))
    return judgement
  return { decision: 'never', reason: 'encrypted', codes: ['encrypted', ...judgement.codes] }
}

/** Whether no model is asked: a person has to look, or the rules alone settle the mail. */
export function isSettled({ decision, reason, codes }: GuardAnswer, filtersSpam: boolean): boolean {
  if (reason === 'encrypted') return true
  return decision === 'never' && (!filtersSpam || codes.some((code) => conclusive.has(code)))
}

function asMove(id: string, judgement: GuardAnswer, filtersSpam: boolean): GuardMove {
  const { decision, reason, codes } = judgement
  const change: GuardMove['change'] = { id, at: 'guard', reason, codes: [...codes], ceiling: decision }
  // Nobody but the owner can read it (docs/rules.md section 3.1, rule 21).
  if (reason === 'encrypted') return { verb: 'setAside', change }
  return { verb: isSettled(judgement, filtersSpam) ? 'decline' : 'admit', change }
}

/**
 * Whether somebody who received an automatic reply, recently or in this thread, asks for a person. A mail that fails
 * authentication is not obeyed: otherwise anybody could end the automatic replies to somebody else.
 */
function wantsPerson(
  mail: StoredMail,
  { autoSent }: GuardContext,
  owner: Pick<Owner, 'authservIds'>,
): boolean {
  if (autoSent.length === 0 || !asksForHuman(visibleText(mail.message).text)) return false
  if (isRefuted(mail, owner)) return false
  const authors = authorsOf(mail)
  const { thread } = namedIds(mail.message)
  return autoSent.some(({ to, messageId }) => authors.has(to) || thread.includes(messageId ?? ''))
}
