/** What becomes of a reply and of its mail, together. */
import { batched } from './batched.ts'
import { commitDated, type StepChange } from './messages.ts'
import { changeReplies, type ReplyChange } from './replies.ts'

interface Decision {
  reply: ReplyChange
  mail: StepChange
  now: Date
}

/**
 * Both or neither: a crash in between must not leave an approved reply to a mail that is decided on anew. False when the
 * mail was not at that step any more.
 */
export const commitDecision = batched<Decision, boolean>(
  async (session, decisions) => {
    await changeReplies(
      session,
      decisions.map(({ reply, now }) => ({ ...reply, now })),
    )
    const committed = await commitDated(
      session,
      decisions.map(({ mail, now }) => ({ ...mail, now })),
    )
    return decisions.map(({ mail }) => committed.has(mail.id))
  },
  { nameOf: ({ mail }) => mail.id, inTransaction: true },
)
