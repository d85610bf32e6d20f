/** Octets to text in the charsets that mail really carries (RFC 2978 names, RFC 6365 terms). Never throws. */

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

/** Labels under which anything may hide: what the octets themselves show is believed first. */
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

/** Encodings of iconv-lite that are no charsets and must not be reached by a label. */
const forbidden = new Set(['base64', 'hex', 'binary', 'internal', 'ucs2', 'utf-7-imap', 'utf7imap'])

/** Lower case, without quotes, blanks and RFC 2231 language suffix. */
function charsetLabel(label: string): string {
  const bare = label
    .trim()
    .toLowerCase()
    .replace(/^["']+|["';,]+$/g, '')
    .replace(/\*.*$/, '')
  const name = bare
    .replace(/^charset=/, '')
    .replace(/^cp-?(125\d)$/, 'windows-$1')
    .replace(/^iso_?(8859)[-_]?(\d+)$/, 'iso-$1-$2')
  return aliases[name] ?? name
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** UTF-8 when the octets are valid UTF-8, else windows-1252 (RFC 6532; the fallback is what senders without a charset mean). */
export function decodeUnlabelled(octets: Buffer): string {
  try {
    return strictUtf8.decode(octets)
  } catch {
    return iconv.decode(octets, 'windows-1252')
  }
}

/** True when some octet has its high bit set. */
function hasHighBit(octets: Buffer): boolean {
  return octets.some((octet) => octet > 0x7f)
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
    return broken <= 1 + sound / 50 && sound > 0 ? lossy : iconv.decode(octets, 'windows-1252')
  }
}

/**
 * @param label charset as the mail names it, any case, perhaps unknown, wrong or empty
 * @returns the text, and whether the label was understood
 */
export function decodeCharset(octets: Buffer, label: string): { text: string; known: boolean } {
  const name = charsetLabel(label)
  // Japanese mail without a label, or labelled as ASCII, shows itself by its escape sequence (RFC 1468).
  if (/^(us-ascii|ascii|)$/.test(name) && octets.includes('\u001b$')) {
    return { text: withDecoder(octets, 'iso-2022-jp') ?? decodeUnlabelled(octets), known: true }
  }
  if (vague.has(name)) return { text: decodeUtf8(octets), known: !/^(unknown|x-unknown|default)/.test(name) }
  // A label of one octet a character can't be told wrong by an error, so valid multi-octet UTF-8 outranks it.
  if (/^(windows-125\d|iso-8859-\d+|macroman)$/.test(name) && hasHighBit(octets)) {
    try {
      return { text: strictUtf8.decode(octets), known: true }
    } catch {
      // As labelled, then.
    }
  }
  if (!forbidden.has(name) && iconv.encodingExists(name))
    return { text: iconv.decode(octets, name), known: true }
  const text = withDecoder(octets, name)
  return text === null ? { text: decodeUnlabelled(octets), known: false } : { text, known: true }
}

/** Null when Node's decoder does not know the name. */
function withDecoder(octets: Buffer, name: string): string | null {
  try {
    return new TextDecoder(name).decode(octets)
  } catch {
    return null
  }
}
