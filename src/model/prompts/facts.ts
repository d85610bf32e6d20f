/** replyd's own facts about a mail, as `Name: value` lines outside the markers. */
import { localTime } from './calendar.ts'
import type { Attachment, MailFacts } from './messages.ts'
import { factValue } from './untrusted.ts'

const known = (value: boolean | null) => (value === null ? 'unknown' : value ? 'yes' : 'no')

/**
 * From and Subject are the sender's words: cut, on one line, without markers. The rest is ours. Empty lines are
 * omitted, except for the first five. Times are the owner's.
 * @param attached the line about attachments; null: none of them was read
 */
export function factLines(
  facts: MailFacts,
  salt: string,
  omitted: number,
  attached: string | null = null,
): string[] {
  const lines: [string, string][] = [
    ['From', factValue(facts.from, salt, 160)],
    ['Subject', factValue(facts.subject, salt, 200)],
    ['Received', `${localTime(facts.received, facts.timeZone)} local time`],
    ['First contact', known(facts.firstContact)],
    ['Authentication', facts.authentication],
  ]
  if (facts.listHeaders.length > 0) lines.push(['List headers', facts.listHeaders.slice(0, 6).join(', ')])
  if (facts.opening) lines.push(['Owner is', facts.opening])
  if (facts.writtenBefore) lines.push(['Owner wrote to this sender before', 'yes'])
  if (facts.replyTo) lines.push(['Reply goes to', factValue(facts.replyTo, salt, 160)])
  const files = facts.attachments ?? []
  if (attached !== null) lines.push(['Attachments', attached])
  else if (files.length > 0) {
    const named = files.slice(0, 3).map((file) => attachmentOf(file, salt))
    const more = files.length > 3 ? '; …' : ''
    lines.push(['Attachments', `${files.length}, their content is not shown: ${named.join('; ')}${more}`])
  }
  if ((facts.recipients ?? 1) > 1) lines.push(['Recipients', String(facts.recipients)])
  if (facts.guard) lines.push(['Header check', facts.guard])
  if (facts.hiddenText) lines.push(['Hidden text', 'was found and cut out'])
  if (omitted > 0) lines.push(['Cut', `${omitted} characters in the middle are left out`])
  return lines.map(([name, value]) => `${name}: ${value}`)
}

const attachmentOf = ({ name, type, size }: Attachment, salt: string) =>
  `${factValue(name, salt, 60)} (${factValue(type, salt, 40)}, ${Math.ceil(size / 1024)} KB)`
