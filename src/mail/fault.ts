/** A part of a mail that could not be read: a code for rules, the part if known, and a text for people. */
const words = {
  'header-cut': 'the header is too long to be read in full',
  'message-cut': 'the message is too long to be read in full',
  'several-content-types': 'a part has several Content-Type fields',
  'nested-too-deep': 'the parts are nested too deeply',
  'no-boundary': 'a multipart lacks its boundary',
  'too-many-parts': 'the message has too many parts',
  encrypted: 'a part is encrypted',
  'encrypted-text': 'the text is encrypted (PGP)',
  'unknown-charset': 'the charset is unknown',
  'text-unread': 'the text was not read',
  'text-cut': 'the text is too long to be read in full',
  'signature-unread': 'the signed text could not be read',
  'no-structure': 'the server gave no readable structure',
  'fetch-failed': 'the mail could not be read',
} as const

export type FaultCode = keyof typeof words

export interface Fault {
  code: FaultCode
  /** IMAP section number; null for the whole message. */
  part: string | null
  text: string
}

/** @param why the message of an error, if any */
export function faultOf(code: FaultCode, part: string | null = null, why: string | null = null): Fault {
  const where = part === null || part === '' ? '' : ` (part ${part})`
  return { code, part, text: `${words[code]}${where}${why === null ? '' : `: ${why}`}` }
}
