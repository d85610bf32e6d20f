/** `replyd learn`: questions and answers from sent mail, to be accepted into the knowledge one by one. */
import { userInfo } from 'node:os'
import { newId, systemClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { personalMatter } from '../check/personal.ts'
import { parseDuration } from '../config/fields.ts'
import type { AccountSettings, Config } from '../config/settings.ts'
import { openAccountKnowledge } from '../knowledge/account-knowledge.ts'
import {
  knownMails,
  type LearnedProposal,
  listLearned,
  proposeLearned,
  settleLearned,
} from '../knowledge/learned.ts'
import { writeTaught } from '../knowledge/taught.ts'
import { accountOf } from './eval.ts'
import { limitOf } from './eval-cases.ts'
import { UsageError } from './failure.ts'
import { Asker } from './init/asker.ts'
import { readConfig } from './settings.ts'
import { type ExitStatus, printable, type Terminal, waiting, writeLine } from './terminal.ts'

interface LearnOptions {
  config?: string
  account?: string
  since?: string
  limit?: string
  confirm?: boolean
  json?: boolean
}

/** For reading the mailbox, milliseconds; UTF-16 units of text that is kept. */
const readingMs = 15 * 60_000
const mostText = 100_000_000
const yearMs = 365 * 86_400_000

/** Reads \Sent and the mails that were answered, and changes nothing there. Exit status 1 if there was nothing to read. */
export async function learn(options: LearnOptions, terminal: Terminal): Promise<ExitStatus> {
  const config = readConfig(options.config, terminal)
  const account = accountOf(config, options.account)
  const since = new Date(systemClock.now().getTime() - periodOf(options.since ?? '1y'))
  const limit = limitOf(options.limit)
  const { answered, sent, cut } = await waiting(
    read(config, account, since, limit),
    'reading your sent mail',
    terminal,
  )
  const { learnedFrom, pairOf } = await import('../eval/learned-pairs.ts')
  const { directory } = config.state
  const address = account.owner.address
  const own = await ownTexts(config, account)
  const isKnown = knownMails(directory, address)
  const pairs = answered.flatMap((each) => pairOf(each, own) ?? []).filter(({ id }) => !isKnown(id))
  const proposals = proposeLearned(directory, address, learnedFrom(pairs))
  const figures = { sent, read: answered.length, pairs: pairs.length, cut, proposals }
  if (options.json) await writeLine(terminal.stdout, JSON.stringify(figures))
  else {
    const words = `${sent} answers in Sent, ${answered.length} read with the mail that they answer${cut ? ' (there are more: raise --limit)' : ''}; ${proposals.length} proposals.`
    await writeLine(terminal.stdout, printable(words))
    if (terminal.stdin.isTTY && terminal.stdout.isTTY) await decideEach(config, proposals, terminal)
    else await show(proposals, terminal)
  }
  return sent === 0 ? 1 : 0
}

function periodOf(text: string): number {
  const years = /^(\d{1,2})y$/.exec(text.trim())?.[1]
  const ms = years === undefined ? parseDuration(text) : Number(years) * yearMs
  if (ms === null) throw new UsageError(`--since: "${text}" is not a duration, such as 90d or 1y`)
  return ms
}

async function read(config: Config, account: AccountSettings, since: Date, limit: number) {
  const { withOwnerMailbox } = await import('../eval/owner-mailbox.ts')
  const { readAnswered } = await import('../eval/past-mail.ts')
  return withOwnerMailbox(account, config, { withinMs: 60_000 }, (client) => {
    const end = systemClock.now().getTime() + readingMs
    const isOver = (mails: readonly { message: { text: string } }[]) =>
      systemClock.now().getTime() > end ||
      mails.reduce((sum, { message }) => sum + message.text.length, 0) > mostText
    return readAnswered(client, account, { since, limit, isOver })
  })
}

/** Texts that the owner states already: they are no secret. */
async function ownTexts({ state }: Config, account: AccountSettings): Promise<string[]> {
  const { owner } = account
  const surroundings = { directory: state.directory, log: silentLog, clock: systemClock }
  const knowledge = openAccountKnowledge(account, surroundings)
  try {
    await knowledge?.settled()
    const passages = knowledge?.find({ queries: [], tokens: 0, whole: Number.POSITIVE_INFINITY }) ?? []
    const texts = passages.map(({ heading, text }) => `${heading}\n${text}`)
    return [owner.displayName ?? '', owner.address, ...owner.aliases, account.replies.signature, ...texts]
  } finally {
    knowledge?.close()
  }
}

export async function list(options: LearnOptions, terminal: Terminal): Promise<ExitStatus> {
  const proposals = listLearned(readConfig(options.config, terminal).state.directory)
  if (options.json) await writeLine(terminal.stdout, JSON.stringify(proposals))
  else await show(proposals, terminal)
  return 0
}

async function show(proposals: readonly LearnedProposal[], terminal: Terminal): Promise<void> {
  const blocks = proposals.map(wordsOf)
  const text = blocks.length === 0 ? 'No proposal waits for you.' : blocks.join('\n\n')
  await writeLine(terminal.stdout, printable(text))
}

const wordsOf = ({ id, conflict, markdown }: LearnedProposal) =>
  `${id}${conflict ? ' (conflict)' : ''}\n${markdown.trim()}`

export async function accept(id: string, options: LearnOptions, terminal: Terminal): Promise<ExitStatus> {
  const config = readConfig(options.config, terminal)
  const taught = await acceptOne(config, find(config, id), options.confirm ?? false)
  await writeLine(
    terminal.stdout,
    options.json ? JSON.stringify(taught) : printable(`It is in ${taught.file}.`),
  )
  return 0
}

export async function reject(id: string, options: LearnOptions, terminal: Terminal): Promise<ExitStatus> {
  const config = readConfig(options.config, terminal)
  settleLearned(config.state.directory, find(config, id))
  await writeLine(terminal.stdout, options.json ? JSON.stringify({ ok: true }) : 'It is not proposed again.')
  return 0
}

/** @throws UsageError */
function find({ state }: Config, id: string): LearnedProposal {
  const found = listLearned(state.directory).find((each) => each.id === id)
  if (found === undefined) throw new UsageError(`learn: there is no proposal ${id}`)
  return found
}

/** The running daemon finds the file at its next search. */
async function acceptOne(config: Config, proposal: LearnedProposal, confirmed: boolean) {
  const account = accountOf(config, proposal.account)
  if (account.knowledge === null) throw new UsageError(`learn: ${proposal.account} has no knowledge folder`)
  const { question, answer: fact, mails } = proposal
  const own = await ownTexts(config, account)
  const found = personalMatter(`${question}\n${fact}`, { own, people: [] })
  if (found.length > 0 && !confirmed) {
    const parts = found.map(({ text }) => text).join(', ')
    throw new UsageError(
      `learn: this may be about one correspondent: ${parts}. Edit the proposal, or use --confirm`,
    )
  }
  const now = systemClock.now()
  const by = `${userInfo().username}, from sent mail`
  const about = { question, fact, by, at: now.toISOString(), mails }
  const taught = writeTaught(account.knowledge, about, newId(now).slice(-6))
  settleLearned(config.state.directory, proposal)
  return taught
}

async function decideEach(
  config: Config,
  proposals: readonly LearnedProposal[],
  terminal: Terminal,
): Promise<void> {
  using asker = new Asker(terminal, false)
  for (const proposal of proposals) {
    await writeLine(terminal.stdout, printable(`\n${wordsOf(proposal)}\n`))
    const known = (answer: string) => (/^[arsq]$/i.test(answer) ? null : 'a, r, s or q')
    const answer = await asker.ask('accept, reject, skip or quit (a/r/s/q)', 's', { fault: known })
    if (/q/i.test(answer)) return
    if (/r/i.test(answer)) settleLearned(config.state.directory, proposal)
    if (/a/i.test(answer) && (await isConfirmed(config, proposal, asker)))
      await acceptOne(config, proposal, true)
  }
}

async function isConfirmed(
  config: Config,
  { account, question, answer }: LearnedProposal,
  asker: Asker,
): Promise<boolean> {
  const own = await ownTexts(config, accountOf(config, account))
  const found = personalMatter(`${question}\n${answer}`, { own, people: [] })
  if (found.length === 0) return true
  return asker.confirm(
    `Is this about nobody in particular: ${found.map(({ text }) => printable(text, true)).join(', ')}`,
    false,
  )
}
