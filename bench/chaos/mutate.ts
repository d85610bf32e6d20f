/**
 * Mails made from others: octets changed, pieces moved, fields repeated, parts nested. The same seed gives the same
 * mails.
 */
import fc from 'fast-check'

type Mutation = (octets: Buffer, at: number, other: Buffer) => Buffer

const nasty = [
  '\0',
  '\r',
  '\n',
  '\r\n\r\n',
  '=?utf-8?B?',
  '?=',
  '"',
  '<',
  '>',
  '(',
  '\\',
  '; boundary="',
  '\r\n--',
  '=00=0D=0A',
  '\u202e',
  '\ud83d',
  'Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n',
  'Content-Type: message/rfc822\r\n\r\n',
  'Content-Transfer-Encoding: base64\r\n',
  `${'('.repeat(2000)}`,
  `${'a,'.repeat(2000)}`,
  `${'<b>'.repeat(2000)}`,
  `${'> '.repeat(2000)}`,
]

const spliced = (octets: Buffer, at: number, inserted: Buffer, dropped = 0) =>
  Buffer.concat([octets.subarray(0, at), inserted, octets.subarray(at + dropped)])

const mutations: readonly Mutation[] = [
  (octets, at) => octets.subarray(0, at),
  (octets, at) => octets.subarray(at),
  (octets, at) => spliced(octets, at, Buffer.alloc(0), 1 + (at % 97)),
  (octets, at) => spliced(octets, at, Buffer.from([at & 255]), 1),
  (octets, at) => spliced(octets, at, Buffer.from(nasty[at % nasty.length] ?? '', 'utf8')),
  (octets, at) => spliced(octets, at, octets.subarray(Math.max(0, at - 300), at)),
  (octets, at, other) => spliced(octets, at, other.subarray(0, 4000)),
  (octets, at, other) =>
    Buffer.concat([octets.subarray(0, at), other.subarray(at % Math.max(1, other.length))]),
  (octets) => Buffer.from(octets.toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
  (octets) => Buffer.from(octets.toString('latin1').replace(/^charset=.*$/gim, 'charset=x-none'), 'latin1'),
]

/** The mutation with that number. */
export function mutated(sources: readonly Buffer[], seed: number, number: number): Buffer {
  const plan = fc.record({
    source: fc.nat(sources.length - 1),
    other: fc.nat(sources.length - 1),
    steps: fc.array(fc.tuple(fc.nat(mutations.length - 1), fc.double({ min: 0, max: 1, noNaN: true })), {
      minLength: 1,
      maxLength: 6,
    }),
  })
  const [chosen] = fc.sample(plan, { seed: seed + number, numRuns: 1 })
  if (!chosen) return Buffer.alloc(0)
  const other = sources[chosen.other] ?? Buffer.alloc(0)
  const octets = chosen.steps.reduce(
    (before, [which, place]) =>
      mutations[which]?.(before, Math.floor(place * before.length), other).subarray(0, 512 * 1024) ?? before,
    sources[chosen.source] ?? Buffer.alloc(0),
  )
  return renamed(octets, number)
}

/** With its own Message-ID, or it would be treated as a copy of its source. */
function renamed(octets: Buffer, number: number): Buffer {
  return Buffer.from(octets.toString('latin1').replace(/^(message-id:\s*<?)/gim, `$1f${number}.`), 'latin1')
}
