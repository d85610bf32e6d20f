/** Text in the columns of a terminal, and colour if wanted. */

export interface Paint {
  plain(text: string): string
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
}

/** Only on a terminal, and never if NO_COLOR is set (no-color.org: present and not empty). */
export function usesColour(
  isTerminal: boolean | undefined,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return isTerminal === true && !env.NO_COLOR && env.TERM !== 'dumb'
}

export function painter(colour: boolean): Paint {
  const sgr = (start: number, end: number) => (text: string) =>
    colour ? `\x1b[${start}m${text}\x1b[${end}m` : text
  return {
    plain: (text) => text,
    bold: sgr(1, 22),
    dim: sgr(2, 22),
    red: sgr(31, 39),
    green: sgr(32, 39),
    yellow: sgr(33, 39),
  }
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

/** Terminal columns of a text without control characters (East Asian wide characters take two). */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text)
    width += /\p{M}|\u200d|\ufe0f/u.test(character) ? 0 : wide.test(character) ? 2 : 1
  return width
}

/** Cuts to that many columns, with an ellipsis. */
export function cutToWidth(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let cut = ''
  let width = 0
  for (const character of text) {
    width += widthOf(character)
    if (width > columns - 1) break
    cut += character
  }
  return `${cut.trimEnd()}…`
}

export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)))
}

/** Lines of at most that many columns, broken at spaces, or anywhere in longer words. Line ends and indents stay. */
export function wrapped(text: string, columns: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const [indent = ''] = /^ */.exec(paragraph) ?? []
    const lines: string[] = []
    for (const word of paragraph
      .trim()
      .split(' ')
      .flatMap((each) => pieces(each, columns - indent.length))) {
      const line = lines.at(-1)
      const longer = line === undefined ? null : `${line} ${word}`
      if (longer === null || widthOf(longer) > columns) lines.push(`${indent}${word}`)
      else lines[lines.length - 1] = longer
    }
    return lines
  })
}

/** Joins lines that the sender's program broke in the middle of a paragraph. */
export const unbroken = (text: string): string =>
  text.replace(/([^\n]{60,}[^\s])[ \t]*\n(?=[\p{L}\p{N}])/gu, '$1 ')

function pieces(word: string, columns: number): string[] {
  if (widthOf(word) <= columns) return [word]
  const cut = ['']
  for (const character of word) {
    if (widthOf(`${cut.at(-1)}${character}`) > columns) cut.push(character)
    else cut[cut.length - 1] += character
  }
  return cut
}
