/** The triage conversation: static text first (provider caches match a prefix), the mail last. */

import { factLines } from '../model/prompts/facts.ts'
import type { PromptMessages, TriageInput } from '../model/prompts/messages.ts'
import { systemMessage } from '../model/prompts/template.ts'
import { cutMiddle, neutralised, quoted } from '../model/prompts/untrusted.ts'

const languages = new Intl.DisplayNames(['en'], { type: 'language' })

const languageName = (tag: string) => {
  try {
    return languages.of(tag) ?? tag
  } catch {
    return tag
  }
}

export function triageMessages({
  prompt,
  mail,
  categories,
  ownerLanguage,
  salt,
}: TriageInput): PromptMessages {
  const list = categories.map(({ name, description }) => (description ? `${name} (${description})` : name))
  const system = systemMessage(prompt, {
    categories: list.join('; ') || 'other',
    owner_language: languageName(ownerLanguage),
  })
  const { text, omitted } = cutMiddle(neutralised(mail.visibleText, salt), prompt.limits.mail)
  const user = [
    ...factLines(mail.facts, salt, omitted),
    '',
    quoted('MAIL', text === '' ? '(no text)' : text, salt),
    'End of the mail. Answer with the JSON object only.',
  ]
  return {
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: user.join('\n') },
    ],
    omitted: omitted > 0 ? [`mail: ${omitted} characters in the middle`] : [],
  }
}
