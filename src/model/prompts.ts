/** Prompt files: Markdown with front matter, in a folder that the owner may edit. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import * as z from 'zod'
import { ConfigError, reasonOf } from '../base/errors.ts'
import type { Prompt } from './prompts/messages.ts'
import { placeholderNames } from './prompts/template.ts'

export type * from './prompts/messages.ts'

export interface Prompts {
  readonly triage: Prompt
  readonly compose: Prompt
  readonly check: Prompt
  /** Hash of all files together, 16 hex digits: stored with each row, so that a verdict can be reproduced. */
  readonly hash: string
}

/** Below the 128,000 tokens of the smallest common model, with room for rules, corrections and miscounting. */
const mostTokens = 100_000

const tokens = z.number().int().min(50)

const frontMatter = z.strictObject({
  name: z.string(),
  version: z.union([z.string(), z.number()]).transform(String),
  max_output_tokens: tokens.max(16_384),
  temperature: z.number().min(0).max(2).nullable().default(null),
  mail_tokens: tokens.max(50_000).default(1000),
  thread_tokens: tokens.max(50_000).default(800),
  knowledge_tokens: tokens.max(50_000).default(2000),
  attachment_tokens: tokens.max(50_000).default(2400),
  whole_folder_tokens: z.number().int().min(0).max(50_000).default(4000),
})

/** Placeholders that each prompt may use; those marked true are required, because the answer depends on them. */
const placeholders: Record<PromptName, Record<string, boolean>> = {
  triage: { categories: true, owner_language: true, owner: false, asks_language: true, search: true },
  compose: { owner: false, owner_language: false, signature: true },
  check: { owner: false },
}

type PromptName = 'triage' | 'compose' | 'check'

const digest = (octets: string | Buffer) => createHash('sha256').update(octets).digest('hex').slice(0, 16)

function readPrompt(directory: string, name: PromptName): Prompt {
  const file = join(directory, `${name}.md`)
  const fail = (reason: string, cause?: unknown) => new ConfigError(`prompt ${file}: ${reason}`, { cause })
  let octets: Buffer
  try {
    octets = readFileSync(file)
  } catch (error) {
    throw fail(`cannot be read (${reasonOf(error)})`, error)
  }
  const parts = /^\ufeff?---\r?\n(.*?)\r?\n---\r?\n(.*)$/s.exec(octets.toString('utf8'))
  if (!parts) throw fail('must begin with front matter between two lines of ---')
  let fields: unknown
  try {
    fields = parse(parts[1] ?? '')
  } catch (error) {
    throw fail(`front matter is not YAML (${reasonOf(error)})`, error)
  }
  const result = frontMatter.safeParse(fields)
  if (!result.success) throw fail(z.prettifyError(result.error), result.error)
  const body = (parts[2] ?? '').replace(/\r\n/g, '\n').trim()
  const front = result.data
  const knowledge = Math.max(front.knowledge_tokens, front.whole_folder_tokens)
  const together =
    front.mail_tokens + front.thread_tokens + knowledge + front.attachment_tokens + front.max_output_tokens
  const faults = [
    ...bodyFaults(name, body),
    ...(front.name === name ? [] : [`name must be ${name}`]),
    ...(together > mostTokens
      ? [
          `mail, thread, knowledge, attachment and output tokens add up to ${together}, but must be at most ${mostTokens}`,
        ]
      : []),
  ]
  if (faults.length > 0) throw fail(faults.join('; '))
  return {
    name,
    version: front.version,
    maxOutputTokens: front.max_output_tokens,
    temperature: front.temperature,
    body,
    hash: digest(octets),
    limits: {
      mail: front.mail_tokens,
      thread: front.thread_tokens,
      knowledge: front.knowledge_tokens,
      wholeFolder: front.whole_folder_tokens,
      attachments: front.attachment_tokens,
    },
  }
}

/** The prompt with another text. @throws ConfigError naming every fault of it */
export function withBody(prompt: Prompt, text: string): Prompt {
  const body = text.replace(/\r\n?/g, '\n').trim()
  const faults = bodyFaults(prompt.name as PromptName, body)
  if (faults.length > 0) throw new ConfigError(faults.join('; '))
  return { ...prompt, body, hash: digest(`${prompt.hash} ${body}`) }
}

function bodyFaults(name: PromptName, body: string): string[] {
  const used = new Set(placeholderNames(body))
  const known = placeholders[name]
  const unknown = [...used].filter((one) => !(one in known))
  const absent = Object.keys(known).filter((one) => known[one] && !used.has(one))
  return [
    ...unknown.map((one) => `unknown placeholder {{${one}}} (known: ${Object.keys(known).join(', ')})`),
    ...absent.map((one) => `the placeholder {{${one}}} is missing`),
    // JSON mode refuses a conversation without the word.
    ...(/JSON/.test(body) ? [] : ['must ask for JSON']),
  ]
}

/**
 * Reads the prompts once; edited files take effect after a restart, so that one row's verdict and hash always match.
 * @throws ConfigError naming the file and every fault in it
 */
export function loadPrompts(directory: string): Prompts {
  const triage = readPrompt(directory, 'triage')
  const compose = readPrompt(directory, 'compose')
  const check = readPrompt(directory, 'check')
  return { triage, compose, check, hash: digest(`${triage.hash} ${compose.hash} ${check.hash}`) }
}
