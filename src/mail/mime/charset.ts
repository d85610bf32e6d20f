/** Decodes octets in the charsets that mail really uses (RFC 2978 names, RFC 6365 terms). Never throws. */

import chardet from 'chardet'
import iconv from 'iconv-lite'

/** Names that mail programs write and neither decoder knows. */
const aliases: Readonly<Record<string, string>> = {
  'unicode-1-1-utf-7': 'utf-7',
  'x-unicode-2-0-utf-7': 'utf-7',
  utf7: 'utf-7',
  utf8mb4: 'utf-8',
  'x-utf-8': 'utf-8',
  'ansi_x3.4-1968': 'us-ascii',
  ansi_x3_4_1968: 'us-ascii',
  iso646us: 'us-ascii',
  'windows-31j': 'cp932',
  ms_kanji: 'cp932',
  'x-sjis': 'cp932',
  'ks_c_5601-1987': 'cp949',
  ks_c_5601: 'cp949',
  ksc5601: 'cp949',
  'euc-kr': 'cp949',
  gb2312: 'gb18030',
  gbk: 'gb18030',
  'x-gbk': 'gb18030',
  cp936: 'gb18030',
  'iso-8859-8-i': 'iso-8859-8',
  'iso-8859-8-e': 'iso-8859-8',
  'iso-2022-jp-2': 'iso-2022-jp',
  'iso-2022-jp-ms': 'iso-2022-jp',
  cp50220: 'iso-2022-jp',
  cp50221: 'iso-2022-jp',
  'x-mac-roman': 'macroman',
  macintosh: 'macroman',
  // As browsers do: mail that says Latin-1 or Latin-5 has the quotes and the euro sign of Windows in it.
  'iso-8859-1': 'windows-1252',
  latin1: 'windows-1252',
  iso88591: 'windows-1252',
  'iso-8859-9': 'windows-1254',
}

/** Labels that are often wrong: the octets themselves are checked first. */
const vague = new Set([
  '',
  'us-ascii',
  'ascii',
  'unknown-8bit',
  'x-unknown',
  'unknown',
  'default',
  'default_charset',
  'binary',
  '8bit',
  'utf-8',
  'utf8',
])

/** Encodings of iconv-lite that are not charsets and must not be selectable by a label. */
const forbidden = new Set(['base64', 'hex', 'binary', 'internal', 'ucs2', 'utf-7-imap', 'utf7imap'])

/** Lower case, without quotes, spaces and RFC 2231 language suffix. */
function charsetLabel(label: string): string {
  const lower = label.trim().toLowerCase()
  if (vague.has(lower)) return lower
  const bare = lower.replace(/^["']+|["';,]+$/g, '').replace(/\*.*$/, '')
  const name = bare
    .replace(/^charset=/, '')
    .replace(/^cp-?(125\d)$/, 'windows-$1')
    .replace(/^iso_?(8859)[-_]?(\d+)$/, 'iso-$1-$2')
  return aliases[name] ?? name
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** Octets 0x80 to 0x9f are control characters in these, but letters or quotes in the Windows charset that is meant. */
const ofWindows: Readonly<Record<string, string>> = {
  'iso-8859-2': 'windows-1250',
  'iso-8859-5': 'windows-1251',
  'iso-8859-6': 'windows-1256',
  'iso-8859-7': 'windows-1253',
  'iso-8859-8': 'windows-1255',
  'iso-8859-13': 'windows-1257',
  'iso-8859-15': 'windows-1252',
}

/** Fewer octets above ASCII may be umlauts alone; a longer text has Latin letters too, unless Latin-1 is wrong. */
const leastForeign = 10

/** The charset that the octets show: the label may name a close relative, or Latin-1 for another script. */
function meant(octets: Buffer, name: string): string {
  const windows = ofWindows[name]
  if (windows !== undefined) return octets.some((octet) => octet >= 0x80 && octet < 0xa0) ? windows : name
  if (name !== 'windows-1252') return name
  const start = octets.subarray(0, sample)
  const isForeign = isOtherScript(start) && start.filter((octet) => octet > 0x7f).length >= leastForeign
  return isForeign ? (detectCharset(start) ?? name) : name
}

/** A character of ISO-2022-JP is announced by this escape sequence (RFC 1468). */
function isIso2022Jp(octets: Buffer): boolean {
  return octets.includes(0x1b) && (octets.includes('\u001b$B') || octets.includes('\u001b$@'))
}

/** Editors of Windows begin UTF-16 with this mark (RFC 2781 section 3.2), which no other text begins with. */
export const isUtf16 = (octets: Buffer): boolean =>
  /^(?:fffe|feff)$/.test(octets.subarray(0, 2).toString('hex'))

/**
 * UTF-8 when the octets are valid UTF-8 (RFC 6532), else what they look like, and windows-1252 in doubt.
 * @param likely charset that the rest of the message has; believed before a guess
 */
export function decodeUnlabelled(octets: Buffer, likely = ''): string {
  if (isIso2022Jp(octets)) return withDecoder(octets, 'iso-2022-jp') ?? octets.toString('latin1')
  if (isUtf16(octets)) return iconv.decode(octets, 'utf-16')
  try {
    return strictUtf8.decode(octets)
  } catch {
    const name = charsetLabel(likely)
    const believed = vague.has(name) || forbidden.has(name) ? null : name
    const charset = believed ?? detectCharset(octets) ?? 'windows-1252'
    return iconv.encodingExists(charset)
      ? iconv.decode(octets, charset)
      : (withDecoder(octets, charset) ?? iconv.decode(octets, 'windows-1252'))
  }
}

/**
 * UTF-8 that was cut in the middle of a character, or has a stray octet, is still UTF-8: it is lossily decoded
 * when at most one in fifty of its non-ASCII sequences is broken.
 */
function decodeUtf8(octets: Buffer): string {
  try {
    return strictUtf8.decode(octets)
  } catch {
    const lossy = octets.toString('utf8')
    let broken = 0
    let sound = 0
    for (const char of lossy) {
      if (char === '\ufffd') broken++
      else if (char > '\u007f') sound++
    }
    return broken <= 1 + sound / 50 && sound > 0 ? lossy : decodeUnlabelled(octets)
  }
}

/** Charsets that need no octet above 0x7f, or in which valid UTF-8 proves nothing. */
const incomparable = /^(?:utf-?7|utf-?16|utf-?32|ucs-?[24]|hz)/
/** Charsets without any octet above 0x7f; except for escape sequences they are the same as US-ASCII. */
const escaped = /^iso-2022/

/** Two octets a character in these, so that a few characters may be valid UTF-8 by accident. */
const multiOctet = /^(?:gb|cp9|big5|euc|shift|ks_)/

/**
 * The text if the octets are UTF-8 despite the label: errors never prove a label wrong, but enough valid sequences
 * do. Null otherwise. A character cut at the end is accepted.
 */
function utf8Despite(octets: Buffer, label: string): string | null {
  if (incomparable.test(label) || (escaped.test(label) && octets.includes(0x1b))) return null
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(octets, { stream: true })
  } catch {
    return null
  }
  const beyond = text.match(/[^\0-\x7f]/gu) ?? []
  const isCut = Buffer.byteLength(text) < octets.length
  if (beyond.length === 0 || (isCut && beyond.length < 3)) return null
  if (!multiOctet.test(label) || beyond.length >= 3 || beyond.some((char) => char > '\u07ff')) return text
  // `Größe`: no other script has single characters among Latin letters.
  return /[a-z][^\0-\x7f]|[^\0-\x7f][a-z]/.test(text) ? text : null
}

/**
 * @param label charset named by the mail, in any case, possibly unknown, wrong or empty
 * @returns the text, and whether the label was understood
 */
export function decodeCharset(octets: Buffer, label: string): { text: string; known: boolean } {
  const name = charsetLabel(label)
  // Japanese mail without a label, or labelled as ASCII or UTF-8, shows itself by its escape sequence.
  if (vague.has(name) && isIso2022Jp(octets) && !octets.some((octet) => octet > 0x7f))
    return { text: decodeUnlabelled(octets), known: true }
  if (vague.has(name)) return { text: decodeUtf8(octets), known: !/^(unknown|x-unknown|default)/.test(name) }
  // ISO-2022-JP has only seven bits (RFC 1468), so these octets are Shift_JIS, EUC-JP or UTF-8.
  if (name === 'iso-2022-jp' && octets.some((octet) => octet > 0x7f))
    return { text: decodeUnlabelled(octets), known: true }
  const labelled = decodeShifted(octets, name) ?? decodeNamed(octets, meant(octets, name))
  const text = utf8Despite(octets, name) ?? labelled ?? decodeUnlabelled(octets)
  return { text, known: labelled !== null }
}

/** Null when neither decoder knows the name. */
function decodeNamed(octets: Buffer, name: string): string | null {
  return !forbidden.has(name) && iconv.encodingExists(name)
    ? iconv.decode(octets, name)
    : withDecoder(octets, name)
}

/** Charsets of seven bits that shift into a charset of eight bits: `~{` and `~}` (RFC 1843), SO and SI (RFC 1557). */
function decodeShifted(octets: Buffer, name: string): string | null {
  const isKorean = /^(?:cs)?iso-?2022-?kr$/.test(name)
  if (!isKorean && !/^hz(?:-gb-?2312)?$/.test(name)) return null
  const raised = (text: string) =>
    text.replace(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) | 0x80))
  const text = octets.toString('latin1')
  const eight = isKorean
    ? text
        .replaceAll('\u001b$)C', '')
        .split('\u000e')
        .map((piece, at) => (at === 0 ? piece : shiftedIn(piece, raised)))
        .join('')
    : text.replace(
        /~(?:\{(.*?)(?:~\}|$)|(~)|\r?\n)/gm,
        (_, shifted = '', tilde = '') => raised(shifted) + tilde,
      )
  return iconv.decode(Buffer.from(eight, 'latin1'), isKorean ? 'cp949' : 'gb18030')
}

/** Raises the octets of a piece after SO, up to SI. */
function shiftedIn(piece: string, raised: (text: string) => string): string {
  const [shifted = '', ...plain] = piece.split('\u000f')
  return raised(shifted) + plain.join('')
}

const esc = '\u001b'
const idleEscapes = new RegExp(`(?:${esc}[$(][@BJI])+(?=${esc}[$(][@BJI(])`, 'g')

/** Joined encoded words each end in ASCII and begin with a shift, but Node's decoder rejects two escapes in a row. */
function withoutIdleEscapes(octets: Buffer): Buffer {
  const text = octets.toString('latin1')
  return Buffer.from(text.replace(idleEscapes, ''), 'latin1')
}

/** Null when Node's decoder does not know the name. */
function withDecoder(octets: Buffer, name: string): string | null {
  try {
    return new TextDecoder(name).decode(name === 'iso-2022-jp' ? withoutIdleEscapes(octets) : octets)
  } catch {
    return null
  }
}

/** Octets examined: more do not improve the guess. */
const sample = 4096

/** Minimum confidence, in percent, at which a guess is better than windows-1252. */
const convincing = { otherScript: 25, latinScript: 60 }

/** Charsets of the Latin script that differ from windows-1252 in letters. */
const latinCharsets = /^(?:iso-8859-2|windows-1250|iso-8859-9|windows-1254|windows-1257)$/i

const otherScripts = /^(?:shift_jis|euc-jp|euc-kr|gb18030|big5|koi8-r|windows-125[1356]|iso-8859-[5678])$/i

/** True when letters beyond ASCII outnumber the others, as in every script but the Latin one. */
function isOtherScript(octets: Buffer): boolean {
  const text = octets.toString('latin1')
  const beyond = text.match(/[^\0-\x7f]/g)?.length ?? 0
  return beyond >= 4 && beyond > (text.match(/[a-z]/gi)?.length ?? 0)
}

/** Guesses the charset of unlabelled octets. Null without a convincing guess: most senders then mean windows-1252. */
function detectCharset(octets: Buffer): string | null {
  const start = octets.subarray(0, sample)
  const beyond = isOtherScript(start)
  const least = beyond ? convincing.otherScript : convincing.latinScript
  const candidates = beyond ? otherScripts : latinCharsets
  const [best, ...others] = chardet.analyse(start)
  if (!best || best.confidence < least) return null
  // For the Latin script, only a guess with a clear lead counts.
  if (!beyond && others.some(({ confidence }) => confidence > best.confidence / 2)) return null
  return candidates.test(best.name) ? best.name.toLowerCase() : null
}
