/** A set for `replyd eval`: a folder with knowledge, configuration, mails, and what is expected of each. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { systemClock } from '../../base/clock.ts'
import { ConfigError, reasonOf } from '../../base/errors.ts'
import { silentLog } from '../../base/log.ts'
import { loadConfig } from '../../config/config.ts'
import type { AccountSettings, Config } from '../../config/settings.ts'
import { type Knowledge, openKnowledge } from '../../knowledge/knowledge.ts'
import { readSite } from '../../knowledge/site.ts'
import { firstField, type Message, namedIds } from '../../mail/message.ts'
import { parseOctets } from '../../mail/mime/octets.ts'

const words = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? [])
const span = z
  .tuple([z.number(), z.number()])
  .nullish()
  .transform((range) => range ?? null)
const truth = z
  .boolean()
  .nullish()
  .transform((value) => value ?? null)

const Triage = z
  .object({
    spam: truth,
    kind: z
      .string()
      .nullish()
      .transform((kind) => kind ?? null),
    sentiment: words,
    category: words,
    urgency: span,
    needs_reply: truth,
    manipulation: truth,
  })
  .partial()

const Expectation = z.object({
  file: z.string().min(1),
  received: z.string(),
  language: z
    .string()
    .nullish()
    .transform((tag) => tag ?? null),
  passages: words,
  facts: words,
  must_not: words,
  triage: Triage.nullish().transform((triage) => triage ?? {}),
  draft: words,
  send: words,
})

const LabelledReply = z.object({
  id: z.string().min(1),
  file: z.string().min(1),
  label: z.string(),
  fault: z
    .string()
    .nullish()
    .transform((fault) => fault ?? null),
  text: z.string(),
  language: z.string().default('und'),
  answers: z
    .array(
      z.object({
        ask: z.string().default(''),
        answered: z.boolean().default(true),
        source: z
          .string()
          .nullish()
          .transform((source) => source ?? null),
      }),
    )
    .default([]),
  missing: words,
  confidence: z.number().default(1),
  needs_person: z.boolean().default(false),
})

const Slip = z.object({
  id: z.string().min(1),
  task: z.enum(['triage', 'compose']),
  file: z.string().optional(),
  answer: z.string(),
  expected: z.string(),
  also: words,
})

type Expectation = z.infer<typeof Expectation>
export type LabelledReply = z.infer<typeof LabelledReply>
export type Slip = z.infer<typeof Slip>

export interface SetMail {
  expectation: Expectation
  message: Message
  /** INTERNALDATE, and the clock of the run. */
  received: Date
}

/** Earlier mail in the mailbox: from the owner, or from a correspondent. */
export interface OlderMail {
  message: Message
  /** Message-ID. */
  id: string | null
  at: Date
  own: boolean
}

export interface EvalSet {
  directory: string
  config: Config
  account: AccountSettings
  knowledge: Knowledge | null
  mails: SetMail[]
  older: OlderMail[]
  replies: LabelledReply[]
  slips: Slip[]
}

/** Value for unset variables in a set's configuration: it is read for its texts, not to log in anywhere. */
const placeholder = 'not-set'

/** @throws ConfigError naming every line and file that cannot be read */
export function readSet(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
): EvalSet {
  const config = readSetConfig(directory, environment)
  const [account] = config.accounts
  if (!account) throw new ConfigError(`${directory}: replyd.yaml names no account`)
  const mails = linesOf(directory, 'expectations.jsonl', Expectation).map((expectation) => {
    const received = new Date(expectation.received)
    if (Number.isNaN(received.getTime()))
      throw new ConfigError(`${expectation.file}: received is not a time: ${expectation.received}`)
    return { expectation, received, message: mailAt(join(directory, expectation.file)) }
  })
  if (mails.length === 0) throw new ConfigError(`${directory}: expectations.jsonl has no line`)
  return {
    directory,
    config,
    account,
    knowledge: account.knowledge === null ? null : openKnowledge(account.knowledge, silentLog),
    mails,
    older: [...olderIn(join(directory, 'sent'), true), ...olderIn(join(directory, 'thread'), false)],
    replies: linesOf(directory, 'replies.jsonl', LabelledReply, 'optional'),
    slips: linesOf(directory, 'slips.jsonl', Slip, 'optional'),
  }
}

function readSetConfig(directory: string, environment: Readonly<Record<string, string | undefined>>): Config {
  const path = ['replyd.yaml', 'replyd.yml'].map((name) => join(directory, name)).find(existsSync)
  if (path === undefined) throw new ConfigError(`${directory} has no replyd.yaml`)
  const text = readFileSync(path, 'utf8')
  const named = [...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => [name ?? '', placeholder] as const)
  return loadConfig({
    path,
    environment: { ...Object.fromEntries(named), ...environment },
    readFile: (file) => readFileSync(file, 'utf8'),
  })
}

function linesOf<T>(directory: string, name: string, schema: z.ZodType<T>, kind?: 'optional'): T[] {
  const path = join(directory, name)
  if (!existsSync(path)) {
    if (kind === 'optional') return []
    throw new ConfigError(`${directory} is not a set: it has no ${name}`)
  }
  const faults: string[] = []
  const lines = readFileSync(path, 'utf8')
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
  const found = lines.flatMap((line, at) => {
    if (line.trim() === '') return []
    try {
      return [schema.parse(JSON.parse(line))]
    } catch (error) {
      const reason = error instanceof z.ZodError ? z.prettifyError(error) : reasonOf(error)
      faults.push(`${name} line ${at + 1}: ${reason}`)
      return []
    }
  })
  if (faults.length > 0) throw new ConfigError(faults.slice(0, 10).join('\n'))
  return found
}

function mailAt(path: string): Message {
  try {
    return parseOctets(readFileSync(path))
  } catch (error) {
    throw new ConfigError(`${path}: ${reasonOf(error)}`, { cause: error })
  }
}

function olderIn(directory: string, own: boolean): OlderMail[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter((name) => name.endsWith('.eml'))
    .sort()
    .map((name) => {
      const message = mailAt(join(directory, name))
      const date = new Date(firstField(message, 'date') ?? '')
      const at = Number.isNaN(date.getTime()) ? new Date(0) : date
      return { message, id: namedIds(message).own, at, own }
    })
}

/** The web pages that the configuration of a set names, read once for one run. */
export class PagesOfSet implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'replyd-pages-'))

  /**
   * The set with its pages among its knowledge, if it names any.
   * @throws ConfigError when a page could not be read: the figures would be misleading
   */
  async added(set: EvalSet): Promise<EvalSet> {
    const { site, knowledge: folder } = set.account
    if (site === null) return set
    const clock = systemClock
    const { signal } = new AbortController()
    const { pages, failed } = await readSite(site, this.#folder, { clock, log: silentLog, signal })
    if (failed > 0 || pages === 0)
      throw new ConfigError(`knowledge.urls: ${pages} pages were read, ${failed} could not be read`)
    set.knowledge?.close()
    const given = { folder: this.#folder, staleMs: site.staleMs, clock }
    return { ...set, knowledge: openKnowledge(folder, silentLog, null, given) }
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}
