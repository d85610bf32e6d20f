/** Content-Transfer-Encodings (RFC 2045 section 6). Broken input gives what can be read of it, never an error. */

const LF = 0x0a
const CR = 0x0d
const EQUALS = 0x3d

/** Value of a hexadecimal digit, or -1. */
function hexDigit(octet: number | undefined): number {
  if (octet === undefined) return -1
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30
  const letter = octet | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** Index of the next line's first octet if only spaces are between `at` and the line end, otherwise -1. */
function softBreak(octets: Buffer, at: number): number {
  let next = at
  while (octets[next] === 0x20 || octets[next] === 0x09) next++
  if (next >= octets.length) return next
  if (octets[next] === CR) next++
  return octets[next] === LF || octets[next - 1] === CR ? next + (octets[next] === LF ? 1 : 0) : -1
}

/** RFC 2045 section 6.7. An equals sign that starts no valid sequence stays. */
export function decodeQuotedPrintable(octets: Buffer): Buffer {
  const out = Buffer.allocUnsafe(octets.length)
  let length = 0
  /** Where `out` ends when spaces before a line end are cut. */
  let solid = 0
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at] as number
    if (octet === EQUALS) {
      const next = softBreak(octets, at + 1)
      if (next >= 0) {
        at = next - 1
        solid = length
        continue
      }
      const high = hexDigit(octets[at + 1])
      const low = hexDigit(octets[at + 2])
      const encoded = high >= 0 && low >= 0
      out[length++] = encoded ? high * 16 + low : octet
      if (encoded) at += 2
      solid = length
      continue
    }
    if (octet === LF || octet === CR) length = solid
    out[length++] = octet
    if (octet !== 0x20 && octet !== 0x09) solid = length
  }
  return out.subarray(0, length)
}

/**
 * RFC 2045 section 6.8. Padding inside the stream starts a new one; lines that can't be base64 (a footer that a
 * mailing list appended) are left out. Octets that hold no base64 at all are returned as they are.
 */
export function decodeBase64(octets: Buffer): Buffer {
  const text = octets.toString('latin1')
  const lines = text.split(/[\r\n]+/).filter((line) => line !== '')
  const sound = lines.filter((line) => /^\s*[A-Za-z0-9+/=]+\s*$/.test(line))
  if (sound.length * 2 < lines.length) {
    const squeezed = text.replace(/[^A-Za-z0-9+/=]/g, '')
    const words = text.split(/\s+/).length
    if (squeezed.length < text.length * 0.9 || words * 20 > text.length + 20) return octets
    return Buffer.from(squeezed, 'base64')
  }
  const streams = sound.join('').replace(/\s+/g, '').split(/=+/)
  return Buffer.concat(streams.map((stream) => Buffer.from(stream, 'base64')))
}

/** The first file of a uuencoded body; octets without one are returned as they are. */
function decodeUuencode(octets: Buffer): Buffer {
  const lines = octets.toString('latin1').split(/\r?\n/)
  const begin = lines.findIndex((line) => /^begin [0-7]{3,4} /.test(line))
  if (begin < 0) return octets
  const out: number[] = []
  for (const line of lines.slice(begin + 1)) {
    const count = (line.charCodeAt(0) - 32) & 63
    if (line === '' || line.startsWith('end') || Number.isNaN(count) || count === 0) break
    const start = out.length
    for (let at = 1; at < line.length; at += 4) {
      const [a = 0, b = 0, c = 0, d = 0] = [0, 1, 2, 3].map((step) => (line.charCodeAt(at + step) - 32) & 63)
      out.push((a << 2) | (b >> 4), ((b & 15) << 4) | (c >> 2), ((c & 3) << 6) | d)
    }
    out.length = Math.min(out.length, start + count)
  }
  return Buffer.from(out)
}

/** Decodes by the name of the encoding; unknown names are read as identity, as 7bit, 8bit and binary are. */
export function decodeTransfer(octets: Buffer, encoding: string): Buffer {
  switch (encoding) {
    case 'quoted-printable':
      return decodeQuotedPrintable(octets)
    case 'base64':
      return decodeBase64(octets)
    case 'x-uuencode':
    case 'uuencode':
    case 'x-uue':
      return decodeUuencode(octets)
    default:
      return octets
  }
}
