/** Characters that no reader sees: what they carry is hidden text, not the author's words. */

// Zero-width space, word joiners and invisible operators, soft hyphen, Mongolian separator, BOM. The joiners
// U+200C and U+200D stay: Persian, Indic scripts and emoji need them.
const zeroWidth = /[\u00ad\u180e\u200b\u2060-\u2064\ufeff]/g

// Tag characters spell ASCII that nothing displays; behind a black flag they are a flag (Unicode emoji tag sequence).
const tagRun = /(\u{1f3f4}?)([\u{e0000}-\u{e007f}]+)/gu

// Controls but tab and line feed, and the bidi embeddings that can make text read other than it is stored.
const controls = /[\u202a-\u202e\u2066-\u2069]|(?![\t\n])\p{Cc}/gu

/** Line ends become LF, invisible characters are removed; `hidden` says whether they spelled something. */
export function withoutInvisible(text: string): { text: string; hidden: boolean } {
  let hidden = false
  const lines = text.replaceAll('\r\r\n', '\n').replace(/\r\n?|[\f\u2028\u2029]/g, '\n')
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
