/** Answers from a folder instead of a model: one file per request, named by a hash of the question. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PermanentError } from '../../base/errors.ts'
import { readAnswer } from '../../model/answer.ts'
import { countTokens } from '../../model/budget.ts'
import type { ChatMessage, Usage } from '../../model/chat.ts'
import type { Answer, Ask } from '../../model/client.ts'

/** Replaces the salts of a recorded request: always the same, so that the hash is stable. */
export const fixedMarks = { salt: 'q7m2x9k4vt', canary: 'h3w8d5z6pn' } as const

/** No answer to this request is recorded. */
export class NotRecorded extends Error {
  override name = 'NotRecorded'
  readonly hash: string
  constructor(hash: string) {
    super(`no answer is recorded for request ${hash}`)
    this.hash = hash
  }
}

export interface Recorded {
  ask<T>(question: Ask<T>): Promise<Answer<T>>
  /** Requests without an answer, by task. */
  readonly missing: ReadonlyMap<string, ReadonlySet<string>>
  /** Requests that were answered, by task. */
  readonly answered: ReadonlyMap<string, number>
}

/** Task, messages and form of the request: what a model would see. @returns 20 hex digits */
export function requestHash(task: string, messages: readonly ChatMessage[]): string {
  const said = messages.map(({ role, content }) => [role, content.replaceAll(fixedMarks.salt, '')])
  return createHash('sha256')
    .update(JSON.stringify([task, said]))
    .digest('hex')
    .slice(0, 20)
}

/**
 * @param answers folders searched for `<hash>.answer.json` or `<hash>.answer.txt`: the raw text of the model
 * @param record folder to which each request without an answer is written as `<hash>.json`; null: none
 */
export function openRecorded(answers: readonly string[], record: string | null): Recorded {
  if (record !== null) mkdirSync(record, { recursive: true })
  const places = record === null ? answers : [...answers, record]
  const missing = new Map<string, Set<string>>()
  const answered = new Map<string, number>()
  return {
    missing,
    answered,
    async ask(question) {
      const { schemaName: task, messages, maxOutputTokens, schema } = question
      const hash = requestHash(task, messages)
      const raw = answerIn(places, hash)
      if (raw === null) {
        missing.set(task, (missing.get(task) ?? new Set()).add(hash))
        if (record !== null) write(record, hash, { task, messages, maxOutputTokens })
        throw new NotRecorded(hash)
      }
      answered.set(task, (answered.get(task) ?? 0) + 1)
      return answerFrom(raw, { task, messages, schema })
    },
  }
}

/** Reads an answer as the model adapter does. A retry gets the same answer, so one that does not fit is final. */
export async function answerFrom<T>(
  raw: string,
  { task, messages, schema }: Pick<Ask<T>, 'messages' | 'schema'> & { task: string },
): Promise<Answer<T>> {
  const usage: Usage = {
    input: await countTokens(messages),
    cachedInput: 0,
    output: await countTokens([{ role: 'assistant', content: raw }]),
  }
  const completion = {
    model: 'recorded',
    content: raw,
    finish: 'stop',
    refused: false,
    thought: false,
    counted: true,
    usage,
  }
  const reading = readAnswer(completion, schema, messages)
  if (!reading.ok) throw new PermanentError(`recorded answer to ${task} is unusable: ${reading.detail}`)
  const { value } = reading
  return { value, usage, model: 'recorded', repaired: false, finish: 'stop', durationMs: 0, attempts: 1 }
}

function answerIn(places: readonly string[], hash: string): string | null {
  for (const place of places) {
    for (const end of ['answer.json', 'answer.txt']) {
      const path = join(place, `${hash}.${end}`)
      if (existsSync(path)) return readFileSync(path, 'utf8')
    }
  }
  return null
}

function write(
  record: string,
  hash: string,
  {
    task,
    messages,
    maxOutputTokens,
  }: { task: string; messages: readonly ChatMessage[]; maxOutputTokens: number },
): void {
  const request = { task, response_format: { type: 'json_object' }, max_tokens: maxOutputTokens, messages }
  const path = join(record, `${hash}.json`)
  if (!existsSync(path)) writeFileSync(path, `${JSON.stringify(request, null, 1)}\n`)
}
