/** Collects everything that a draft may use as a source. */

import { type Composed, neededVerdict, type Verdict } from '../base/verdicts.ts'
import type { Arrival } from '../context.ts'
import { type Knowledge, recently, type Wanted } from '../knowledge/knowledge.ts'
import type { ReadAttachment } from '../mail/attachments.ts'
import { signaturesOf } from '../mail/reply/sign-off.ts'
import { sentencesOf } from '../mail/text/sentences.ts'
import { visibleText } from '../mail/text/visible.ts'
import type { Correction, Prompt, PromptPassage, Style, ThreadEntry } from '../model/prompts/messages.ts'
import { editedReplies, repliesSentTo } from '../store/learning.ts'
import { loadStyles } from '../store/styles.ts'
import { correctionsOf } from './corrections.ts'
import { passagesGiven } from './prompt.ts'
import { loadThread } from './thread.ts'

/** Replies to the same address from other threads. */
export const mostEarlier = 3
/** Edited replies of the category examined for corrections. */
const mostEdited = 12
/** Older mail says little about how the owner answers today. Milliseconds. */
const recentMs = 180 * 86_400_000

/** What was written before, and the mail itself. */
export interface Conversation {
  thread: ThreadEntry[]
  /** The mail answers one of the owner's mails that went to somebody else. */
  stranger: boolean
  /** Messages of the thread that were not loaded because it is too long. */
  unread: number
  /** What the owner wrote to the same address in other threads, oldest first. */
  earlier: ThreadEntry[]
  /** New text of the answered mail. */
  visible: string
}

export interface Sources extends Conversation {
  passages: PromptPassage[]
  /** How the owner writes in the mail's language; null if there is too little evidence. */
  style: Style | null
  corrections: Correction[]
  /** What the writer saw of its files: the sender's words. */
  attachments?: readonly ReadAttachment[]
}

/** @param addressees recipients of the reply: no other person's text may be used */
export async function gatherSources(arrival: Arrival, addressees: readonly string[]): Promise<Sources> {
  const { context, account, mail } = arrival
  const { row } = mail
  const { settings, knowledge, prompts } = account
  const conversation = await gatherConversation(arrival, addressees)
  const { visible, thread } = conversation
  const verdict = neededVerdict(row.verdict)
  await knowledge?.settled()
  const passages = passagesFor(prompts.compose, knowledge, {
    subject: row.subject ?? '',
    visible,
    verdict,
    thread,
  })
  const { category, language } = verdict
  const styles = await loadStyles(context.db, row.account)
  const edited = await editedReplies(context.db, row.account, category, earliest(context), mostEdited)
  const { owner, replies, instructions } = settings
  const known = [
    owner.displayName ?? '',
    ...signaturesOf(replies),
    instructions,
    ...passages.map(({ text }) => text),
  ]
  return {
    ...conversation,
    passages,
    style: styles?.styles[primary(language)] ?? null,
    corrections: correctionsOf(
      edited.map((reply) => ({
        ...reply,
        correspondent: [reply.fromName ?? '', ...reply.addressees, ...reply.lookedUp],
      })),
      known,
    ),
  }
}

/** All that the check by meaning needs of the sources. @param addressees see gatherSources */
export async function gatherConversation(
  arrival: Arrival,
  addressees: readonly string[],
): Promise<Conversation> {
  const { context, mail } = arrival
  const thread = await loadThread(arrival, addressees)
  const wanted = { since: earliest(context), without: thread.ids, limit: mostEarlier }
  const earlier = await repliesSentTo(context.db, mail.row.account, addressees, wanted)
  return {
    thread: thread.entries,
    stranger: thread.stranger,
    unread: thread.unread,
    earlier: earlier.map(({ text, at }) => ({ author: 'owner' as const, at, text })).reverse(),
    visible: visibleText(mail.message).text,
  }
}

const earliest = ({ clock, config }: Arrival['context']) =>
  new Date(clock.now().getTime() - Math.min(recentMs, config.state.keepMs ?? recentMs))

/** `de` of `de-AT`: styles are stored by language only. */
export const primary = (language: string) => language.toLowerCase().split('-')[0] ?? ''

/** Shorter mails depend on what was written before. Characters. */
const shortText = 300
/** Length of an earlier message used for searching. Characters. */
const earlierLength = 300
/** Number of sentences used for searching if triage named no question. */
const mostSentences = 8

interface Asked {
  subject: string
  visible: string
  verdict: Verdict
  thread: readonly ThreadEntry[]
}

/** The passages for the writer: the whole of a small folder, otherwise what the mail's questions find. */
export function passagesFor(prompt: Prompt, knowledge: Knowledge | null, asked: Asked): PromptPassage[] {
  if (knowledge === null) return []
  const { knowledge: tokens, wholeFolder: whole } = prompt.limits
  const wanted: Wanted = {
    tokens,
    whole,
    // Only a large folder is searched.
    get queries() {
      return queriesOf(asked)
    },
    withinMs: recently,
  }
  return passagesGiven(prompt, knowledge.find(wanted))
}

function queriesOf({ subject, visible, verdict, thread }: Asked): string[] {
  const asked = [...(verdict.search ?? []), ...(verdict.asks ?? [])]
  const earlier =
    visible.length <= shortText ? thread.slice(-2).map(({ text }) => text.slice(0, earlierLength)) : []
  const own = asked.length > 0 ? [] : sentencesOf(visible).slice(0, mostSentences)
  return [...asked, subject, ...own, ...earlier]
}

const everything = { queries: [], tokens: 0, whole: Number.POSITIVE_INFINITY, withinMs: recently }

/** Rough tokens for passages that the writer did not get: those the reply cites, and those on the same topic. */
const checkedTokens = 600

/**
 * The passages for the checker: all that the writer had, those that the reply cites, and those found with the reply's
 * own words. The last ones may contradict the reply in matters that the questions do not touch.
 */
export function checkPassages(
  knowledge: Knowledge | null,
  given: readonly PromptPassage[],
  { text, answers }: Pick<Composed, 'text' | 'answers'>,
): PromptPassage[] {
  if (knowledge === null) return [...given]
  const key = ({ file, heading, text }: PromptPassage) => `${file}\0${heading}\0${text}`
  const known = new Map(given.map((passage) => [key(passage), passage]))
  const isWhole = known.size === knowledge.size
  const whole = isWhole ? knowledge.find(everything) : []
  if (isWhole && whole.every((passage) => known.has(key(passage)))) return [...given]
  const cited = answers.flatMap(({ source }) =>
    (source ?? '').split(/[;|]/).flatMap((label) => knowledge.named(label.replace(/^\s*knowledge\s*:/i, ''))),
  )
  const found = knowledge.find({
    queries: sentencesOf(text),
    tokens: checkedTokens,
    whole: 0,
    withinMs: recently,
  })
  for (const passage of [...cited, ...found]) {
    const { file, heading, text, page } = passage
    if (!known.has(key(passage))) known.set(key(passage), { file, heading, text, ...(page ? { page } : {}) })
  }
  return [...known.values()]
}
