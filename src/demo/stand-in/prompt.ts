/** Parses a request as the stand-in sees it: only the text that any model would get. */

export interface GivenPassage {
  /** File and heading as named in the prompt. */
  source: string
  text: string
}

export interface Question {
  /** From the line `Task: …` of the system message; null if there is none. */
  task: 'triage' | 'compose' | 'check' | null
  /** Lines `Name: value` outside the markers; names in lower case. */
  facts: ReadonlyMap<string, string>
  /** The text between the mail's markers; the whole user message if there are none. */
  mail: string
  knowledge: readonly GivenPassage[]
  /** Everything between markers, by name. */
  blocks: ReadonlyMap<string, string>
  categories: readonly { name: string; description: string }[]
}

export interface WireMessage {
  role: string
  content: string
}

export function readQuestion(messages: readonly WireMessage[]): Question {
  const instructions = messages
    .filter(({ role }) => role === 'system' || role === 'developer')
    .map(({ content }) => content)
    .join('\n')
  // After a failed answer the conversation continues: the question is the message with the mail, not the last one.
  const users = messages.filter(({ role }) => role === 'user').map(({ content }) => content)
  const text = users.find((content) => content.includes('<<<MAIL:')) ?? users.at(-1) ?? ''
  const { blocks, outside } = unquoted(text)
  const task = /^Task: (triage|compose|check)\b/m.exec(instructions)?.[1]
  return {
    task: task === 'triage' || task === 'compose' || task === 'check' ? task : null,
    facts: factsOf(outside),
    mail: blocks.get('MAIL') ?? text,
    knowledge: passagesOf(blocks.get('KNOWLEDGE') ?? ''),
    blocks,
    categories: categoriesOf(instructions),
  }
}

/** Removes the `<<<NAME:salt … NAME:salt>>>` blocks in order, so that nothing inside one can open another. */
function unquoted(text: string): { blocks: Map<string, string>; outside: string } {
  const blocks = new Map<string, string>()
  let outside = ''
  let at = 0
  for (;;) {
    const open = /<<<([A-Z]+):(\S+)\n/.exec(text.slice(at))
    if (!open) return { blocks, outside: outside + text.slice(at) }
    const [whole, name = '', salt = ''] = open
    const start = at + open.index + whole.length
    const close = text.indexOf(`${name}:${salt}>>>`, start)
    const end = close < 0 ? text.length : close
    if (!blocks.has(name)) blocks.set(name, text.slice(start, end).replace(/\n$/, ''))
    outside += text.slice(at, at + open.index)
    at = close < 0 ? end : end + `${name}:${salt}>>>`.length
  }
}

function factsOf(outside: string): Map<string, string> {
  const facts = new Map<string, string>()
  for (const [, name = '', value = ''] of outside.matchAll(/^([A-Z][\w /-]{1,40}):[ \t]+(.+)$/gm)) {
    const key = name.toLowerCase()
    if (!facts.has(key)) facts.set(key, value.trim())
  }
  return facts
}

/** Each passage is below a line `[file > heading]`; without such lines, empty lines separate them. */
function passagesOf(inside: string): GivenPassage[] {
  const label = /^\[([^\]\n]+)\]$/m
  const pieces = label.test(inside) ? inside.split(/^(?=\[[^\]\n]+\]$)/m) : inside.split(/\n{2,}/)
  return pieces
    .map((piece) => {
      const source = label.exec(piece)
      const labelled = source?.index === 0
      return {
        source: labelled ? (source[1] ?? '') : '',
        text: (labelled ? piece.slice(source[0].length) : piece).trim(),
      }
    })
    .filter(({ text }) => text !== '')
}

/** From `category: billing (invoices, payments); support; else "other".` */
function categoriesOf(instructions: string): { name: string; description: string }[] {
  const list = /^category: (.+); else "other"/m.exec(instructions)?.[1] ?? ''
  return list
    .split('; ')
    .filter(Boolean)
    .map((entry) => {
      const [, name = entry, description = ''] = /^(.+?) \((.*)\)$/.exec(entry) ?? []
      return { name, description }
    })
}

/** Display name in `Name <address>`, without quotes; empty if there is only an address. */
export function nameOf(from: string): string {
  const name = /^\s*"?([^"<@]*?)"?\s*<[^>]*>\s*$/.exec(from)?.[1] ?? ''
  return name.trim()
}
