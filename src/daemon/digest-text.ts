/** The daily mail to the owner, as plain text. Subjects and names come from strangers: one line each, and cut. */
import { capitalised, type Disposition, outcomeOf } from '../base/dispositions.ts'
import { type Reason, sentenceOf } from '../base/reasons.ts'
import { plainLine } from '../mail/address.ts'
import { inert } from '../mail/inert.ts'

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

const mostWaiting = 20

/** Null when nothing came, nothing waits and the model is well: then there is nothing to say. */
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
  const shown = waiting.slice(0, mostWaiting).map(({ from, subject, reason, draft }) => {
    const who = inert(plainLine(from).slice(0, 60)) || 'unknown sender'
    const what = inert(plainLine(subject).slice(0, 100)) || '(no subject)'
    return `  - ${who}: ${what}\n    ${draft ? `${capitalised(outcomeOf('drafted'))}.` : sentenceOf(reason)}`
  })
  const more = waiting.length - shown.length
  const text = [
    `${account}, the last 24 hours:`,
    '',
    `  ${String(came).padStart(5)}  ${came === 1 ? 'mail' : 'mails'} came`,
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
  return { subject: `replyd ${day}: ${came} came, ${waiting.length} wait`, text: text.join('\n') }
}
