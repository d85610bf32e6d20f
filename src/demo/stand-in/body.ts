/** Reads the body of POST /chat/completions, and refuses what the provider refuses. */
import type { IncomingMessage } from 'node:http'
import type { WireMessage } from './prompt.ts'

export interface RequestBody {
  model: string
  messages: WireMessage[]
  /** null: the client set no limit. */
  maxTokens: number | null
  responseFormat: 'text' | 'json_object' | 'json_schema'
  /** The whole request as it came. */
  raw: Record<string, unknown>
}

/** What a scripted behaviour may return instead of the stand-in's own answer. */
export interface Override {
  /** HTTP status, with `body` as JSON (or unchanged if it is a string). */
  status?: number
  body?: unknown
  headers?: Record<string, string>
  /** Replaces the answer's content, inside a valid completion. */
  content?: string | null
  finishReason?: 'stop' | 'length' | 'content_filter'
  refusal?: string
  /** Milliseconds before the answer. */
  delayMs?: number
  /** `close`: cut without an answer; `half`: in the middle of it; `hang`: never answered. */
  connection?: 'close' | 'half' | 'hang'
}

/** An error in the provider's form. */
export interface StagedFault {
  status: number
  message: string
  type: string
  param?: string | null
  code: string | null
}

export async function readBody(request: IncomingMessage): Promise<RequestBody | StagedFault> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  let raw: unknown
  try {
    raw = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return invalid('We could not parse the JSON body of your request.', null)
  }
  return typeof raw === 'object' && raw !== null
    ? checked(raw as Record<string, unknown>)
    : invalid('The body must be an object.', null)
}

function checked(raw: Record<string, unknown>): RequestBody | StagedFault {
  const { model, messages } = raw
  if (typeof model !== 'string' || model === '') return invalid('you must provide a model parameter', 'model')
  if (!Array.isArray(messages) || messages.length === 0)
    return invalid('messages must be a list of messages', 'messages')
  const read = messages.map(readMessage)
  if (read.includes(null)) return invalid('each message needs a role and content', 'messages')
  if (raw.stream === true) return invalid('the stand-in does not stream', 'stream')
  if (raw.n !== undefined && raw.n !== 1) return invalid('the stand-in gives one choice', 'n')
  const responseFormat = formatOf(raw.response_format)
  if (!responseFormat) return invalid('unknown response_format', 'response_format')
  const sound = read.filter((message) => message !== null)
  if (responseFormat === 'json_object' && !sound.some(({ content }) => /json/i.test(content))) {
    return invalid(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      'messages',
    )
  }
  const limit = raw.max_completion_tokens ?? raw.max_tokens
  return { model, messages: sound, maxTokens: typeof limit === 'number' ? limit : null, responseFormat, raw }
}

/** Content is a string or a list of text parts. */
function readMessage(message: unknown): WireMessage | null {
  if (typeof message !== 'object' || message === null || !('role' in message) || !('content' in message))
    return null
  const { role, content } = message
  if (typeof role !== 'string') return null
  if (typeof content === 'string') return { role, content }
  if (!Array.isArray(content)) return null
  return {
    role,
    content: content.map((part) => (typeof part?.text === 'string' ? part.text : '')).join('\n'),
  }
}

function formatOf(format: unknown): RequestBody['responseFormat'] | null {
  if (format === undefined || format === null) return 'text'
  if (typeof format !== 'object' || !('type' in format)) return null
  return format.type === 'text' || format.type === 'json_object' || format.type === 'json_schema'
    ? format.type
    : null
}

function invalid(message: string, param: string | null): StagedFault {
  return { status: 400, message, type: 'invalid_request_error', param, code: null }
}
