/** The compose conversation: rules and the owner's wishes in the system message, all quoted matter in the user's. */
import { dateLine, factLines } from '../model/prompts/facts.ts'
import { oneLine, severalLines } from '../model/prompts/fields.ts'
import type {
  ComposeInput,
  Correction,
  Prompt,
  PromptMessages,
  PromptPassage,
  Style,
  ThreadEntry,
} from '../model/prompts/messages.ts'
import { systemMessage } from '../model/prompts/template.ts'
import { cutMiddle, neutralised, quoted, roughTokens } from '../model/prompts/untrusted.ts'

/** Rough tokens of one earlier message of the thread. */
const entryTokens = 250
/** Rough tokens of one reply from another thread. */
const earlierTokens = 80
/** Characters of each side of a correction. */
const correctionLength = 200

/** Formula and name; the name is left out where a signature follows. */
const closingOf = (closing: string, signature: boolean) =>
  signature ? (closing.split(' / ')[0] ?? '') : closing

function styleLines(style: Style | null, signature: boolean): string[] {
  if (!style) return []
  const { greeting, closing, words, manner } = style
  const wishes = [
    greeting && `greeting "${oneLine(greeting, 80)}"`,
    closing && `closing "${oneLine(closingOf(closing, signature), 80)}"`,
    words && `about ${Math.round(words)} words`,
    manner && oneLine(manner, 80),
  ].filter(Boolean)
  return wishes.length > 0 ? [`The owner's style (fill in what stands in braces): ${wishes.join('; ')}.`] : []
}

function systemText(input: ComposeInput): string {
  const { prompt, ownerName, signature, instructions, style, canary } = input
  const text = systemMessage(prompt, {
    owner: ownerName ? oneLine(ownerName, 80) : 'the owner of this mailbox',
    signature: signature ? 'no signature (one is added)' : 'end with the closing alone',
  })
  const wishes = severalLines(instructions, 8000)
  return [
    text,
    ...(canary ? [`Internal mark, never to be written: ${canary}`] : []),
    ...(wishes ? [`The owner's instructions:\n${wishes}`] : []),
    ...styleLines(style, signature),
  ].join('\n')
}

/** The best passages that fit; at least the first, cut if need be. */
function passagesWithin(passages: readonly PromptPassage[], tokens: number, salt: string): string[] {
  const kept: string[] = []
  let left = tokens
  for (const { file, heading, text } of passages) {
    const title = oneLine(heading === '' ? file : `${file} > ${heading}`, 160)
    const passage = `[${title}]\n${neutralised(text, salt)}`
    const size = roughTokens(passage)
    if (size > left && kept.length > 0) break
    kept.push(size > left ? cutMiddle(passage, left).text : passage)
    left -= size
    if (left <= 0) break
  }
  return kept
}

/** Those of the passages found that the prompt has room for: no other can have been a source. */
export function passagesGiven<P extends PromptPassage>(prompt: Prompt, passages: readonly P[]): P[] {
  return passages.slice(0, passagesWithin(passages, prompt.limits.knowledge, '').length)
}

interface FittedThread {
  lines: string[]
  /** Earlier messages that were left out. */
  omitted: number
}

/** How the thread began and how it stands: messages in its middle go first. */
function threadWithin(thread: readonly ThreadEntry[], tokens: number, salt: string): FittedThread {
  const lines = thread.map(({ author, at, text }) => {
    const cut = cutMiddle(neutralised(text, salt), Math.min(entryTokens, tokens))
    return `${author}, ${dateLine(at)}:\n${cut.text}`
  })
  const first = lines[0]
  if (first === undefined) return { lines, omitted: 0 }
  const latest: string[] = []
  let left = tokens - roughTokens(first)
  for (const line of lines.slice(1).reverse()) {
    const size = roughTokens(line)
    if (size > left) break
    latest.unshift(line)
    left -= size
  }
  const omitted = lines.length - 1 - latest.length
  const note = omitted > 0 ? [`[… ${omitted} messages left out …]`] : []
  return { lines: [first, ...note, ...latest], omitted }
}

function correctionText(corrections: readonly Correction[], salt: string): string[] {
  return corrections.slice(0, 3).map(({ draft, sent }) => {
    const side = (text: string) => oneLine(neutralised(text, salt), correctionLength) || '(nothing)'
    return `Draft: ${side(draft)}\nThe owner sent: ${side(sent)}`
  })
}

function earlierText(earlier: readonly ThreadEntry[], salt: string): string[] {
  return earlier.map(
    ({ at, text }) => `owner, ${dateLine(at)}:\n${cutMiddle(neutralised(text, salt), earlierTokens).text}`,
  )
}

/** @returns messages that say what was left out of the thread and the mail */
export function composeMessages(input: ComposeInput): PromptMessages {
  const { prompt, mail, verdict, salt } = input
  const { text, omitted } = cutMiddle(neutralised(mail.visibleText, salt), prompt.limits.mail)
  const passages = passagesWithin(input.passages, prompt.limits.knowledge, salt)
  const thread = threadWithin(input.thread, prompt.limits.thread, salt)
  const corrections = correctionText(input.corrections, salt)
  const { label, intensity } = verdict.sentiment
  const block = (kind: Parameters<typeof quoted>[0], parts: string[]) =>
    parts.length > 0 ? [quoted(kind, parts.join('\n\n'), salt)] : []
  const user = [
    ...factLines(mail.facts, salt, omitted),
    `Triage: language ${verdict.language}, category ${oneLine(verdict.category, 60)}, ${label} ${intensity}, urgency ${verdict.urgency}`,
    '',
    ...block('KNOWLEDGE', passages),
    ...block('CORRECTIONS', corrections),
    ...block('EARLIER', earlierText(input.earlier, salt)),
    ...block('THREAD', thread.lines),
    ...block('MAIL', [text === '' ? '(no text)' : text]),
    'End of the mail. Write the reply to it as the JSON object only.',
  ]
  return {
    messages: [
      { role: 'system', content: systemText(input) },
      { role: 'user', content: user.join('\n') },
    ],
    omitted: [
      ...(omitted > 0 ? [`mail: ${omitted} characters in the middle`] : []),
      ...(thread.omitted > 0 ? [`thread: ${thread.omitted} messages in the middle`] : []),
    ],
  }
}
