import { fieldValues, type Message } from '../mail/message.ts'
import { fieldKeyword } from '../mail/mime/keyword.ts'
import { isSpamSubject } from './subjects.ts'

const junkKeywords = new Set('$junk junk $phishing'.split(' '))
const notJunkKeywords = new Set('$notjunk notjunk nonjunk'.split(' '))

const flagFields = 'x-spam-flag x-spam-status x-spam x-barracuda-spam-flag x-barracuda-spam-status'.split(' ')
const verdictFields = 'x-ses-spam-verdict x-ses-virus-verdict'.split(' ')
const forefrontVerdicts = new Set('spm sks skb blk'.split(' '))
const forefrontCategories = new Set('spm hspm phsh hphish hphsh malw spoof'.split(' '))

/**
 * Section 8.1: the mailbox, then the owner's keywords, then the filters' marks. Only positive marks are believed;
 * a sender can write `X-Spam-Flag: NO`, which proves nothing.
 * @param subjects decoded and folded
 */
export function isSpamFlagged(
  message: Pick<Message, 'fields'>,
  subjects: readonly string[],
  specialUse: string | null,
  flags: readonly string[],
): boolean {
  if (specialUse?.toLowerCase() === '\\junk') return true
  const keywords = flags.map((flag) => flag.toLowerCase())
  const junk = keywords.some((keyword) => junkKeywords.has(keyword))
  const notJunk = keywords.some((keyword) => notJunkKeywords.has(keyword))
  // Both: as if neither were set (IANA registration of $Junk). Only one: the owner's word outranks the filter's.
  if (junk !== notJunk) return junk
  return subjects.some(isSpamSubject) || hasFilterMark(message)
}

function hasFilterMark(message: Pick<Message, 'fields'>): boolean {
  const values = (names: readonly string[]) => names.flatMap((name) => fieldValues(message, name))
  return (
    values(flagFields).some((value) => /^\s*(?:yes|true)\b/i.test(value)) ||
    values(verdictFields).some((value) => fieldKeyword(value) === 'fail') ||
    values(['x-forefront-antispam-report']).some(isForefrontSpam) ||
    values(['x-ms-exchange-organization-scl']).some((value) => Number.parseInt(value, 10) >= 5)
  )
}

/** `CIP:192.0.2.1;SFV:SPM;CAT:HSPM;...`, as Exchange Online writes it. */
function isForefrontSpam(value: string): boolean {
  return value
    .toLowerCase()
    .split(';')
    .some((entry) => {
      const [key = '', verdict = ''] = entry.split(':').map((piece) => piece.trim())
      return (
        (key === 'sfv' && forefrontVerdicts.has(verdict)) ||
        (key === 'cat' && forefrontCategories.has(verdict))
      )
    })
}
