import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { ConfigError, reasonOf } from '../base/errors.ts'
import { applyGuard, type GuardContext } from '../guard/ceiling.ts'
import type { Owner } from '../mail/account.ts'
import { decodeWords, messageIds } from '../mail/address.ts'
import { mailboxes } from '../mail/correspondents.ts'
import { fieldValues, firstField, type Message } from '../mail/message.ts'
import { parseOctets } from '../mail/mime/octets.ts'
import { buildReply, replyMessageId } from '../mail/reply/build.ts'

const Account = z.object({
  address: z.string(),
  aliases: z.array(z.string()).default([]),
  authserv_ids: z.array(z.string()).default([]),
  own_lists: z.array(z.string()).default([]),
})

const Context = z.object({
  special_use: z.string().nullish(),
  flags: z.array(z.string()).default([]),
  age_hours: z.number().default(0),
  sent_message_ids: z.array(z.string()).default([]),
  answered_message_ids: z.array(z.string()).default([]),
  auto_sent: z
    .array(
      z.object({
        to: z.string(),
        hours_ago: z.number(),
        message_id: z.string().nullish(),
        hash: z.string().nullish(),
      }),
    )
    .default([]),
  candidate_hash: z.string().nullish(),
  thread_participants: z.array(z.string()).nullish(),
})

const GuardCase = z.object({
  file: z.string(),
  account: Account,
  context: Context.optional(),
  expect: z.object({ decision: z.enum(['never', 'draft', 'may']), reason: z.string() }),
  also: z.array(z.string()).default([]),
})

const ReplyCase = z.object({
  file: z.string(),
  account: Account,
  mode: z.enum(['send', 'draft']),
  expect: z.object({
    to: z.array(z.string()),
    from: z.string(),
    subject: z.string(),
    in_reply_to: z.string().nullable(),
    references: z.array(z.string()),
    auto_submitted: z.string().nullable(),
  }),
})

type GuardCase = z.infer<typeof GuardCase>
type ReplyCase = z.infer<typeof ReplyCase>

/** A line of a case file (docs/rules.md section 10): a reply case has a `mode`, a guard case has none. */
export type Case = GuardCase | ReplyCase

interface CaseResult {
  file: string
  passed: boolean
  expected: unknown
  /** The actual result; `{ error }` if the message could not be read. */
  got: unknown
}

interface Score {
  passed: number
  total: number
  results: readonly CaseResult[]
}

/** @throws ConfigError naming every line that is not a case */
export function parseCases(jsonl: string): Case[] {
  const faults: string[] = []
  const cases = jsonl.split(/\r?\n/).flatMap((line, at) => {
    if (line.trim() === '') return []
    try {
      const value: unknown = JSON.parse(line)
      const isReply = typeof value === 'object' && value !== null && 'mode' in value
      return [isReply ? ReplyCase.parse(value) : GuardCase.parse(value)]
    } catch (error) {
      faults.push(`line ${at + 1}: ${error instanceof z.ZodError ? z.prettifyError(error) : reasonOf(error)}`)
      return []
    }
  })
  if (faults.length > 0) throw new ConfigError(`not a case file:\n${faults.join('\n')}`)
  return cases
}

/**
 * Runs every case. A message that cannot be read fails its case and does not stop the others.
 * @param read returns the octets of a file named by the case
 * @param now the time from which `hours_ago` counts
 */
export async function runCases(
  cases: readonly Case[],
  read: (file: string) => Buffer | Promise<Buffer>,
  now: Date,
): Promise<Score> {
  const results: CaseResult[] = []
  for (const one of cases) {
    try {
      const message = parseOctets(await read(one.file))
      results.push('mode' in one ? runReplyCase(one, message, now) : runGuardCase(one, message, now))
    } catch (error) {
      results.push({ file: one.file, passed: false, expected: one.expect, got: { error: reasonOf(error) } })
    }
  }
  return { passed: results.filter((result) => result.passed).length, total: results.length, results }
}

function runGuardCase(
  { file, account, context, expect, also }: GuardCase,
  message: Message,
  now: Date,
): CaseResult {
  const { decision, reason } = applyGuard(
    message,
    ownerOf(account),
    contextOf(context ?? Context.parse({}), now),
  )
  const passed = decision === expect.decision && [expect.reason, ...also].includes(reason)
  return { file, passed, expected: expect, got: { decision, reason } }
}

/** Reads the fields back from the octets, so that the comparison covers what would be sent. */
function runReplyCase({ file, account, mode, expect }: ReplyCase, original: Message, now: Date): CaseResult {
  const owner = ownerOf(account)
  const reply = buildReply({
    original,
    owner,
    kind: mode,
    text: 'Thank you for your message.',
    html: false,
    language: null,
    signature: '',
    quote: 'none',
    disclosure: null,
    messageId: replyMessageId(Buffer.alloc(32), owner.address, file, mode, 0, 'example.invalid'),
    now,
    originalId: null,
  })
  const written = parseOctets(reply.octets)
  const addresses = (name: string) => mailboxes(written, name).map(({ address }) => address.toLowerCase())
  const got = {
    to: addresses('to'),
    from: addresses('from').join(', '),
    subject: decodeWords(firstField(written, 'subject') ?? ''),
    in_reply_to: firstField(written, 'in-reply-to'),
    references: fieldValues(written, 'references').flatMap(messageIds),
    auto_submitted: firstField(written, 'auto-submitted'),
  }
  return { file, passed: isDeepStrictEqual(got, expect), expected: expect, got }
}

function ownerOf(account: z.infer<typeof Account>): Owner {
  return {
    address: account.address,
    aliases: account.aliases,
    displayName: null,
    authservIds: account.authserv_ids,
    ownLists: account.own_lists,
  }
}

function contextOf(context: z.infer<typeof Context>, now: Date): GuardContext {
  const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000)
  return {
    specialUse: context.special_use ?? null,
    flags: context.flags,
    arrivedAt: hoursAgo(context.age_hours),
    now,
    sentMessageIds: new Set(context.sent_message_ids),
    answeredMessageIds: new Set(context.answered_message_ids),
    reusedMessageId: false,
    autoSent: context.auto_sent.map((sent) => ({
      to: sent.to,
      at: hoursAgo(sent.hours_ago),
      messageId: sent.message_id ?? null,
      hash: sent.hash ?? null,
    })),
    openDrafts: 0,
    candidateHash: context.candidate_hash ?? null,
    humanAsked: false,
    threadParticipants: context.thread_participants ?? null,
  }
}
