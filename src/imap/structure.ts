/** Converts the server's BODYSTRUCTURE (RFC 3501 section 7.4.2) to our Part. */
import type { MessageStructureObject } from 'imapflow'
import type { Part } from '../mail/message.ts'
import { safeFilename } from '../mail/mime/parameters.ts'

/** More parts than any honest mail has; the rest is omitted, so that no mail can build an endless tree. */
const MAX_PARTS = 1000

const lower = (text: string | undefined): string => (text ?? '').toLowerCase()

/** RFC 2183 section 2.8: unknown dispositions are attachments. `reaction` is RFC 9078. */
function dispositionOf(node: MessageStructureObject): string | null {
  const disposition = lower(node.disposition)
  if (disposition === '') return null
  return disposition === 'inline' || disposition === 'reaction' ? disposition : 'attachment'
}

function parametersOf(node: MessageStructureObject): Record<string, string> {
  const entries = Object.entries(node.parameters ?? {})
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]))
}

/**
 * @param structure as imapflow read it; the root of a single-part message has no section number there, and is `1` here
 */
export function partOf(structure: MessageStructureObject): Part {
  let parts = 0
  const translate = (node: MessageStructureObject, isRoot: boolean): Part => {
    parts++
    const type = lower(node.type) || 'application/octet-stream'
    const isMultipart = type.startsWith('multipart/')
    const children: Part[] = []
    // The parts of an enclosed message/rfc822 are a stranger's mail, not this one's text.
    for (const child of isMultipart ? (node.childNodes ?? []) : []) {
      if (parts >= MAX_PARTS) break
      children.push(translate(child, false))
    }
    return {
      path: node.part ?? (isRoot && !isMultipart ? '1' : ''),
      type,
      parameters: parametersOf(node),
      disposition: dispositionOf(node),
      filename: safeFilename(node.dispositionParameters?.filename ?? node.parameters?.name),
      encoding: lower(node.encoding) || '7bit',
      size: node.size ?? 0,
      children,
    }
  }
  return translate(structure, true)
}

/** Placeholder for a mail whose structure could not be read. */
export const unknownStructure: Part = {
  path: '1',
  type: 'application/octet-stream',
  parameters: {},
  disposition: null,
  filename: null,
  encoding: '7bit',
  size: 0,
  children: [],
}
