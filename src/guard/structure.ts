import type { Message, Part } from '../mail/message.ts'
import { isCalendar } from '../mail/mime/structure.ts'

/**
 * Every part of the MIME tree, the root first, the others in no order. The contents of message/* are not included.
 */
export function partsOf(message: Pick<Message, 'structure'>): Part[] {
  const parts: Part[] = []
  const open: Part[] = [message.structure]
  for (let part = open.pop(); part; part = open.pop()) {
    parts.push(part)
    if (!part.type.startsWith('message/')) open.push(...part.children)
  }
  return parts
}

/** A parameter's value in lower case; null if absent. */
function parameter(part: Part, name: string): string | null {
  return part.parameters[name]?.trim().toLowerCase() ?? null
}

/** The report types of RFC 6522 that have a code of their own. */
type ReportType = 'delivery-status' | 'disposition-notification' | 'feedback-report'

/**
 * A multipart/report of that type at the top, or a part of that type at any depth (RFC 6522; the `global-` forms are
 * RFC 6533). Some senders omit report-type, so the part counts as well.
 */
export function hasReport(parts: readonly Part[], type: ReportType): boolean {
  const root = parts[0]
  if (root?.type === 'multipart/report' && parameter(root, 'report-type') === type) return true
  return parts.some((part) => part.type === `message/${type}` || part.type === `message/global-${type}`)
}

export function isAnyReport(parts: readonly Part[]): boolean {
  return parts.some((part) => part.type === 'multipart/report')
}

/** Scheduling methods that ask the owner something (RFC 6047); any other method is software answering software. */
const askingMethods = new Set(['request', 'publish', 'add'])

/** The calendar parts: `asks` for an invitation, `answers` from software; neither without a method. */
export function calendarKinds(parts: readonly Part[]): { asks: boolean; answers: boolean } {
  const methods = parts
    .filter(isCalendar)
    .map((part) => parameter(part, 'method'))
    .filter((method) => method !== null)
  return {
    asks: methods.some((method) => askingMethods.has(method)),
    answers: methods.some((method) => !askingMethods.has(method)),
  }
}

/** RFC 1847 section 2.2, RFC 8551 section 3.2. Signed mail can be read; anything else in PKCS #7 cannot. */
export function isEncrypted(parts: readonly Part[]): boolean {
  return parts.some(
    (part) =>
      part.type === 'multipart/encrypted' ||
      (/^application\/(?:x-)?pkcs7-mime$/.test(part.type) && parameter(part, 'smime-type') !== 'signed-data'),
  )
}

/** A text/plain or text/html part that is not an attachment. */
export function hasTextPart(parts: readonly Part[]): boolean {
  return parts.some((part) => /^text\/(?:plain|html)$/.test(part.type) && part.disposition !== 'attachment')
}
