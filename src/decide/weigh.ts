/** Builds the policy's input from what the steps know; the same for the daemon and for `replyd eval`. */

import type { Checked, Composed, Verdict } from '../base/verdicts.ts'
import { hasContact } from '../check/claims.ts'
import type { Finding } from '../check/prefilter.ts'
import type { AccountSettings } from '../config/settings.ts'
import { correspondents } from '../mail/correspondents.ts'
import type { Message } from '../mail/message.ts'
import { replySubject } from '../mail/reply/subject.ts'
import type { PolicyInput } from './policy.ts'

/** Guard codes that stop sending, not drafting, because of the amount already sent. */
const throttles = /^(sender-throttled|thread-throttled|same-reply)$/

interface WeighedMail {
  message: Message
  verdict: Verdict
  ceiling: string | null
  codes: readonly string[]
  /** Part of the thread or the mail was cut before the model saw it. */
  cut: boolean
  /** A person asked for a rewrite. */
  rewritten: boolean
}

interface WeighedReply {
  composed: Composed
  findings: readonly Finding[]
  /** null if the check by meaning was not made (yet). */
  checked: Checked | null
  uncheckable: boolean
  checkFollows: boolean
}

/** Facts from history and clock. */
export interface Surroundings {
  /** The owner has granted automatic sending to this category. */
  granted: boolean
  /** The author's domain is proven. */
  authenticated: boolean
  /** It would go out within the owner's business hours. */
  businessHours: boolean
}

export function weigh(
  { replies, owner, categories }: AccountSettings,
  mail: WeighedMail,
  reply: WeighedReply,
  { granted, ...known }: Surroundings,
): PolicyInput {
  const { verdict, message, codes, rewritten } = mail
  const { authors, targetElsewhere } = correspondents(message, owner)
  const category = categories.find(({ name }) => name === verdict.category)
  const stranger = codes.includes('thread-stranger')
    ? [{ claim: 'thread-stranger', kind: 'stranger' as const }]
    : []
  return {
    mode: replies.mode,
    categoryMode: granted ? 'send' : (category?.mode ?? null),
    rewritten,
    ceiling: mail.ceiling === 'may' ? 'may' : 'draft',
    verdict,
    ...reply,
    findings: [...reply.findings, ...stranger],
    manipulation: verdict.manipulation,
    toAuthor: authors.length === 1 && !targetElsewhere,
    contactInSubject: hasContact(replySubject(message)),
    throttled: codes.some((code) => throttles.test(code)),
    cut: mail.cut,
    minConfidence: replies.minConfidence,
    ...known,
  }
}
