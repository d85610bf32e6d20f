/** A word joiner (U+2060): no reader sees it, and no program takes what it parts for a link or a mention. */
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
