/** The check by meaning: the question to the model about an outgoing reply, and how its answer is used. */
import type * as z from 'zod'
import type { Checked } from '../base/verdicts.ts'
import { sentencesOf } from '../mail/text/sentences.ts'
import {
  asksBlock,
  block,
  earlierText,
  labelOf,
  lookupLines,
  lookupTokens,
  passagesWithin,
  passedOnBlock,
  threadWithin,
} from '../model/prompts/blocks.ts'
import { calendarLine } from '../model/prompts/calendar.ts'
import { factLines } from '../model/prompts/facts.ts'
import { oneLine, severalLines } from '../model/prompts/fields.ts'
import type { CheckInput, PromptMessages } from '../model/prompts/messages.ts'
import { systemMessage } from '../model/prompts/template.ts'
import { cutMiddle, neutralised } from '../model/prompts/untrusted.ts'
import { checkedSchema, type Labels } from './verdict.ts'

interface CheckQuestion extends PromptMessages {
  schema: z.ZodType<Checked>
}

export function checkQuestion(input: CheckInput): CheckQuestion {
  const { prompt, mail, asks, reply, salt } = input
  const { facts } = mail
  const { timeZone } = facts
  const { text, omitted } = cutMiddle(neutralised(mail.visibleText, salt), prompt.limits.mail)
  const room = Math.max(prompt.limits.knowledge, prompt.limits.wholeFolder) + lookupTokens(input.passages)
  const passages = passagesWithin(input.passages, room, salt, (at) => `K${at + 1} `)
  const tokens = prompt.limits.thread
  const thread = threadWithin(input.thread, { tokens, salt, timeZone, name: 'T' })
  const sentences = sentencesOf(reply)
  const numbered = sentences.map((sentence, at) => `S${at + 1}: ${neutralised(sentence, salt)}`)
  const rules = severalLines(input.instructions, 8000)
  const own = input.own.map((each) => oneLine(each.replace(/\n+/g, ', '), 300)).filter(Boolean)
  const user = [
    ...factLines(facts, salt, omitted),
    `Calendar: ${calendarLine(facts.received, timeZone)}`,
    ...(own.length > 0 ? [`Owner: ${own.join('; ')}`] : []),
    '',
    ...block('KNOWLEDGE', passages, salt),
    ...block('EARLIER', earlierText(input.earlier, salt, timeZone, 'E'), salt),
    ...block('THREAD', thread.lines, salt),
    ...(rules === '' ? [] : block('RULES', [neutralised(rules, salt)], salt)),
    ...passedOnBlock(mail.passedOn, tokens, salt),
    ...block('MAIL', [text === '' ? '(no text)' : text], salt),
    ...asksBlock(asks, salt),
    ...block('REPLY', [numbered.join('\n')], salt),
    `Judge ${sentences.length} sentences and ${asks.length} asks. Answer with the JSON object only.`,
  ]
  const owner = input.ownerName ? oneLine(input.ownerName, 80) : 'the owner of this mailbox'
  const system = [systemMessage(prompt, { owner }), ...lookupLines(input.passages)].join('\n')
  const labels: Labels = new Map([
    ...input.passages.slice(0, passages.length).map((one, at) => [`K${at + 1}`, labelOf(one)] as const),
    ...input.thread.map((_, at) => [`T${at + 1}`, 'thread'] as const),
    ...input.earlier.map((_, at) => [`E${at + 1}`, 'earlier'] as const),
    ['MAIL', 'mail'] as const,
    ['FACTS', 'facts'] as const,
  ])
  return {
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: user.join('\n') },
    ],
    omitted: omitted > 0 ? [`mail: ${omitted} characters in the middle`] : [],
    schema: checkedSchema(sentences, asks, labels),
  }
}
