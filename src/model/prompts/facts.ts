/** What replyd itself knows of a mail, as `Name: value` lines that stand outside of the markers. */
import type { MailFacts } from './messages.ts'
import { factValue } from './untrusted.ts'

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** `Tue 2026-11-24 05:30 UTC`: with the weekday, since models miscount it. */
export function dateLine(at: Date): string {
  return `${days[at.getUTCDay()]} ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

const known = (value: boolean | null) => (value === null ? 'unknown' : value ? 'yes' : 'no')

/**
 * From and Subject are the sender's words: cut, on one line, no marker in them. The rest is ours. Lines that say
 * nothing are left out, but for the first six.
 */
export function factLines(facts: MailFacts, salt: string, omitted: number): string[] {
  const lines: [string, string][] = [
    ['From', factValue(facts.from, salt, 160)],
    ['Subject', factValue(facts.subject, salt, 200)],
    ['Received', dateLine(facts.received)],
    ['First contact', known(facts.firstContact)],
    ['Authentication', facts.authentication],
    ['List headers', facts.listHeaders.slice(0, 6).join(', ') || 'none'],
  ]
  const files = facts.attachments ?? []
  if (files.length > 0) {
    const names = files.slice(0, 3).map((name) => factValue(name, salt, 60))
    lines.push(['Attachments', `${files.length} (${names.join(', ')}${files.length > 3 ? ', …' : ''})`])
  }
  if ((facts.recipients ?? 1) > 1) lines.push(['Recipients', String(facts.recipients)])
  if (facts.guard) lines.push(['Header check', facts.guard])
  if (facts.hiddenText) lines.push(['Hidden text', 'was found and cut out'])
  if (omitted > 0) lines.push(['Cut', `${omitted} characters in the middle are left out`])
  return lines.map(([name, value]) => `${name}: ${value}`)
}
