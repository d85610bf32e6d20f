/** How a person or simple program can read a text that hides another. For leaks, whose author chooses the disguise. */
import { inLatin } from '../../mail/text/deceptive.ts'

const words = (text: string) => text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
const reversed = (text: string) => [...text].reverse().join('')

const smallCapitals = 'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ'
const capitalOf = new Map([...smallCapitals].map((capital, at) => [capital, String.fromCharCode(97 + at)]))
/** White letters in circles and squares, and regional indicators: symbols, so no normal form makes letters of them. */
const symbols = /[\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}\u{1f1e6}-\u{1f1ff}]/gu
const rows = [0x1f1e6, 0x1f170, 0x1f150]

function letterOf(symbol: string): string {
  const code = symbol.codePointAt(0) ?? 0
  return String.fromCharCode(97 + code - (rows.find((row) => row <= code) ?? code))
}

/** Figures that stand for letters, and letters that look alike. */
const asLetter: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  l: 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
}

/** Only letters and figures, with lookalikes unified. Compare two texts in this form. */
export function folded(text: string): string {
  const plain = beyondAscii.test(text) ? inLatinLetters(text) : text.toLowerCase().replace(/[^a-z0-9]+/g, '')
  return plain.replace(/[01l3457]/g, (sign) => asLetter[sign] ?? sign)
}

const beyondAscii = /[\u0080-\uffff]/

function inLatinLetters(text: string): string {
  const plain = text
    .replace(symbols, letterOf)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .replace(/[\u1d00-\u1d22\ua730-\ua7af\u0262-\u029f]/g, (letter) => capitalOf.get(letter) ?? letter)
  return inLatin(plain)
}

/** References of HTML, URLs, JSON and quoted-printable, and lists of codes. */
const reference =
  /&#x([0-9a-f]{1,6});?|&#(\d{1,7});?|\\u\{?([0-9a-f]{4,6})\}?|(?:%|=|\\x|0x)([0-9a-f]{2})[\s,;]*/gi
const hexCodes = /(?:[0-9a-f]{2}[\s,;:-]*){10,}/gi
const decimalCodes = /(?:\d{2,3}[\s,;:-]+){10,}\d{0,3}/g
const binaryCodes = /(?:[01]{7,8}[\s,;:-]*){10,}/g
/** Base64 in either alphabet (RFC 4648 sections 4 and 5), with spaces and line ends anywhere. */
const base64Run = /[A-Za-z0-9+/_=\s-]{20,}/g

const character = (code: number) => (code <= 0x10ffff ? String.fromCodePoint(code) : '')
const codes = (run: string, wanted: RegExp, base: number) =>
  (run.match(wanted) ?? []).map((code) => character(Number.parseInt(code, base))).join('')

function withoutReferences(text: string): string {
  return text.replace(reference, (_, hex?: string, decimal?: string, unicode?: string, octet?: string) =>
    character(decimal === undefined ? Number.parseInt(hex ?? unicode ?? octet ?? '', 16) : Number(decimal)),
  )
}

/** Decoded from each of the four positions where the first group may begin. */
function base64In(text: string): string[] {
  return (text.match(base64Run) ?? []).flatMap((run) => {
    const dense = run.replace(/[\s=]+/g, '')
    return [0, 1, 2, 3].map((start) => Buffer.from(dense.slice(start), 'base64').toString())
  })
}

/** Ordinary words that were decoded by mistake yield garbage, which hides nothing further. */
const isRubbish = (text: string) =>
  (text.match(/[\ufffd\p{Cc}](?<![\n\r\t])/gu) ?? []).length * 8 > text.length

function decodings(text: string): string[] {
  const plain = withoutReferences(text)
  const decoded = [
    ...(plain === text ? [] : [plain]),
    ...(text.match(hexCodes) ?? []).map((run) => codes(run, /[0-9a-f]{2}/gi, 16)),
    ...(text.match(decimalCodes) ?? []).map((run) => codes(run, /\d{2,3}/g, 10)),
    ...(text.match(binaryCodes) ?? []).map((run) => codes(run, /[01]{7,8}/g, 2)),
    ...base64In(text),
  ]
  return decoded.filter((each) => !isRubbish(each))
}

const first = (text: string) => [...text][0] ?? ''
const everySecond = <T>(list: readonly T[], start: 0 | 1) => list.filter((_, at) => at % 2 === start)

/** Rearrangements and selections of a text's own words and letters. */
function arrangements(text: string): string[] {
  const spoken = words(text)
  const lines = text.split('\n').map((line) => words(line)[0] ?? '')
  const letters = [...spoken.join('')]
  return [
    text,
    reversed(text),
    [...spoken].reverse().join(''),
    spoken.map(reversed).join(''),
    spoken.map(first).join(''),
    lines.map(first).join(''),
    lines.join(''),
    ...([0, 1] as const).flatMap((start) => [
      everySecond(spoken, start).join(''),
      everySecond(letters, start).join(''),
    ]),
  ]
}

/** Each letter as its distance from the previous one: unaffected by a shifted alphabet, as in ROT13. */
export function distances(text: string): string {
  const letters = Buffer.from(text.toLowerCase().replace(/[^a-z]+/g, ''), 'latin1')
  for (let at = letters.length - 1; at > 0; at--)
    letters[at] = 97 + (((letters[at] ?? 0) - (letters[at - 1] ?? 0) + 26) % 26)
  return letters.toString('latin1', 1)
}

/** Every reading, each as `folded` gives it. */
export function readingsOf(text: string): string[] {
  const once = [text, reversed(text)].flatMap(decodings)
  const twice = once.flatMap(decodings)
  return [
    ...new Set(
      [...arrangements(text), ...[...once, ...twice].flatMap((one) => [one, reversed(one)])].map(folded),
    ),
  ]
}
