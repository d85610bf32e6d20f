import type { Disposition } from '../base/dispositions.ts'
import { modelVerdict } from '../base/verdicts.ts'
import type { MessageRow } from '../store/messages.ts'
import type { ReplyRow } from '../store/replies.ts'
import { stageAfter } from '../store/transitions.ts'
import {
  accountFor,
  decide,
  isOpen,
  load,
  loadText,
  openReply,
  removeDecidedDraft,
  untouched,
} from './decide.ts'
import { Refusal, type Review } from './review.ts'

const unanswered: ReadonlySet<Disposition> = new Set(['no-reply-needed', 'restored', 'declined', 'marked'])

/** Decided without a reply; a person may still want one. */
export const isUnanswered = ({ step, disposition }: Pick<MessageRow, 'step' | 'disposition'>): boolean =>
  step === 'done' && unanswered.has(disposition)

const longestInstruction = 2_000

/**
 * Has the reply rewritten, or written for the first time. A person's wish goes to the trusted part of the prompt. The
 * new reply always waits for a person.
 * @param instruction may be empty
 * @throws Refusal when it was already decided, or mail of this kind is never answered
 */
export async function rewrite(
  review: Review,
  id: string,
  actor: string,
  instruction: string,
  seen?: string,
): Promise<void> {
  const { pipeline } = review
  const subject = await load(review, id)
  const { row } = subject
  if (row.ceiling === 'never') throw new Refusal('never-to-be-answered')
  await loadText(review, id)
  const reply = replyToReplace(row, subject.reply, seen)
  const account = accountFor(review, row.account)
  const draft = reply === null ? 'none' : await untouched(account, reply)
  const verb = modelVerdict(row.verdict) === null ? 'readAgain' : 'rewrite'
  const wish = instruction.trim().slice(0, longestInstruction)
  const detail = wish === '' ? {} : { detail: `requested: ${wish}` }
  await decide(review, verb, {
    id,
    at: row.step,
    actor,
    reason: 'rewrite-asked',
    instruction: wish,
    ...detail,
    // A new text is a new message (docs/rules.md section 5.7).
    reply: reply ? { fromText: reply.text, attemptGroup: reply.attemptGroup + 1, saved: null } : {},
  })
  if (reply !== null && draft === 'untouched') await removeDecidedDraft(review, account, reply)
  await pipeline.advance(id, stageAfter(verb))
}

function replyToReplace(row: MessageRow, reply: ReplyRow | null, seen?: string): ReplyRow | null {
  if (reply !== null) return openReply({ row, reply }, seen)
  if (isOpen({ row, reply }) || isUnanswered(row)) return null
  throw new Refusal('already-decided')
}
