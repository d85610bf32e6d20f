/**
 * The compose conversation: rules and the owner's wishes in the system message, all quoted matter in the user
 * message.
 */
import { languageName } from '../mail/text/language.ts'
import { attachmentsShown, withImages } from '../model/prompts/attachments.ts'
import {
  asksBlock,
  block,
  earlierText,
  lookupLines,
  lookupTokens,
  passagesWithin,
  passedOnBlock,
  threadWithin,
} from '../model/prompts/blocks.ts'
import { calendarLine } from '../model/prompts/calendar.ts'
import { factLines } from '../model/prompts/facts.ts'
import { oneLine, severalLines } from '../model/prompts/fields.ts'
import type {
  ComposeInput,
  Correction,
  Prompt,
  PromptMessages,
  PromptPassage,
  Style,
} from '../model/prompts/messages.ts'
import { systemMessage } from '../model/prompts/template.ts'
import { cutMiddle, neutralised } from '../model/prompts/untrusted.ts'

/** Characters of each side of a correction. */
const correctionLength = 200

const endings: Readonly<Record<ComposeInput['signature'], string>> = {
  none: 'End with a short closing and the name of the owner, as their style shows it.',
  signature: 'End with a short closing formula and nothing below it: the signature is added.',
  closing: 'End with the last sentence, without a closing formula or name: they are added.',
}

/** Formula and name; the name is omitted if a signature follows. */
const closingOf = (closing: string, signature: ComposeInput['signature']) =>
  signature === 'none' ? closing : signature === 'signature' ? (closing.split(' / ')[0] ?? '') : ''

function styleLines(style: Style | null, signature: ComposeInput['signature']): string[] {
  if (!style) return []
  const { greeting, closing, words, manner } = style
  const formula = closing ? oneLine(closingOf(closing, signature), 80) : ''
  const wishes = [
    greeting && `greeting "${oneLine(greeting, 80)}"`,
    formula && `closing "${formula}"`,
    words && `about ${Math.round(words)} words`,
    manner && oneLine(manner, 80),
  ].filter(Boolean)
  return wishes.length > 0 ? [`The owner's style (fill in what stands in braces): ${wishes.join('; ')}.`] : []
}

function systemText(input: ComposeInput, notes: readonly string[]): string {
  const { prompt, ownerName, signature, instructions, style, canary, ownerLanguage } = input
  const text = systemMessage(prompt, {
    owner: ownerName ? oneLine(ownerName, 80) : 'the owner of this mailbox',
    owner_language: languageName(ownerLanguage),
    signature: endings[signature],
  })
  const wishes = severalLines(instructions, 8000)
  return [
    text,
    ...(canary ? [`Internal mark, never to be written: ${canary}`] : []),
    ...lookupLines(input.passages),
    ...notes,
    ...(wishes ? [`The owner's instructions:\n${wishes}`] : []),
    ...styleLines(style, signature),
  ].join('\n')
}

/** Room for the knowledge: a small folder is given in full, and so is what was looked up. */
const roomOf = ({ limits }: Prompt, passages: readonly PromptPassage[]) =>
  Math.max(limits.knowledge, limits.wholeFolder) + lookupTokens(passages)

/** The found passages that fit into the prompt: no other can have been a source. */
export function passagesGiven<P extends PromptPassage>(prompt: Prompt, passages: readonly P[]): P[] {
  return passages.slice(0, passagesWithin(passages, roomOf(prompt, passages), '').length)
}

function correctionText(corrections: readonly Correction[], salt: string): string[] {
  return corrections.slice(0, 3).map(({ draft, sent }) => {
    const side = (text: string) => oneLine(neutralised(text, salt), correctionLength) || '(nothing)'
    return `Draft: ${side(draft)}\nThe owner sent: ${side(sent)}`
  })
}

/** @returns messages that say what was left out of the thread and the mail */
export function composeMessages(input: ComposeInput): PromptMessages {
  const { prompt, mail, verdict, salt } = input
  const { facts } = mail
  const { timeZone } = facts
  const { text, omitted } = cutMiddle(neutralised(mail.visibleText, salt), prompt.limits.mail)
  const thread = threadWithin(input.thread, { tokens: prompt.limits.thread, salt, timeZone })
  const files = attachmentsShown(mail.attachments ?? [], prompt.limits.attachments, salt)
  const { label, intensity } = verdict.sentiment
  const user = [
    ...factLines(facts, salt, omitted, files.line),
    `Calendar: ${calendarLine(facts.received, timeZone)}`,
    `Triage: language ${verdict.language}, category ${oneLine(verdict.category, 60)}, ${label} ${intensity}, urgency ${verdict.urgency}`,
    '',
    ...block('KNOWLEDGE', passagesWithin(input.passages, roomOf(prompt, input.passages), salt), salt),
    ...block('CORRECTIONS', correctionText(input.corrections, salt), salt),
    ...block('EARLIER', earlierText(input.earlier, salt, timeZone), salt),
    ...block('THREAD', thread.lines, salt),
    ...passedOnBlock(mail.passedOn, prompt.limits.thread, salt),
    ...files.block,
    ...block('MAIL', [text === '' ? '(no text)' : text], salt),
    ...asksBlock(verdict.asks ?? [], salt),
    'End of the mail. Write the reply to it as the JSON object only.',
  ]
  return {
    messages: [
      { role: 'system', content: systemText(input, files.notes) },
      withImages(user.join('\n'), files),
    ],
    omitted: [
      ...(omitted > 0 ? [`mail: ${omitted} characters in the middle`] : []),
      ...(thread.omitted > 0 ? [`thread: ${thread.omitted} messages in the middle`] : []),
      ...files.omitted,
    ],
  }
}
