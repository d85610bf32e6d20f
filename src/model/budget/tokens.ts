/**
 * Tokens of a request before it is sent.
 *
 * Two counts, since the exact one has a price: loading gpt-tokenizer's o200k table takes about 200 ms and 68 MB of RSS
 * (measured on Node 20), a quarter of what the whole daemon may use. The ceiling in money needs a figure that is never
 * too low, not one that is exact: a byte-level BPE token stands for at least one octet, so the number of octets is an
 * upper bound for every text, language and model. A reservation that is four times too high for the second that a call
 * takes costs nothing, except in the last thousandth of a day's budget; there, and for the context length, the exact
 * count is worth its price. So the table is loaded the first time that the bound does not suffice, never before.
 */
import { type ChatMessage, textOctets } from '../chat.ts'

/** Role, separators and the start of the answer in the chat format; the true figures are 3 and 3. */
const perMessage = 4
const perRequest = 4

/** Never less than the true number of tokens. Loads no table. */
export function tokenBound(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, message) => sum + textOctets(message) + perMessage, perRequest)
}

type Count = (text: string) => number

let loading: Promise<Count> | null = null

async function loadCount(): Promise<Count> {
  const { countTokens: count } = await import('gpt-tokenizer/encoding/o200k_base')
  // Text such as <|endoftext|> is ordinary text here: it must neither throw nor count as one special token.
  return (text) => count(text, { allowedSpecial: new Set(), disallowedSpecial: new Set() })
}

/**
 * The merge loop is quadratic in an unbroken run, spaces included: 20,000 times é took 1.3 s, in pieces of 400 30 ms.
 */
const longestRun = 400
const longRun = new RegExp(`\\S{${longestRun}}|\\s{${longestRun}}`, 'gu')

function pieces(text: string): string[] {
  const found: string[] = []
  let start = 0
  for (const { index, 0: run } of text.matchAll(longRun)) {
    found.push(text.slice(start, index), run)
    start = index + run.length
  }
  found.push(text.slice(start))
  return found
}

/**
 * Exact for o200k (gpt-4o and later) except for unbroken runs of 400 characters and more. The first call loads the
 * table.
 */
export async function countText(text: string): Promise<number> {
  loading ??= loadCount()
  const count = await loading
  return pieces(text).reduce((sum, piece) => sum + (piece === '' ? 0 : count(piece)), 0)
}

/** The same for a request, the chat format's own tokens included. */
export async function countTokens(messages: readonly ChatMessage[]): Promise<number> {
  let sum = perRequest
  for (const { content } of messages) sum += perMessage + (await countText(content))
  return sum
}
