/**
 * Draft, hold or send: the final decision before anything is sent, as a pure function. It can only lower what the
 * guard allowed (docs/rules.md section 1). Collects all reasons; the strictest decides, and the first is stored.
 */
import type { Reason } from '../base/reasons.ts'
import type { Checked, Composed, Verdict } from '../base/verdicts.ts'
import type { Finding } from '../check/prefilter.ts'
import { checkDoubts } from '../check/verdict.ts'

type Mode = 'draft' | 'review' | 'send'

export interface PolicyInput {
  /** replies.mode of the account. */
  mode: Mode
  /** Mode of the mail's category; null: use the account's. */
  categoryMode: Mode | null
  /** A person had it rewritten, or typed an address or the subject: they want to see it in any mode. */
  rewritten: boolean
  /** The most that the guard allows. */
  ceiling: 'draft' | 'may'
  verdict: Pick<Verdict, 'asks' | 'spam' | 'sentiment' | 'urgency' | 'manipulation' | 'confidence'>
  composed: Pick<Composed, 'text' | 'answers' | 'missing' | 'confidence' | 'needs_person'>
  /** Findings of the check without a model (src/check/prefilter.ts). */
  findings: readonly Pick<Finding, 'kind'>[]
  /** Result of the check by meaning; null if it was not made (yet). */
  checked: Checked | null
  /** The check by meaning was made but gave no usable answer. */
  uncheckable: boolean
  /** That check will follow if nothing else prevents sending: questions that it judges better are left to it. */
  checkFollows: boolean
  /** Hidden text was removed from the mail, or something other than the model detected manipulation. */
  manipulation: boolean
  /** The author's domain is proven: by the account's own server, or by replyd's own check of the signatures. */
  authenticated: boolean
  /** The reply goes to the address in From, and nowhere else. */
  toAuthor: boolean
  /** The subject, which the reply repeats, contains a link, an address or a telephone number. */
  contactInSubject: boolean
  /** A limit of docs/rules.md section 7 is reached. */
  throttled: boolean
  /** Part of the thread or the mail was cut before the model saw it. */
  cut: boolean
  /** False if it would be sent outside the owner's business hours: then it waits until they next open. */
  businessHours: boolean
  /** 0 to 1; below it a reply waits for a person. */
  minConfidence: number
}

/**
 * `save-draft`: into \Drafts. `hold`: stays in replyd's review, nothing is written to the mailbox. `send`: after the
 * undo window.
 */
export type PolicyAction = 'save-draft' | 'hold' | 'send'

export interface PolicyDecision {
  action: PolicyAction
  /** The first of `reasons`. */
  reason: Reason
  /** Every reason that applied, strictest first. */
  reasons: Reason[]
}

/** A negative or mixed mail with at least this intensity is for a person to answer. */
const angryFrom = 0.6

const figures = new Set(['number', 'date', 'price'])

/** Texts that must not be in the owner's mailbox in any mode: they wait in the review. */
function faultsOf(input: PolicyInput): Reason[] {
  const { composed, verdict, checked } = input
  const found = (kind: Finding['kind']) => input.findings.some((finding) => finding.kind === kind)
  const checks: [Reason, boolean][] = [
    ['empty-text', composed.text.trim() === ''],
    ['outbound-fault', found('fault')],
    ['thread-stranger', found('stranger')],
    ['obeys-mail', checked?.obeys ?? false],
    ['leak', checked?.leak ?? false],
    // Otherwise the sender would choose what the owner says.
    ['parrots-mail', found('parroted')],
    ['spam', verdict.spam.is],
    // A manipulated model's text must not be in the owner's own mailbox.
    ['manipulation', input.manipulation || verdict.manipulation],
  ]
  return checks.filter(([, fired]) => fired).map(([reason]) => reason)
}

/** Questions that the reply does not answer, as the writer lists them; the check by meaning is more reliable. */
function leavesAsksOpen({ verdict, composed, checked, checkFollows }: PolicyInput): boolean {
  const asks = verdict.asks ?? []
  if (asks.length > 0 && composed.answers.length === 0) return true
  return checked === null && !checkFollows && composed.answers.length < asks.length
}

/** Objections of the check by meaning. */
function objections(checked: Checked | null): [Reason, boolean][] {
  const doubts = new Set(checked === null ? [] : checkDoubts(checked))
  return [
    ['contradicted', doubts.has('contradicted')],
    ['not-stated', doubts.has('not-stated')],
    ['promise', doubts.has('promise')],
    ['wrong-name', doubts.has('wrong-name')],
    ['wrong-address', doubts.has('wrong-address')],
  ]
}

/** Why it must not be sent automatically. */
function doubts(input: PolicyInput): Reason[] {
  const { verdict, composed, checked } = input
  const found = (kinds: ReadonlySet<string>) => input.findings.some(({ kind }) => kinds.has(kind))
  const unpleasant = verdict.sentiment.label === 'negative' || verdict.sentiment.label === 'mixed'
  const unanswered = composed.missing.length > 0 || composed.answers.some(({ answered }) => !answered)
  const checks: [Reason, boolean][] = [
    ['guard-ceiling', input.ceiling !== 'may'],
    ['needs-person', composed.needs_person],
    ['missing-facts', unanswered],
    ...objections(checked),
    ['ask-unanswered', leavesAsksOpen(input) || (checked?.asks.some(({ answered }) => !answered) ?? false)],
    ['wrong-language', found(new Set(['language'])) || checked?.language === false],
    ['placeholder', found(new Set(['placeholder']))],
    ['unsupported-claim', found(figures)],
    ['text-removed', found(new Set(['removed']))],
    ['picture-seen', found(new Set(['picture']))],
    ['file-unread', found(new Set(['unread']))],
    ['unchecked', input.uncheckable],
    ['low-confidence', !(Math.min(verdict.confidence, composed.confidence) >= input.minConfidence)],
    // Even for somebody who was answered before: a known name is the first one to be forged.
    ['unauthenticated', !input.authenticated],
    // Only the author is proven. Two mailboxes of one domain may belong to strangers.
    ['reply-to-elsewhere', !input.toAuthor],
    ['contact-in-subject', input.contactInSubject],
    ['angry-sender', unpleasant && verdict.sentiment.intensity >= angryFrom],
    ['urgent', verdict.urgency >= 3],
    ['throttled', input.throttled],
    ['input-cut', input.cut],
  ]
  return checks.filter(([, fired]) => fired).map(([reason]) => reason)
}

/** A category's mode overrides the account's in both directions; the guard's ceiling limits both. */
function effectiveMode({ mode, categoryMode }: PolicyInput): Mode {
  return categoryMode ?? mode
}

/**
 * Decides what happens to a composed reply. Sending needs the mode `send` and no doubts; in that mode a doubt makes
 * it a draft. A fault in the text, a mail that tried to manipulate, or the mode `review` holds it for a person. Lists
 * show the first reason: a fault of this reply says more than the mode.
 */
export function applyPolicy(input: PolicyInput): PolicyDecision {
  const faults = faultsOf(input)
  const mode = effectiveMode(input)
  const doubtful = doubts(input)
  const decision = (action: PolicyAction, reasons: Reason[]): PolicyDecision => ({
    action,
    reason: reasons[0] ?? 'all-clear',
    reasons,
  })
  if (input.rewritten) return decision('hold', [...faults, ...doubtful, 'rewritten'])
  if (mode === 'review') return decision('hold', [...faults, ...doubtful, 'mode-review'])
  if (faults.length > 0) return decision('hold', [...faults, ...doubtful])
  if (mode === 'draft') return decision('save-draft', [...doubtful, 'mode-draft'])
  if (doubtful.length > 0) return decision('save-draft', doubtful)
  return decision('send', [input.businessHours ? 'all-clear' : 'outside-hours'])
}
