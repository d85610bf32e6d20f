/** Reads a chat completion whatever the server made of it: nothing in it is believed before it was looked at. */
import { z } from 'zod'
import { type ChatMessage, noUsage, type Usage } from './chat.ts'

const tokens = z.number().nonnegative().finite().catch(0)

/** Only what is used, and each part optional: compatible servers leave much out. */
const completion = z.object({
  model: z.string().catch(''),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish().catch(null),
        message: z.object({
          content: z.string().nullish().catch(null),
          // The thoughts of a model, under the names that servers give them.
          reasoning: z.string().nullish().catch(null),
          reasoning_content: z.string().nullish().catch(null),
          refusal: z.string().nullish().catch(null),
        }),
      }),
    )
    .min(1),
  usage: z
    .object({
      prompt_tokens: tokens,
      completion_tokens: tokens,
      prompt_tokens_details: z.object({ cached_tokens: tokens }).nullish().catch(null),
    })
    .nullish()
    .catch(null),
})

export interface Completion {
  model: string
  content: string
  finish: string
  refused: boolean
  /** The server gave the model's thoughts beside the answer. */
  thought: boolean
  /** False where the server reports no usage: then it is an upper bound. */
  counted: boolean
  usage: Usage
}

/** Octets bound the tokens: for servers that report no usage. */
function usageBound(messages: readonly ChatMessage[], content: string): Usage {
  const input = messages.reduce((sum, message) => sum + Buffer.byteLength(message.content), 0)
  return { ...noUsage, input, output: Buffer.byteLength(content) }
}

/** Null when the body is no chat completion: a proxy's page, an error with status 200. */
export function readCompletion(body: unknown, messages: readonly ChatMessage[]): Completion | null {
  const result = completion.safeParse(typeof body === 'string' ? parsed(body) : body)
  const choice = result.data?.choices[0]
  if (!result.success || !choice) return null
  const content = choice.message.content ?? ''
  const counted = result.data.usage
  return {
    model: result.data.model,
    content,
    finish: choice.finish_reason ?? 'stop',
    counted: Boolean(counted),
    thought: Boolean(choice.message.reasoning || choice.message.reasoning_content),
    refused: Boolean(choice.message.refusal) || choice.finish_reason === 'content_filter',
    usage: counted
      ? {
          input: counted.prompt_tokens,
          cachedInput: Math.min(counted.prompt_tokens, counted.prompt_tokens_details?.cached_tokens ?? 0),
          output: counted.completion_tokens,
        }
      : usageBound(messages, content),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * The JSON object in an answer: as it is, in a code fence, after a local model's thoughts, or between its words.
 * Undefined when there is none.
 */
function jsonOf(content: string): unknown {
  // Thoughts first: they may hold braces. Without an end there is no answer behind them.
  const end = content.lastIndexOf('</think>')
  const text = (end < 0 ? content : content.slice(end + '</think>'.length)).trim()
  const whole = parsed(text)
  if (whole !== undefined) return whole
  const first = text.indexOf('{')
  const last = text.lastIndexOf('}')
  return first < 0 || last < first ? undefined : parsed(text.slice(first, last + 1))
}

export type AnswerFault = 'thinking' | 'empty' | 'length' | 'not-json' | 'shape' | 'template'

export type Reading<T> = { ok: true; value: T } | { ok: false; fault: AnswerFault; detail: string }

/** The model used up its tokens for thoughts, and none were left for the answer. */
function onlyThought({ content, finish, thought }: Completion): boolean {
  if (finish !== 'length') return false
  const open = content.lastIndexOf('<think>')
  // Blanks up to the limit are no thoughts: small models write them in JSON mode.
  return content === '' || open > content.lastIndexOf('</think>') || (thought && !content.includes('{'))
}

/** Text values of the JSON example in the system message: those of several words, or with alternatives. */
function templateTexts(messages: readonly ChatMessage[]): Set<string> {
  const texts = new Set<string>()
  for (const { role, content } of messages) {
    if (role !== 'system') continue
    for (const line of content.split('\n').filter((each) => each.startsWith('{"')))
      for (const [, text = ''] of line.matchAll(/[:[]\s*"([^"]*[ |][^"]*)"/g)) texts.add(plain(text))
  }
  return texts
}

const plain = (text: string) => text.trim().toLowerCase()

function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  else if (typeof value === 'object' && value !== null)
    for (const each of Object.values(value)) yield* textsIn(each)
}

/** A text of the template that the answer merely repeats: a small model fills in nothing. Null when there is none. */
function repeatedTemplate(json: unknown, messages: readonly ChatMessage[]): string | null {
  const template = templateTexts(messages)
  for (const text of textsIn(json)) if (template.has(plain(text))) return plain(text)
  return null
}

/**
 * @param schema what the object must fit; its issues name paths, never the values
 * @param messages what was asked: an answer must not repeat the example in it
 */
export function readAnswer<T>(
  completion: Completion,
  schema: z.ZodType<T>,
  messages: readonly ChatMessage[],
): Reading<T> {
  const { content, finish } = completion
  if (onlyThought(completion))
    return {
      ok: false,
      fault: 'thinking',
      detail: 'it had only thoughts, and no room was left for the answer',
    }
  // In JSON mode small models go on with blanks after the object, up to the limit: nothing of it is missing then.
  const json = finish === 'length' ? parsed(content) : jsonOf(content)
  if (finish === 'length' && json === undefined)
    return { ok: false, fault: 'length', detail: 'it was cut off at its maximum length' }
  if (content.trim() === '') return { ok: false, fault: 'empty', detail: 'it was empty' }
  if (json === undefined) return { ok: false, fault: 'not-json', detail: 'it was not a JSON object' }
  const repeated = repeatedTemplate(json, messages)
  if (repeated !== null) {
    const detail = `it repeats the description ("${repeated.slice(0, 60)}") in place of a value`
    return { ok: false, fault: 'template', detail }
  }
  const result = schema.safeParse(json)
  if (result.success) return { ok: true, value: result.data }
  const issues = result.error.issues.slice(0, 8)
  const detail = issues.map(({ path, message }) => `${path.join('.') || 'the object'}: ${message}`).join('; ')
  return { ok: false, fault: 'shape', detail: detail.slice(0, 600) }
}

/** Characters of a faulty answer that are shown to the model again. */
const shownAgain = 4000

/** The conversation that asks for a mended answer. @param room octets that it may be longer than `messages` */
export function repairMessages(
  messages: readonly ChatMessage[],
  { content }: Completion,
  { fault, detail }: { fault: AnswerFault; detail: string },
  room = Number.POSITIVE_INFINITY,
): ChatMessage[] {
  const shorter = fault === 'length' ? ' Be much briefer.' : ''
  const request = `Your answer could not be used: ${detail}.${shorter} Answer again with the one JSON object described above and nothing else.`
  const answer = content.trim().slice(0, shownAgain)
  // Some servers refuse an empty message of the assistant.
  const without = answer === '' || Buffer.byteLength(answer) + request.length > room
  const before: ChatMessage[] = without ? [] : [{ role: 'assistant', content: answer }]
  return [...messages, ...before, { role: 'user', content: request }]
}
