/** What a daemon does, in lines for a person. Names and subjects are strangers' words: they are made harmless. */
import { cutToWidth, widthOf } from '../base/columns.ts'
import { outcomeOf } from '../base/dispositions.ts'
import { accountLabel } from '../base/log.ts'
import { labelOf } from '../base/reasons.ts'
import type { MessageRow } from '../store/messages.ts'
import { printable } from './terminal.ts'

type Settled = Pick<MessageRow, 'account' | 'fromName' | 'fromAddress' | 'subject' | 'disposition' | 'reason'>

/** `15:02`, in the time zone of this machine. */
export const clockTime = (at: Date): string =>
  `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`

const longestName = 30
const longestSubject = 50

/**
 * `15:02 Ann Berg, "Opening hours" → reply saved in Drafts`, with the reason where it fits.
 * @param several the account is named
 */
export function mailLine(mail: Settled, at: Date, columns: number, several: boolean): string {
  const name = printable(mail.fromName || mail.fromAddress || 'nobody', true).trim()
  const subject = printable(mail.subject || '(no subject)', true).trim()
  const to = several ? ` (${printable(mail.account, true)})` : ''
  const who = `${clockTime(at)} ${cutToWidth(name, longestName)}, "${cutToWidth(subject, longestSubject)}"${to}`
  const line = `${who} → ${outcomeOf(mail.disposition)}`
  const reason = `${line}: ${labelOf(mail.reason)}`
  return mail.disposition !== 'drafted' && widthOf(reason) <= columns ? reason : line
}

/** Of pino. */
const warning = 40

/** Events whose names say little to a person; an empty text where the reason says it all. */
const meanings: Readonly<Record<string, string>> = {
  'owner.action-needed': '',
  'model.notice': '',
  'step.failed': "a mail can't go on for now",
}

/**
 * One line of the log for a person; null for what concerns nobody. Accounts are named by their address.
 * @param addresses of the accounts
 */
export function logLine(line: string, addresses: readonly string[], leastLevel = warning): string | null {
  const { level, time, event, account, reason, said, msg, ...rest } = fieldsOf(line)
  if (typeof level !== 'number' || level < leastLevel) return null
  const named = addresses.find((address) => accountLabel(address) === account) ?? account
  const words = reason ?? said ?? msg ?? pairs(rest)
  const happened = meanings[String(event)] ?? String(event ?? '').replace(/[.-]/g, ' ')
  const what = [named, happened, words].filter(Boolean).join(': ')
  return `${clockTime(new Date(Number(time)))} ${level >= warning ? '! ' : ''}${printable(what, true)}`
}

const pairs = (fields: object): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(' ')

function fieldsOf(line: string): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(line)
    return typeof fields === 'object' && fields !== null ? { ...fields } : {}
  } catch {
    return {}
  }
}
