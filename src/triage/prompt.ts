/** The triage conversation: static text first (provider caches match a prefix), the mail last. */

import { languageName } from '../mail/text/language.ts'
import { attachmentsShown, withImages } from '../model/prompts/attachments.ts'
import { block, passedOnBlock, threadWithin } from '../model/prompts/blocks.ts'
import { factLines } from '../model/prompts/facts.ts'
import { oneLine } from '../model/prompts/fields.ts'
import type { PromptMessages, SearchHint, TriageInput } from '../model/prompts/messages.ts'
import { systemMessage } from '../model/prompts/template.ts'
import { cutMiddle, neutralised, quoted } from '../model/prompts/untrusted.ts'

/** Search phrases should match the wording of the owner's headings. */
function searchWish(hint: SearchHint | null): string {
  if (hint === null) return '[], not used here.'
  const named = hint.languages.map(languageName).join(' and ')
  const shown = hint.headings.map((heading) => `"${oneLine(heading, 60)}"`).join(', ')
  const like = shown === '' ? '' : `, with headings like ${shown}`
  const where = named === '' ? "texts in the owner's language" : `texts in ${named}`
  return `up to six short phrases, to find the answers in ${where}${like}.`
}

export function triageMessages(input: TriageInput): PromptMessages {
  const { prompt, mail, thread, categories, ownerName, ownerLanguage, asksLanguage, salt } = input
  const list = categories.map(({ name, description }) => (description ? `${name} (${description})` : name))
  const system = systemMessage(prompt, {
    owner: ownerName ? oneLine(ownerName, 80) : 'the owner of this mailbox',
    categories: list.join('; ') || 'other',
    owner_language: languageName(ownerLanguage),
    asks_language: languageName(asksLanguage),
    search: searchWish(input.search),
  })
  const { text, omitted } = cutMiddle(neutralised(mail.visibleText, salt), prompt.limits.mail)
  const tokens = prompt.limits.thread
  const files = attachmentsShown(mail.attachments ?? [], prompt.limits.attachments, salt)
  const { lines } = threadWithin(thread, { tokens, salt, timeZone: mail.facts.timeZone })
  const user = [
    ...factLines(mail.facts, salt, omitted, files.line),
    '',
    ...block('THREAD', lines, salt),
    ...passedOnBlock(mail.passedOn, tokens, salt),
    ...files.block,
    quoted('MAIL', text === '' ? '(no text)' : text, salt),
    'Answer with the JSON object only.',
  ]
  return {
    messages: [
      { role: 'system', content: [system, ...files.notes].join('\n') },
      withImages(user.join('\n'), files),
    ],
    omitted: [...(omitted > 0 ? [`mail: ${omitted} characters in the middle`] : []), ...files.omitted],
  }
}
