/** Reads a chat completion from any server: trusts nothing in it without checking. */
import * as z from 'zod'
import { memoized } from '../base/lru.ts'
import { type ChatMessage, imagesIn, imageTokens, noUsage, textOctets, type Usage } from './chat.ts'

/** No call has more. The store sums them as 32-bit integers. */
const mostTokens = 1e8
/** What is no number counts as none. If one is impossibly high, the report is refused, and octets are counted instead. */
const tokens = z.number().nonnegative().catch(0).transform(Math.round).pipe(z.number().max(mostTokens))

/** Only the fields used, all optional: compatible servers omit many. */
const completion = z.object({
  model: z.string().catch(''),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish().catch(null),
        message: z.object({
          content: z.string().nullish().catch(null),
          // A model's reasoning, under the names that servers use.
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
  /** The server returned the model's reasoning separately. */
  thought: boolean
  /** False if the server reports no usage: then it is an upper bound. */
  counted: boolean
  usage: Usage
}

/** Octets as an upper bound of tokens, for servers that report no usage. */
function usageBound(messages: readonly ChatMessage[], content: string, model: string): Usage {
  const images = imagesIn(messages) * imageTokens(model)
  const input = messages.reduce((sum, message) => sum + textOctets(message), images)
  return { ...noUsage, input, output: Buffer.byteLength(content) }
}

/** Values of the protocol. A server may write anything there, and it goes into the log. */
const finishes = ['stop', 'length', 'content_filter', 'tool_calls', 'function_call']

const finishOf = (stated: string | null | undefined): string =>
  stated === null || stated === undefined ? 'stop' : finishes.includes(stated) ? stated : 'other'

/** The model's name as requested, or followed by a snapshot date or a variant; anything else is `other`. */
function knownModel(stated: string, asked: string): string {
  const bare = asked.split('/').at(-1) ?? asked
  const [name, base] = [stated.split('/').at(-1) ?? '', bare].map((each) => each.toLowerCase()) as [
    string,
    string,
  ]
  if (stated === '' || name === base) return asked
  return name.startsWith(base) && /^[-:.][\w.:-]{1,40}$/.test(name.slice(base.length)) ? name : 'other'
}

/**
 * Null when the body is not a chat completion: a proxy's page, an error with status 200.
 * @param asked name of the model
 */
export function readCompletion(
  body: unknown,
  messages: readonly ChatMessage[],
  asked: string,
): Completion | null {
  const result = completion.safeParse(typeof body === 'string' ? parsed(body) : body)
  const choice = result.data?.choices[0]
  if (!result.success || !choice) return null
  const content = choice.message.content ?? ''
  const counted = result.data.usage
  return {
    model: knownModel(result.data.model, asked),
    content,
    finish: finishOf(choice.finish_reason),
    counted: Boolean(counted),
    thought: Boolean(choice.message.reasoning || choice.message.reasoning_content),
    refused: Boolean(choice.message.refusal) || choice.finish_reason === 'content_filter',
    usage: counted
      ? {
          input: counted.prompt_tokens,
          cachedInput: Math.min(counted.prompt_tokens, counted.prompt_tokens_details?.cached_tokens ?? 0),
          output: counted.completion_tokens,
        }
      : usageBound(messages, content, asked),
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
 * The JSON object in an answer: bare, in a code fence, after a local model's reasoning, or within text. Undefined if
 * there is none.
 */
function jsonOf(content: string): unknown {
  // Reasoning comes first and may contain braces. If it does not end, no answer follows.
  const end = content.lastIndexOf('</think>')
  const text = (end < 0 ? content : content.slice(end + '</think>'.length)).trim()
  const whole = parsed(text)
  if (whole !== undefined) return whole
  const first = text.indexOf('{')
  const last = text.lastIndexOf('}')
  return first < 0 || last < first ? undefined : parsed(text.slice(first, last + 1))
}

type AnswerFault = 'thinking' | 'empty' | 'length' | 'not-json' | 'shape' | 'template'

export type Reading<T> = { ok: true; value: T } | { ok: false; fault: AnswerFault; detail: string }

/** The model used up its tokens for reasoning, and none were left for the answer. */
function onlyThought({ content, finish, thought }: Completion): boolean {
  if (finish !== 'length') return false
  const open = content.lastIndexOf('<think>')
  // Blanks up to the limit are not reasoning: small models write them in JSON mode.
  return content === '' || open > content.lastIndexOf('</think>') || (thought && !content.includes('{'))
}

const exampleLine = /\n\{"[^\n]*/g

/**
 * Text values of the JSON example in a system message: those with several words or alternatives. All mails of an account
 * have the same system message.
 */
const templateTexts = memoized((system: string): ReadonlySet<string> => {
  const texts = new Set<string>()
  for (const [line] of `\n${system}`.matchAll(exampleLine))
    for (const [, text = ''] of line.matchAll(/[:[]\s*"([^"]*[ |][^"]*)"/g)) texts.add(plain(text))
  return texts
})

const plain = (text: string) => text.trim().toLowerCase()

/** A text of the template that the answer merely repeats: a small model may fill in nothing. Null if there is none. */
function repeatedIn(value: unknown, templates: readonly ReadonlySet<string>[]): string | null {
  // Without recursion: lists may be nested deeper than the stack allows.
  const left = [value]
  while (left.length > 0) {
    const each = left.pop()
    if (typeof each === 'string') {
      const text = plain(each)
      if (templates.some((texts) => texts.has(text))) return text
    } else if (typeof each === 'object' && each !== null) {
      for (const inside of Object.values(each).reverse()) left.push(inside)
    }
  }
  return null
}

/**
 * @param schema what the object must fit; its issues name paths, never values
 * @param messages the question: an answer must not repeat its example
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
  // In JSON mode small models continue with spaces after the object, up to the limit: then nothing is missing.
  const json = finish === 'length' ? parsed(content) : jsonOf(content)
  if (finish === 'length' && json === undefined)
    return { ok: false, fault: 'length', detail: 'it was cut off at its maximum length' }
  if (content.trim() === '') return { ok: false, fault: 'empty', detail: 'it was empty' }
  if (json === undefined) return { ok: false, fault: 'not-json', detail: 'it was not a JSON object' }
  const templates = messages.flatMap(({ role, content }) =>
    role === 'system' ? [templateTexts(content)] : [],
  )
  const repeated = repeatedIn(json, templates)
  if (repeated !== null) {
    const detail = `it repeats the description ("${repeated.slice(0, 60)}") instead of a value`
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

/** The conversation that asks for a corrected answer. @param room octets that it may be longer than `messages` */
export function repairMessages(
  messages: readonly ChatMessage[],
  { content }: Completion,
  { fault, detail }: { fault: AnswerFault; detail: string },
  room = Number.POSITIVE_INFINITY,
): ChatMessage[] {
  const shorter = fault === 'length' ? ' Be much briefer.' : ''
  const request = `Your answer could not be used: ${detail}.${shorter} Answer again with the one JSON object described above and nothing else.`
  const answer = content.trim().slice(0, shownAgain)
  // Some servers refuse an empty assistant message.
  const without = answer === '' || Buffer.byteLength(answer) + request.length > room
  const before: ChatMessage[] = without ? [] : [{ role: 'assistant', content: answer }]
  return [...messages, ...before, { role: 'user', content: request }]
}
