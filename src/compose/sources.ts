/** Everything that a draft may lean on. */
import type { Arrival } from '../context.ts'
import type { Knowledge } from '../knowledge/knowledge.ts'
import { signaturesOf } from '../mail/reply/sign-off.ts'
import { sentencesOf } from '../mail/text/sentences.ts'
import { visibleText } from '../mail/text/visible.ts'
import type { Correction, Prompt, PromptPassage, Style, ThreadEntry } from '../model/prompts/messages.ts'
import { passagesGiven } from '../model/prompts.ts'
import { editedReplies, repliesSentTo } from '../store/learning.ts'
import { loadStyles } from '../store/styles.ts'
import { type Composed, neededVerdict, type Verdict } from '../triage/verdict.ts'
import { correctionsOf } from './corrections.ts'
import { loadThread } from './thread.ts'

/** Replies to the same address from other threads. */
export const mostEarlier = 3
/** Edited replies of the category that are looked at for what they teach. */
const mostEdited = 12
/** What is older says little about how the owner answers today. Milliseconds. */
const recentMs = 180 * 86_400_000

export interface Sources {
  thread: ThreadEntry[]
  /** The mail answers one of the owner's own that went to somebody else. */
  stranger: boolean
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
  const thread = await loadThread(arrival, addressees)
  const verdict = neededVerdict(row.verdict)
  const asked = { subject: row.subject ?? '', visible, verdict, thread: thread.entries }
  const passages = passagesFor(prompts.compose, knowledge, asked)
  const now = context.clock.now().getTime()
  const since = new Date(now - Math.min(recentMs, context.config.state.keepMs ?? recentMs))
  const wanted = { since, without: thread.ids, limit: mostEarlier }
  const earlier = await repliesSentTo(context.db, row.account, addressees, wanted)
  const { category, language } = verdict
  const styles = await loadStyles(context.db, row.account)
  const edited = await editedReplies(context.db, row.account, category, since, mostEdited)
  const { owner, replies, instructions } = settings
  const known = [
    owner.displayName ?? '',
    ...signaturesOf(replies),
    instructions,
    ...passages.map(({ text }) => text),
  ]
  return {
    thread: thread.entries,
    stranger: thread.stranger,
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

/** Shorter mails lean on what was written before. Characters. */
const shortText = 300
/** Of one earlier message, where it is searched with. Characters. */
const earlierLength = 300
/** Sentences of a mail that are searched with where triage named no question. */
const mostSentences = 8

interface Asked {
  subject: string
  visible: string
  verdict: Verdict
  thread: readonly ThreadEntry[]
}

/** The passages that the writer gets: the whole of a small folder, else what the mail's questions find. */
export function passagesFor(prompt: Prompt, knowledge: Knowledge | null, asked: Asked): PromptPassage[] {
  if (knowledge === null) return []
  const { knowledge: tokens, wholeFolder: whole } = prompt.limits
  return passagesGiven(prompt, knowledge.find({ queries: queriesOf(asked), tokens, whole }))
}

function queriesOf({ subject, visible, verdict, thread }: Asked): string[] {
  const asked = [...(verdict.search ?? []), ...(verdict.asks ?? [])]
  const earlier =
    visible.length <= shortText ? thread.slice(-2).map(({ text }) => text.slice(0, earlierLength)) : []
  const own = asked.length > 0 ? [] : sentencesOf(visible).slice(0, mostSentences)
  return [...asked, subject, ...own, ...earlier]
}

/** Rough tokens for passages that the writer was not given: what the reply cites, and what speaks of the same as it does. */
const checkedTokens = 600

/**
 * The passages that the checker gets: all that the writer had, those that the reply cites, and those that its own words
 * find. The last are where a contradiction stands that the questions did not lead to.
 */
export function checkPassages(
  knowledge: Knowledge | null,
  given: readonly PromptPassage[],
  { text, answers }: Pick<Composed, 'text' | 'answers'>,
): PromptPassage[] {
  if (knowledge === null) return [...given]
  const key = ({ file, heading, text }: PromptPassage) => `${file}\0${heading}\0${text}`
  const known = new Map(given.map((passage) => [key(passage), passage]))
  const cited = answers.flatMap(({ source }) =>
    (source ?? '').split(/[;|]/).flatMap((label) => knowledge.named(label.replace(/^\s*knowledge\s*:/i, ''))),
  )
  const found = knowledge.find({ queries: sentencesOf(text), tokens: checkedTokens, whole: 0 })
  for (const passage of [...cited, ...found]) {
    const { file, heading, text } = passage
    if (!known.has(key(passage))) known.set(key(passage), { file, heading, text })
  }
  return [...known.values()]
}
