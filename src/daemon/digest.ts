/** Digest: a daily mail to the owner with what arrived, what was answered, what is waiting and what it cost. */
import { setTimeout as delay } from 'node:timers/promises'
import { capitalised, type Disposition, outcomeOf } from '../base/dispositions.ts'
import { reasonOf, UncertainError } from '../base/errors.ts'
import { type Reason, sentenceOf } from '../base/reasons.ts'
import type { Account, StepContext } from '../context.ts'
import { domainPart, plainLine } from '../mail/address.ts'
import { compile } from '../mail/reply/compile.ts'
import { inert } from '../mail/text/deceptive.ts'
import { dayOf } from '../model/budget.ts'
import { modelNotices } from '../model/models.ts'
import { claimDigest, costSince, dispositionsSince, releaseDigest, waitingFor } from '../store/digests.ts'

const lookEveryMs = 60_000
const dayMs = 86_400_000
const mostWaiting = 200

/** Runs until the signal. */
export async function sendDigests(context: StepContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const account of context.config.digest ? context.accounts.values() : []) {
      await sendDigest(context, account).catch((error: unknown) => {
        context.log.warn({ event: 'digest.failed', reason: reasonOf(error) })
      })
    }
    await delay(lookEveryMs, undefined, { signal }).catch(() => undefined)
  }
}

/**
 * Sends the account's digest when it is due. A row claims the day before anything is sent, so that only one of
 * several processes sends it, once; after a failure with unknown outcome none is sent that day.
 * @returns whether one was sent
 */
export async function sendDigest(context: StepContext, account: Account): Promise<boolean> {
  const { db, clock, config } = context
  const now = clock.now()
  const { timeZone } = config.budget
  if (!config.digest || minuteOf(now, timeZone) < config.digest.atMinute) return false
  const { address } = account.settings.owner
  const day = dayOf(now, timeZone)
  if (!(await claimDigest(db, address, day, now))) return false
  const addressee = config.digest.to ?? address
  try {
    const octets = await digestOctets(context, account, day, now)
    if (octets === null) return false
    await account.smtp.send({
      octets,
      reversePath: address,
      addressees: [addressee],
      smtpUtf8: false,
      automatic: true,
    })
    return true
  } catch (error) {
    if (!(error instanceof UncertainError)) await releaseDigest(db, address, day)
    throw error
  }
}

async function digestOctets(
  { db, config }: StepContext,
  account: Account,
  day: string,
  now: Date,
): Promise<Buffer | null> {
  const { address } = account.settings.owner
  const since = new Date(now.getTime() - dayMs)
  const digest = digestText({
    account: address,
    day,
    dispositions: await dispositionsSince(db, address, since),
    waiting: await waitingFor(db, address, mostWaiting),
    cost: await costSince(db, address, since),
    notices: (await modelNotices(db, config.model)).map(({ said }) => said),
  })
  if (digest === null) return null
  const domain = domainPart(address)
  return compile({
    from: { name: 'replyd', address },
    to: [{ name: '', address: config.digest?.to ?? address }],
    subject: digest.subject,
    messageId: `<digest-${day}.${now.getTime().toString(36)}@${domain}>`,
    date: now,
    inReplyTo: null,
    references: [],
    // RFC 3834 section 5.1: no person wrote it, and it answers nothing.
    marks: { 'Auto-Submitted': 'auto-generated' },
    text: digest.text.replaceAll('\n', '\r\n'),
    html: null,
  })
}

/** Minutes after midnight in that time zone. */
function minuteOf(now: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const [hours = 0, minutes = 0] = parts.format(now).split(':').map(Number)
  return hours * 60 + minutes
}

export interface DigestFacts {
  account: string
  /** `2026-11-24` */
  day: string
  /** Mails of the last 24 hours by outcome. */
  dispositions: ReadonlyMap<Disposition, number>
  /** What waits for the owner, oldest first. */
  waiting: readonly { from: string; subject: string; reason: Reason; draft: boolean }[]
  /** US dollars. */
  cost: number
  /** What the owner should know about the model. */
  notices: readonly string[]
}

const mostShown = 20

/**
 * Plain text. Subjects and names come from strangers: one line each, and cut. Null if no mail came, nothing waits and
 * the model has no problem.
 */
export function digestText({
  account,
  day,
  dispositions,
  waiting,
  cost,
  notices,
}: DigestFacts): { subject: string; text: string } | null {
  const came = [...dispositions.values()].reduce((sum, count) => sum + count, 0)
  if (came === 0 && waiting.length === 0 && notices.length === 0) return null
  const lines = [...dispositions]
    .sort(([, one], [, other]) => other - one)
    .map(([disposition, count]) => `  ${String(count).padStart(5)}  ${outcomeOf(disposition)}`)
  const shown = waiting.slice(0, mostShown).map(({ from, subject, reason, draft }) => {
    const who = inert(plainLine(from).slice(0, 60)) || 'unknown sender'
    const what = inert(plainLine(subject).slice(0, 100)) || '(no subject)'
    return `  - ${who}: ${what}\n    ${draft ? `${capitalised(outcomeOf('drafted'))}.` : sentenceOf(reason)}`
  })
  const more = waiting.length - shown.length
  const text = [
    `${account}, the last 24 hours:`,
    '',
    `  ${String(came).padStart(5)}  ${came === 1 ? 'mail' : 'mails'} arrived`,
    ...lines,
    '',
    waiting.length === 0 ? 'All caught up.' : `Waiting for you (${waiting.length}):`,
    ...shown,
    ...(more > 0 ? [`  and ${more} more`] : []),
    '',
    `The model cost ${cost.toFixed(4)} US dollars.`,
    // The model's server wrote part of them.
    ...notices.map((notice) => inert(plainLine(notice))),
    '',
  ]
  return { subject: `replyd ${day}: ${came} new, ${waiting.length} waiting`, text: text.join('\n') }
}
