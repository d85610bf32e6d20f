/** What a daemon does, in lines for a person. Names and subjects are strangers' words: they are made harmless. */
import { cutToWidth, widthOf } from '../base/columns.ts'
import { outcomeOf } from '../base/dispositions.ts'
import { accountLabel } from '../base/log.ts'
import { labelOf, type Reason } from '../base/reasons.ts'
import type { MessageRow } from '../store/messages.ts'
import { wordsOf } from './log-words.ts'
import { printable } from './terminal.ts'

type Settled = Pick<MessageRow, 'account' | 'fromName' | 'fromAddress' | 'subject' | 'disposition' | 'reason'>

/** `15:02`, in the time zone of this machine. */
export const clockTime = (at: Date): string =>
  `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`

const longestName = 30
const longestSubject = 50

type Named = Pick<MessageRow, 'account' | 'fromName' | 'fromAddress' | 'subject'>

/** `15:02 Ann Berg, "Opening hours"`. */
function namedMail(mail: Named, at: Date, several: boolean): string {
  const name = printable(mail.fromName || mail.fromAddress || 'nobody', true).trim()
  const subject = printable(mail.subject || '(no subject)', true).trim()
  const to = several ? ` (${printable(mail.account, true)})` : ''
  return `${clockTime(at)} ${cutToWidth(name, longestName)}, "${cutToWidth(subject, longestSubject)}"${to}`
}

/** `15:02 Ann Berg, "Opening hours" → waits until 15:04: the connection to … failed`. @param why for a person */
export function waitingLine(mail: Named, at: Date, until: Date, why: string, several: boolean): string {
  return `${namedMail(mail, at, several)} → waits until ${clockTime(until)}: ${printable(why, true)}`
}

/**
 * `15:02 Ann Berg, "Opening hours" → reply saved in Drafts`, with the reason if there is room.
 * @param several the account is named
 */
export function mailLine(mail: Settled, at: Date, columns: number, several: boolean): string {
  const line = `${namedMail(mail, at, several)} → ${outcomeOf(mail.disposition)}`
  const reason = `${line}: ${labelOf(mail.reason)}`
  return mail.disposition !== 'drafted' && widthOf(reason) <= columns ? reason : line
}

/** Of pino. */
const warning = 40

/**
 * One line of the log for a person; null if it does not concern one. Accounts are named by their address.
 * @param addresses of the accounts
 */
export function logLine(line: string, addresses: readonly string[], leastLevel = warning): string | null {
  const fields = fieldsOf(line)
  const { level, time, event, account, reason, said, msg } = fields
  if (typeof level !== 'number' || level < leastLevel) return null
  const known = addresses.find((address) => accountLabel(address) === account)
  // The log removes addresses, including those of accounts.
  const named = known ?? (account === '<address>' ? addresses.length === 1 && addresses[0] : account)
  const isCode = String(event).startsWith('mail.') && typeof reason === 'string'
  const why = isCode ? labelOf(reason as Reason) : (reason ?? said ?? msg)
  const what = [named, wordsOf(String(event ?? ''), fields), why].filter(Boolean).join(': ')
  return `${clockTime(new Date(Number(time)))} ${level >= warning ? '! ' : ''}${printable(what, true)}`
}

function fieldsOf(line: string): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(line)
    return typeof fields === 'object' && fields !== null ? { ...fields } : {}
  } catch {
    return {}
  }
}
