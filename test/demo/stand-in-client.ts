import { afterEach } from '@jest/globals'
import OpenAI, { APIError } from 'openai'
import { type StandIn, type StandInOptions, startStandIn } from '../../src/demo/stand-in.ts'
import { loadPrompts } from '../../src/model/prompts.ts'
import { triageMessages } from '../../src/triage/prompt.ts'

let standIn: StandIn | null = null
afterEach(async () => {
  await standIn?.close()
  standIn = null
})

export async function started(options: StandInOptions = {}): Promise<{ openai: OpenAI; server: StandIn }> {
  const server = await startStandIn(options)
  standIn = server
  return { server, openai: new OpenAI({ baseURL: server.baseUrl, apiKey: 'key', maxRetries: 0 }) }
}

const prompts = loadPrompts(new URL('../../prompts', import.meta.url).pathname)

/** Parts of a triage question that these mails do not need. */
const plain = { thread: [], ownerName: null, asksLanguage: 'en', search: null }

const facts = {
  from: 'Ann Lee <ann@client.example>',
  subject: 'Opening hours',
  received: new Date('2026-11-24T09:00:00Z'),
  timeZone: 'UTC',
  firstContact: true,
  authentication: 'pass' as const,
  listHeaders: [],
}

export function question(visibleText: string, salt = 'a1b2c3') {
  const input = {
    prompt: prompts.triage,
    mail: { visibleText, facts },
    categories: [],
    ownerLanguage: 'en',
    ...plain,
    salt,
  }
  return triageMessages(input).messages
}

export function ask(openai: OpenAI, more: object = {}) {
  return openai.chat.completions.create({
    model: 'gpt-4o-mini',
    messages: question('When are you open?'),
    response_format: { type: 'json_object' },
    ...more,
  })
}

export async function failure(promise: Promise<unknown>): Promise<APIError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof APIError) return error
  }
  throw new Error('no APIError came')
}
