/** Which events webhooks report, and what they say. docs/webhooks.md has an example of each. */
import { createHash } from 'node:crypto'
import { capitalised, outcomeOf } from '../base/dispositions.ts'
import { isOwnerAction, sentenceOf } from '../base/reasons.ts'
import type { Config, WebhookSettings } from '../config/settings.ts'
import { inert } from '../mail/text/deceptive.ts'
import { nextMidnight } from '../model/budget.ts'
import type { TellableEvent } from '../store/webhooks.ts'

export type WebhookEvent = WebhookSettings['events'][number]

export interface Report {
  /** `webhook-id`: the same at every try. */
  id: string
  type: WebhookEvent
  payload: object
}

/**
 * The `webhook-id` of an event that these parts identify. It is a hash because each store numbers its ledger from 1, and
 * receivers drop an event whose id they have seen.
 */
export const webhookId = (...parts: readonly (string | number | Date)[]): string =>
  `evt_${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`

/** The reports of a ledger entry: none, one or two. */
export function reportsOf(event: TellableEvent): Report[] {
  const name = nameOfEvent(event)
  const gaps = gapsOf(event)
  // Mail ids are random, so no other store has the same one. After a restore, numbers of the ledger are used again.
  const idOf = (type: WebhookEvent) => webhookId(type, event.messageId, event.id, event.at)
  const missing = 'teach.missing' as const
  return [
    ...(name === null ? [] : [{ id: idOf(name), type: name, payload: payloadOf(event) }]),
    ...(gaps.length === 0
      ? []
      : [{ id: idOf(missing), type: missing, payload: missingPayload(event, gaps) }]),
  ]
}

type Told = Pick<TellableEvent, 'disposition' | 'step' | 'reason'>

/** The public name of a ledger event; null if it is not reported, such as a person's own change to a waiting reply. */
export function nameOfEvent({ disposition, step, reason }: Told): WebhookEvent | null {
  const waits = disposition === 'held' || disposition === 'drafted'
  if (waits && isOwnerAction(reason)) return null
  if (disposition === 'held' || disposition === 'uncertain') return 'reply.held'
  // Later entries are edits of the draft.
  if (disposition === 'drafted') return step === 'deliver' ? 'reply.drafted' : null
  // When a person confirms the sending, delivery's own event follows.
  if (disposition === 'sent') return step === 'review' ? null : 'reply.sent'
  if (disposition === 'sent-by-owner') return 'reply.sent'
  return disposition === 'filed' || disposition === 'marked' ? 'mail.junked' : null
}

/**
 * What replyd did not know, reported once for each text: when it is held or saved in Drafts. Without a text, the
 * ledger's detail says it.
 */
export function gapsOf({
  disposition,
  step,
  reason,
  missing,
  detail,
}: Told & Pick<TellableEvent, 'missing' | 'detail'>): string[] {
  if (isOwnerAction(reason)) return []
  const isFirst = disposition === 'held' ? step === 'compose' || step === 'decide' : step === 'deliver'
  if (!isFirst || (disposition !== 'held' && disposition !== 'drafted')) return []
  if (step !== 'compose') return missing ?? []
  const line = detail?.split('\n').find((each) => each.startsWith('missing: '))
  return line?.slice('missing: '.length).split('; ') ?? []
}

/** `text` is a one-line summary, which Slack shows. */
export function payloadOf(event: TellableEvent) {
  const { at, disposition, reason } = event
  const because = sentenceOf(reason)
  return {
    at,
    text: `${capitalised(outcomeOf(disposition))}: ${about(event)}. ${because}`,
    mail: mailOf(event),
  }
}

const about = ({ subject, fromAddress }: TellableEvent) =>
  inert(`"${subject ?? '(no subject)'}" from ${fromAddress ?? 'nobody'}`)

function mailOf({ disposition, reason, messageId, account, fromAddress, subject, summary }: TellableEvent) {
  const because = sentenceOf(reason)
  return { id: messageId, account, from: fromAddress, subject, summary, disposition, reason, because }
}

function missingPayload(event: TellableEvent, missing: string[]) {
  const text = `Missing from the knowledge, asked in ${about(event)}: ${inert(missing.join('; '))}`
  return { at: event.at, text, missing, mail: mailOf(event) }
}

export function stopPayload(at: Date, account: string, reason: string) {
  return { at, text: `${account} has stopped: ${inert(reason)}`, account, reason }
}

export function budgetPayload(at: Date, { perDay, timeZone }: Config['budget']) {
  const until = nextMidnight(at, timeZone)
  const text = `The day's budget for the model is used up (budget.perDay is $${perDay}): mail waits until ${until.toISOString()}`
  return { at, text, perDay, until }
}
