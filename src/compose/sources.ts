/** Everything that a draft may lean on. */

import type { Arrival } from '../context.ts'
import { visibleText } from '../mail/text/visible.ts'
import type { Correction, PromptPassage, Style, ThreadEntry } from '../model/prompts/messages.ts'
import { passagesGiven } from '../model/prompts.ts'
import { editedReplies, repliesSentTo } from '../store/learning.ts'
import { loadStyles } from '../store/styles.ts'
import { neededVerdict } from '../triage/verdict.ts'
import { correctionsOf } from './corrections.ts'
import { loadThread } from './thread.ts'

/** Passages of the knowledge folder that are looked up. */
export const mostPassages = 5
/** Replies to the same address from other threads. */
export const mostEarlier = 3
/** Edited replies of the category that are looked at for what they teach. */
const mostEdited = 12
/** What is older says little about how the owner answers today. Milliseconds. */
const recentMs = 180 * 86_400_000

export interface Sources {
  thread: ThreadEntry[]
  /** Messages of the thread that were not looked up, because it is too long. */
  unread: number
  /** What the owner wrote to the same address in other threads, oldest first. */
  earlier: ThreadEntry[]
  passages: PromptPassage[]
  /** How the owner writes in the mail's language; null where there is too little to tell by. */
  style: Style | null
  corrections: Correction[]
  /** New text of the mail that is answered. */
  visible: string
}

/** @param addressees who the reply will go to: nothing of anybody else's comes into it */
export async function gatherSources(arrival: Arrival, addressees: readonly string[]): Promise<Sources> {
  const { context, account, mail } = arrival
  const { row, message } = mail
  const { settings, knowledge, prompts } = account
  const visible = visibleText(message).text
  const found = knowledge?.search(`${row.subject ?? ''}\n${visible}`, mostPassages) ?? []
  const passages = passagesGiven(prompts.compose, found)
  const thread = await loadThread(arrival, addressees)
  const now = context.clock.now().getTime()
  const since = new Date(now - Math.min(recentMs, context.config.state.keepMs ?? recentMs))
  const wanted = { since, without: thread.ids, limit: mostEarlier }
  const earlier = await repliesSentTo(context.db, row.account, addressees, wanted)
  const { category, language } = neededVerdict(row.verdict)
  const styles = await loadStyles(context.db, row.account)
  const edited = await editedReplies(context.db, row.account, category, since, mostEdited)
  const { owner, replies, instructions } = settings
  const known = [
    owner.displayName ?? '',
    replies.signature,
    instructions,
    ...passages.map(({ text }) => text),
  ]
  return {
    thread: thread.entries,
    unread: thread.unread,
    earlier: earlier.map(({ text, at }) => ({ author: 'owner' as const, at, text })).reverse(),
    passages,
    style: styles?.styles[primary(language)] ?? null,
    corrections: correctionsOf(
      edited.map((reply) => ({ ...reply, correspondent: [reply.fromName ?? '', ...reply.addressees] })),
      known,
    ),
    visible,
  }
}

/** `de` of `de-AT`: styles are kept by language alone. */
export const primary = (language: string) => language.toLowerCase().split('-')[0] ?? ''
