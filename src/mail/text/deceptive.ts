/**
 * Deceptive characters: those that no reader sees, those that programs take for a link, and letters that look like
 * others.
 */

// Zero-width space, word joiners and invisible operators, soft hyphen, Mongolian separator, BOM. The joiners
// U+200C and U+200D stay: Persian, Indic scripts and emoji need them.
const zeroWidth = /[\u00ad\u180e\u200b\u2060-\u2064\ufeff]/g

// Tag characters spell ASCII that nothing displays; after a black flag they form a flag (Unicode emoji tag sequence).
const tagRun = /(\u{1f3f4}?)([\u{e0000}-\u{e007f}]+)/gu

// Controls except tab and line feed, and the bidi embeddings that can display text in another order than it is stored.
const controls = /[\u202a-\u202e\u2066-\u2069]|(?![\t\n])\p{Cc}/gu

/** Everything that the four patterns change. Most texts contain none of it, and are read once instead of four times. */
const anyInvisible =
  /[\u00ad\u180e\u200b\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}\p{Cs}]|[^\t\n\P{Cc}]/u

/**
 * Line ends become LF, and invisible characters are removed: a text made of them is not the author's. `hidden` says
 * whether they spelled something.
 */
export function withoutInvisible(text: string): { text: string; hidden: boolean } {
  const lines = text.replaceAll('\r\r\n', '\n').replace(/\r\n?|[\f\u2028\u2029]/g, '\n')
  if (!anyInvisible.test(lines)) return { text: lines, hidden: false }
  let hidden = false
  const untagged = lines.replace(tagRun, (run: string, flag: string, tags: string) => {
    if (flag !== '' && [...tags].length <= 8) return run
    if ([...tags].length > 3) hidden = true
    return flag
  })
  return {
    text: untagged
      .replace(zeroWidth, '')
      .replace(controls, '')
      .replace(/\p{Cs}/gu, '\ufffd'),
    hidden,
  }
}

/** A word joiner (U+2060): no reader sees it, and no program takes text that it divides for a link or a mention. */
const joiner = '\u2060'

/** Between characters of a host name or an address; accents and invisible characters count as well. */
const parting =
  /(?<=[\p{L}\p{N}\p{M}\p{Cf}\p{Pd}_])([.@:\u2024\u3002\uff0e\uff61])(?=[\p{L}\p{N}\p{M}\p{Cf}\p{Pd}_/])/gu

/**
 * A stranger's text for display in a mail client or a chat: nothing in it becomes a link, and the markup of Slack
 * (`<url|text>`, `<!channel>`) and of Markdown (`[text](1249763844/x)`) and mentions such as `@everyone` stay text. It
 * stays on its line, in its direction, and still reads the same.
 */
export function inert(text: string): string {
  return text
    .replace(/[\u0080-\u009f\p{Bidi_Control}]/gu, '')
    .replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
    .replace(parting, `${joiner}$1${joiner}`)
    .replace(/(?<![\p{L}\p{N}])@(?=[\p{L}\p{N}])/gu, `@${joiner}`)
    .replace(/\](?=[([:])/g, `]${joiner}`)
    .replace(/[<>]/g, (mark) => (mark === '<' ? '‹' : '›'))
    .replace(/&/g, `&${joiner}`)
}

/** Cyrillic and Greek letters, by the Latin letter that they are read as. */
const readAsLatin = {
  a: '\u0430\u03b1',
  d: '\u0501',
  e: '\u0435\u03b5',
  i: '\u0456\u03b9',
  l: '\u04cf',
  m: '\u043c',
  n: '\u043f\u03b7',
  o: '\u043e\u03bf',
  p: '\u0440\u03c1',
  r: '\u0433',
  s: '\u0455',
  t: '\u0442\u03c4',
  w: '\u051d\u0461\u0448\u03c9',
  y: '\u0443\u03b3',
}
const latinOf = new Map(
  Object.entries(readAsLatin).flatMap(([latin, letters]) => [...letters].map((letter) => [letter, latin])),
)

/** @param text in lower case, without accents */
export const inLatin = (text: string): string =>
  [...text].map((letter) => latinOf.get(letter) ?? letter).join('')
