/** format=flowed (RFC 3676): paragraphs that were wrapped for transport become one line again. */

interface Line {
  depth: number
  text: string
}

/** Quote depth and text of a line, its space-stuffing removed (RFC 3676 sections 4.3 and 4.4). */
function readLine(raw: string): Line {
  let depth = 0
  while (raw.charCodeAt(depth) === 0x3e) depth++
  const text = raw.slice(depth)
  return { depth, text: text.startsWith(' ') ? text.slice(1) : text }
}

function writeLine({ depth, text }: Line): string {
  if (depth === 0) return text
  return text === '' ? '>'.repeat(depth) : `${'>'.repeat(depth)} ${text}`
}

/**
 * @param deleteSpace the DelSp parameter: the blank that marks a soft break is not part of the text
 * @returns lines of the same quote depth joined, quote marks kept, `-- ` still on a separate line
 */
export function unwrapFlowed(text: string, deleteSpace: boolean): string {
  const out: string[] = []
  let pieces: string[] = []
  let depth = 0
  const flush = () => {
    if (pieces.length > 0) out.push(writeLine({ depth, text: pieces.join('') }))
    pieces = []
  }
  for (const raw of text.split('\n')) {
    const line = readLine(raw)
    const signature = line.text === '-- '
    if (signature || line.depth !== depth) flush()
    depth = line.depth
    const flows = line.text.endsWith(' ') && !signature
    pieces.push(flows && deleteSpace ? line.text.slice(0, -1) : line.text)
    if (!flows) flush()
  }
  flush()
  return out.join('\n')
}
