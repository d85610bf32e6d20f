/**
 * Draft, hold or send: the last decision before anything leaves, as a pure function. It can only lower what the
 * guard allowed (standards.md section 1). Everything is collected, the strictest decides, the first reason is kept.
 */
import type { Reason } from '../base/reasons.ts'
import type { Composed, Verdict } from '../triage/verdict.ts'

type Mode = 'draft' | 'review' | 'send'

export interface PolicyInput {
  /** replies.mode of the account. */
  mode: Mode
  /** Mode of the mail's category; null: the account's. */
  categoryMode: Mode | null
  /** What the guard allows at most. */
  ceiling: 'draft' | 'may'
  verdict: Pick<Verdict, 'spam' | 'sentiment' | 'urgency' | 'manipulation' | 'confidence'>
  composed: Pick<Composed, 'text' | 'answers' | 'missing' | 'confidence' | 'needs_person'>
  /** Number of claims that no source states (checkClaims). */
  claims: number
  /** Statements and answers that nothing stands behind but the mail itself, or the model (gapsOf). */
  ungrounded: number
  /** The text repeats the mail (gapsOf). */
  parroted: boolean
  /** Placeholders left in the text. */
  placeholders: number
  /** Links, canaries or markers that must not go out (outboundFaults). */
  faults: number
  /** Hidden text was cut out of the mail, or something else than the model saw manipulation. */
  manipulation: boolean
  /** The author's domain is proven: by the account's own server, or by replyd's own check of the signatures. */
  authenticated: boolean
  /** The reply goes to the address in From, and nowhere else. */
  toAuthor: boolean
  /** The subject, which the reply repeats, holds a link, an address or a telephone number. */
  contactInSubject: boolean
  /** A limit of standards.md section 7 is reached. */
  throttled: boolean
  /** Something was cut from the thread or the mail before the model saw it. */
  cut: boolean
  /** False where it would go out outside of the owner's business hours: then it waits for the next opening. */
  businessHours: boolean
  /** 0 to 1; under it a reply waits for a person. */
  minConfidence: number
}

/** `save-draft`: into \Drafts. `hold`: stays in replyd's review, nothing is written to the mailbox. `send`: after the undo window. */
export type PolicyAction = 'save-draft' | 'hold' | 'send'

export interface PolicyDecision {
  action: PolicyAction
  /** The first of `reasons`. */
  reason: Reason
  /** Every reason that fired, strictest first. */
  reasons: Reason[]
}

/** A negative or mixed mail from this intensity on is for a person to answer. */
const angryFrom = 0.6

/** The text itself is not fit to be shown as an answer: it waits in the review, whatever the mode. */
function faultsOfText(input: PolicyInput): Reason[] {
  const { composed } = input
  const checks: [Reason, boolean][] = [
    ['empty-text', composed.text.trim() === ''],
    ['outbound-fault', input.faults > 0],
    ['placeholder', input.placeholders > 0],
    ['unsupported-claim', input.claims > 0],
    // Whoever wrote the mail would choose what the owner says.
    ['parrots-mail', input.parroted],
    ['spam', input.verdict.spam.is],
    // What a manipulated model wrote must not stand in the owner's own mailbox.
    ['manipulation', input.manipulation || input.verdict.manipulation],
  ]
  return checks.filter(([, fired]) => fired).map(([reason]) => reason)
}

/** Why it must not go out by itself. */
function doubts(input: PolicyInput): Reason[] {
  const { verdict, composed } = input
  const unpleasant = verdict.sentiment.label === 'negative' || verdict.sentiment.label === 'mixed'
  const unanswered = composed.missing.length > 0 || composed.answers.some(({ answered }) => !answered)
  const checks: [Reason, boolean][] = [
    ['guard-ceiling', input.ceiling !== 'may'],
    ['needs-person', composed.needs_person],
    ['missing-facts', unanswered],
    ['ungrounded', input.ungrounded > 0],
    ['low-confidence', !(Math.min(verdict.confidence, composed.confidence) >= input.minConfidence)],
    // Not even for somebody who was answered before: a name that is known is the first one to forge.
    ['unauthenticated', !input.authenticated],
    // What is proven is the author. Two mailboxes of one domain may belong to strangers.
    ['reply-to-elsewhere', !input.toAuthor],
    ['contact-in-subject', input.contactInSubject],
    ['angry-sender', unpleasant && verdict.sentiment.intensity >= angryFrom],
    ['urgent', verdict.urgency >= 3],
    ['throttled', input.throttled],
    ['input-cut', input.cut],
  ]
  return checks.filter(([, fired]) => fired).map(([reason]) => reason)
}

/** A category's mode overrides the account's in both directions; the guard's ceiling stands above either. */
function effectiveMode({ mode, categoryMode }: PolicyInput): Mode {
  return categoryMode ?? mode
}

/**
 * Decides what becomes of a composed reply. Sending needs the mode `send` and not one doubt; a doubt in that mode
 * makes it a draft; a fault of the text itself, a mail that tried to steer it, or the mode `review`, holds it for a person.
 */
export function applyPolicy(input: PolicyInput): PolicyDecision {
  const faults = faultsOfText(input)
  const mode = effectiveMode(input)
  const doubtful = doubts(input)
  const decision = (action: PolicyAction, reasons: Reason[]): PolicyDecision => ({
    action,
    reason: reasons[0] ?? 'all-clear',
    reasons,
  })
  if (mode === 'review') return decision('hold', [...faults, 'mode-review', ...doubtful])
  if (faults.length > 0) return decision('hold', [...faults, ...doubtful])
  if (mode === 'draft') return decision('save-draft', ['mode-draft', ...doubtful])
  if (doubtful.length > 0) return decision('save-draft', doubtful)
  return decision('send', [input.businessHours ? 'all-clear' : 'outside-hours'])
}
