/** Takes the content out of opaque S/MIME signatures (RFC 5652 section 5). The signature is not checked. */

interface Element {
  tag: number
  /** Bounds of the content. */
  start: number
  end: number
  /** Where the next element starts. */
  next: number
}

const deepest = 12
const OCTET_STRING = 0x04
const CONSTRUCTED = 0x20

/** The BER element at `at`, with lengths beyond the end cut; null if there is none. */
function elementAt(octets: Buffer, at: number, limit: number, depth: number): Element | null {
  const tag = octets[at]
  const first = octets[at + 1]
  if (tag === undefined || first === undefined || at + 2 > limit || depth > deepest) return null
  if (first === 0x80) return indefinite(octets, tag, at + 2, limit, depth)
  const count = first > 0x80 ? first - 0x80 : 0
  if (count > 6 || at + 2 + count > limit) return null
  const length = count > 0 ? octets.readUIntBE(at + 2, count) : first
  const start = at + 2 + count
  const end = Math.min(start + length, limit)
  return { tag, start, end, next: end }
}

/** An element of indefinite length ends with two zero octets after its last child. */
function indefinite(octets: Buffer, tag: number, start: number, limit: number, depth: number): Element {
  let at = start
  while (at < limit && !(octets[at] === 0 && octets[at + 1] === 0)) {
    const child = elementAt(octets, at, limit, depth + 1)
    if (!child) return { tag, start, end: limit, next: limit }
    at = child.next
  }
  return { tag, start, end: Math.min(at, limit), next: Math.min(at + 2, limit) }
}

function children(octets: Buffer, parent: Element): Element[] {
  const found: Element[] = []
  for (let at = parent.start; at < parent.end && found.length < 100_000; ) {
    const child = elementAt(octets, at, parent.end, 0)
    if (!child) break
    found.push(child)
    at = child.next
  }
  return found
}

/** Content of an OCTET STRING, which may come in pieces. */
function contentOf(octets: Buffer, element: Element): Buffer {
  if (!(element.tag & CONSTRUCTED)) return octets.subarray(element.start, element.end)
  return Buffer.concat(
    children(octets, element)
      .filter((piece) => piece.tag === OCTET_STRING)
      .map((piece) => octets.subarray(piece.start, piece.end)),
  )
}

/**
 * @param octets a CMS ContentInfo with SignedData in BER, possibly truncated
 * @returns the signed MIME entity, or null if there is none
 */
export function signedContent(octets: Buffer): Buffer | null {
  const info = elementAt(octets, 0, octets.length, 0)
  const wrapper = info && children(octets, info)[1]
  const signedData = wrapper && children(octets, wrapper)[0]
  const encapsulated = signedData && children(octets, signedData)[2]
  const explicit = encapsulated && children(octets, encapsulated)[1]
  const content = explicit && children(octets, explicit)[0]
  return content && (content.tag & ~CONSTRUCTED) === OCTET_STRING ? contentOf(octets, content) : null
}
