/** Messages to a model and their cost, as plain values shared by the prompts, the model adapter and the budget. */

import type { ReadImage } from '../mail/attachments.ts'

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
  /** Pictures of at most 1024 pixels a side, after the text. */
  images?: readonly ReadImage[]
}

type Messages = readonly Pick<ChatMessage, 'content' | 'images'>[]

export const imagesIn = (messages: Messages): number =>
  messages.reduce((sum, { images }) => sum + (images?.length ?? 0), 0)

/**
 * Most tokens that a picture of 1024 pixels a side costs. OpenAI's models count 2,560 at most, other families less; one
 * family is made to cost as much as a larger model (base 2,833, and 5,667 for each of four tiles).
 */
export const imageTokens = (model: string): number => (/4o-mini/i.test(model) ? 25_501 : 3000)

/** Room that a picture takes in a context, in octets of text. */
const imageOctets = 12_000

/** Budget, context and rate limit each need them, and counting the octets of a long text takes as long as sending it. */
const counted = new WeakMap<object, number>()

/** Octets of a message's text in UTF-8. Do not change the message afterwards. */
export function textOctets(message: Pick<ChatMessage, 'content'>): number {
  const known = counted.get(message)
  if (known !== undefined) return known
  const octets = Buffer.byteLength(message.content)
  counted.set(message, octets)
  return octets
}

/** Octets of the text, plus the equivalent of its pictures. */
export const octetsOf = (messages: Messages): number => {
  const text = messages.reduce((sum, message) => sum + textOctets(message), 0)
  return Math.max(1, text + imagesIn(messages) * imageOctets)
}

/** Tokens of one or more calls as the provider counted them. `input` includes `cachedInput`. */
export interface Usage {
  input: number
  cachedInput: number
  output: number
}

export const noUsage: Usage = { input: 0, cachedInput: 0, output: 0 }

export function addUsage(one: Usage, other: Usage): Usage {
  return {
    input: one.input + other.input,
    cachedInput: one.cachedInput + other.cachedInput,
    output: one.output + other.output,
  }
}
