/** Trials of changed settings: on one mail, or on the latest ones in the background. Kept in memory only. */
import type { Account, Arrival, StepContext } from '../../context.ts'
import { type Outcome, pastOutcome, tryMail } from '../../eval/trial.ts'
import { freshContext } from '../../guard/ceiling.ts'
import { guardMail } from '../../guard/step.ts'
import type { Knowledge } from '../../knowledge/knowledge.ts'
import { passagesOf } from '../../knowledge/passages.ts'
import { decodeWords, plainLine } from '../../mail/address.ts'
import { mailboxes } from '../../mail/correspondents.ts'
import { firstField } from '../../mail/message.ts'
import { parseOctets } from '../../mail/mime/octets.ts'
import { costOf, worstCase } from '../../model/budget.ts'
import { ConfiguredModels, type Models } from '../../model/models.ts'
import { withBody } from '../../model/prompts.ts'
import { loadMails, type StoredMail } from '../../store/bodies.ts'
import type { MessageRow } from '../../store/messages.ts'
import { usualTokens } from '../../store/model-calls.ts'
import { loadReply } from '../../store/replies.ts'

/** Empty strings change nothing. */
export interface Change {
  /** Null: as they are. */
  instructions: string | null
  /** An additional text for the knowledge. */
  knowledge: string
  /** Null: as it is. */
  prompt: string | null
  /** Name of another model at the same endpoint. */
  model: string
}

/** @throws ConfigError when the prompt does not fit */
export function changed(context: StepContext, account: Account, change: Change): Omit<Arrival, 'mail'> {
  const { settings, prompts, knowledge } = account
  const compose = change.prompt === null ? prompts.compose : withBody(prompts.compose, change.prompt)
  const other = {
    ...account,
    settings: { ...settings, instructions: change.instructions ?? settings.instructions },
    prompts: { ...prompts, compose },
    knowledge: change.knowledge.trim() === '' ? knowledge : withText(knowledge, change.knowledge),
  }
  const models = change.model === '' ? context.models : otherModel(context, change.model)
  const accounts = new Map([...context.accounts, [settings.owner.address, other]])
  return { context: { ...context, models, accounts }, account: other }
}

/** Without a configured price it costs what the price table says, or as much as the most expensive model. */
function otherModel({ config, db, log, clock }: StepContext, name: string): ConfiguredModels {
  const { model } = config
  const named = <Settings extends { name: string }>(settings: Settings) =>
    settings.name === name ? settings : { ...settings, name, price: null }
  const { triage, compose, check } = model.tasks
  const tasks = { triage: named(triage), compose: named(compose), check: named(check) }
  return new ConfiguredModels({ ...model, ...named(model), tasks, fallback: null }, { db, log, clock })
}

const addedFile = 'new text.md'

/** Its passages are always included: the trial is about what they say, not whether they are found. */
function withText(knowledge: Knowledge | null, text: string): Knowledge {
  const added = passagesOf(text, true).map((passage) => ({ ...passage, file: addedFile, score: 0 }))
  return {
    find: (wanted) => [...(knowledge?.find(wanted) ?? []), ...added],
    named: (label) => [
      ...(knowledge?.named(label) ?? []),
      ...added.filter(({ heading }) => heading !== '' && label.includes(heading.split(' > ').at(-1) ?? '')),
    ],
    outline: knowledge?.outline ?? { languages: [], headings: [] },
    tokens: knowledge?.tokens ?? 0,
    hash: knowledge?.hash ?? '',
    size: (knowledge?.size ?? 0) + added.length,
    settled: async () => knowledge?.settled(),
    files: () => knowledge?.files() ?? [],
    close: () => undefined,
  }
}

/** A mail that was pasted, with its header or as text alone, as if it had arrived just now. */
export function pastedMail({ clock }: StepContext, { settings }: Account, pasted: string): StoredMail {
  const { owner } = settings
  const now = clock.now()
  const text = pasted.replace(/\r\n?/g, '\n').trim()
  const hasHeader = /^[\w-]+:[^\n]*\n(?:[ \t\w][^\n]*\n)*\n/.test(text) && /^from:/im.test(text)
  const type = 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit'
  const fields = `From: customer@example.com\nTo: ${owner.address}\nSubject: Question\nDate: ${now.toUTCString()}\n${type}`
  const message = parseOctets(
    Buffer.from((hasHeader ? text : `${fields}\n\n${text}`).replaceAll('\n', '\r\n')),
  )
  const { decision, reason, codes } = guardMail(message, owner, freshContext(now))
  const [from] = mailboxes(message, 'from')
  const row: MessageRow = {
    ...{
      id: 'pasted',
      account: owner.address,
      mailbox: '',
      uidValidity: '',
      uid: 0,
      messageId: null,
      threadId: null,
    },
    ...{
      size: text.length,
      internalDate: now,
      flags: [],
      ingestedAt: now,
      step: 'guard',
      disposition: 'pending',
    },
    fromAddress: from?.address.toLowerCase() ?? null,
    fromName: from?.name || null,
    subject: plainLine(decodeWords(firstField(message, 'subject') ?? '')),
    ...{ reason, codes: [...codes], ceiling: decision, detail: null, instruction: null, verdict: null },
    ...{ attempts: 0, firstErrorAt: null, lastError: null, dueAt: now },
    ...{ junkMailbox: null, junkUidValidity: null, junkUid: null, version: '' },
  }
  return { row, message }
}

/** The latest mails that a model has judged and whose text is still there, newest first. */
export async function latestMails(
  { db }: StepContext,
  account: string,
  limit: number,
): Promise<StoredMail[]> {
  const { rows } = await db.query<{ id: string }>(
    `select m.id from replyd.message m join replyd.body b on b.id = m.id
      where m.account = $1 and m.verdict ? 'summary' order by m.id desc limit $2`,
    [account, limit],
  )
  const mails = await loadMails(
    db,
    rows.map(({ id }) => id),
  )
  return mails.sort((one, other) => (one.row.id < other.row.id ? 1 : -1))
}

export interface Pair {
  mail: Pick<MessageRow, 'id' | 'subject' | 'fromName' | 'fromAddress'>
  before: Outcome
  after: Outcome
}

/** What happened to a stored mail; a pasted one is judged with the present settings. */
async function beforeOf(arrival: Arrival, signal: AbortSignal): Promise<Outcome> {
  const { context, mail } = arrival
  if (mail.row.verdict === null) return tryMail(arrival, signal)
  const reply = await loadReply(context.db, mail.row.id)
  return pastOutcome(
    mail,
    reply && {
      ...reply,
      reason: reply.holdReasons[0] ?? null,
      missing: reply.composed?.missing ?? [],
      claims: reply.claims.length,
    },
  )
}

/** The models, reporting what each answer costs. US dollars. */
function counted(models: Models, add: (dollars: number) => void): Models {
  return {
    of(task) {
      const model = models.of(task)
      return {
        ...{ name: model.name, price: model.price, contextTokens: model.contextTokens },
        outputLimit: (tokens) => model.outputLimit(tokens),
        inputOctets: (tokens) => model.inputOctets(tokens),
        listModels: (signal) => model.listModels(signal),
        async ask(question) {
          const answer = await model.ask(question)
          add(costOf(answer.usage, model.price))
          return answer
        },
      }
    },
  }
}

interface Costly {
  pairs: Pair[]
  /** US dollars. */
  cost: number
}

/** One mail, before and after. */
export async function tryOnce(
  context: StepContext,
  account: Account,
  change: Change,
  mail: StoredMail,
  signal: AbortSignal,
): Promise<Pair & { cost: number }> {
  const sum: Costly = { pairs: [], cost: 0 }
  await through(sum, [mail], { context, account }, changed(context, account, change), signal)
  return { ...(sum.pairs[0] as Pair), cost: sum.cost }
}

/** What trying that many mails costs: an estimate from the calls of the last month, and the maximum. US dollars. */
export async function estimate(
  context: StepContext,
  account: Account,
  change: Change,
  asked: number,
): Promise<{ about: number; most: number }> {
  const other = changed(context, account, change)
  const since = new Date(context.clock.now().getTime() - 30 * 86_400_000)
  const sum = { about: 0, most: 0 }
  for (const task of ['triage', 'compose'] as const) {
    const { limits, body, maxOutputTokens } = other.account.prompts[task]
    const model = other.context.models.of(task)
    const read = Object.values(limits).reduce((all, tokens) => all + tokens, 0) + Math.ceil(body.length / 2)
    const usual = await usualTokens(context.db, account.settings.owner.address, task, since)
    const input = usual?.input ?? Math.ceil(read / 4)
    const output = usual?.output ?? Math.ceil(maxOutputTokens / 4)
    sum.about += asked * costOf({ input, cachedInput: 0, output }, model.price)
    sum.most += asked * worstCase(read, model.outputLimit(maxOutputTokens), model.price)
  }
  return sum
}

export interface Run extends Costly {
  readonly id: string
  readonly account: string
  readonly change: Change
  readonly total: number
  state: 'running' | 'done' | 'stopped'
  readonly stop: AbortController
}

/** Runs that can still be viewed. */
const mostRuns = 10
const runs = new WeakMap<StepContext, Map<string, Run>>()

export function runsOf(context: StepContext): Map<string, Run> {
  const known = runs.get(context) ?? new Map<string, Run>()
  runs.set(context, known)
  return known
}

/** Starts it and returns at once. Never rejects. @throws ConfigError when the change does not fit */
export async function startRun(
  context: StepContext,
  account: Account,
  change: Change,
  most: number,
): Promise<Run> {
  const other = changed(context, account, change)
  const mails = await latestMails(context, account.settings.owner.address, most)
  const known = runsOf(context)
  const run: Run = {
    ...{ id: context.newId(context.clock.now()), account: account.settings.owner.address, change },
    ...{ total: mails.length, pairs: [], cost: 0, state: 'running', stop: new AbortController() },
  }
  known.set(run.id, run)
  for (const old of [...known.keys()].slice(0, -mostRuns)) known.delete(old)
  void through(run, mails, { context, account }, other, run.stop.signal)
    .then(() => {
      run.state = 'done'
    })
    .catch(() => {
      run.state = 'stopped'
    })
  return run
}

/** @throws only when it is aborted */
async function through(
  sum: Costly,
  mails: readonly StoredMail[],
  present: Omit<Arrival, 'mail'>,
  other: Omit<Arrival, 'mail'>,
  signal: AbortSignal,
): Promise<void> {
  const add = (dollars: number) => {
    sum.cost += dollars
  }
  const paying = (of: Omit<Arrival, 'mail'>) => ({
    ...of,
    context: { ...of.context, models: counted(of.context.models, add) },
  })
  for (const mail of mails) {
    signal.throwIfAborted()
    const before = await beforeOf({ ...paying(present), mail }, signal)
    const after = await tryMail({ ...paying(other), mail }, signal)
    sum.pairs.push({ mail: mail.row, before, after })
  }
}
