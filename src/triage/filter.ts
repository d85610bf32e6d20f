/** The local filter: learns from the model's confident verdicts and the owner's moves, and saves model calls. */

import { type FilterVerdict, modelVerdict, type StoredVerdict } from '../base/verdicts.ts'
import type { StepContext } from '../context.ts'
import { namedIds } from '../mail/message.ts'
import { noteNegativeAnswer } from '../store/autonomy.ts'
import type { StoredMail } from '../store/bodies.ts'
import type { Database } from '../store/database.ts'
import { knownSender } from '../store/history.ts'
import { countSpamExamples, loadSpamExamples, saveSpamExample } from '../store/spam-examples.ts'
import { type Bounds, boundsOf, leastExamples, type SpamModel, score, train } from './bayes.ts'
import { spamTokens } from './spam-tokens.ts'

/** The newest examples of each class; more would cost time and add little. */
const perClass = 1_000
const keptForMs = 600_000
/** Learn only from verdicts with at least this confidence. */
const sureFrom = 0.95
/** A milder complaint does not concern the answer. */
const negativeFrom = 0.4

interface Learned {
  model: SpamModel
  bounds: Bounds
}

interface Kept {
  filter: Promise<Learned>
  at: number
}

const learned = new WeakMap<Database, Map<string, Kept>>()

/** Null if it may not decide alone: too few examples, a score in between, or a sender the owner has written to. */
export async function askFilter(context: StepContext, mail: StoredMail): Promise<FilterVerdict | null> {
  const { row, message } = mail
  const { model, bounds } = await filterOf(context, row.account)
  if (bounds.spamFrom === null && bounds.hamTo === null) return null
  const value = score(model, message)
  const spam = bounds.spamFrom !== null && value >= bounds.spamFrom
  const ham = bounds.hamTo !== null && value <= bounds.hamTo
  if (!spam && !ham) return null
  if (
    spam &&
    row.fromAddress &&
    (await knownSender(context.db, row.account, row.fromAddress, row.id)).writtenTo
  )
    return null
  const confidence = spam ? value : 1 - value
  return { model: 'bayes', spam: { is: spam, kind: spam ? 'bulk' : 'none', confidence }, score: value }
}

export const detailOf = ({ score }: FilterVerdict) => `spam score ${score.toFixed(3)}`

/** Mails that arrive together share one reading. */
function filterOf({ db, clock }: StepContext, account: string): Promise<Learned> {
  const filters = learned.get(db) ?? new Map<string, Kept>()
  learned.set(db, filters)
  const now = clock.now().getTime()
  const known = filters.get(account)
  if (known && now - known.at < keptForMs) return known.filter
  const filter = readFilter(db, account)
  filters.set(account, { filter, at: now })
  filter.catch(() => filters.delete(account))
  return filter
}

async function readFilter(db: Database, account: string): Promise<Learned> {
  const enough = (await countSpamExamples(db, account)) >= leastExamples
  const examples = enough ? await loadSpamExamples(db, account, perClass) : []
  return { model: train(examples), bounds: boundsOf(examples) }
}

/** Never from its own verdicts: that would only reinforce its beliefs. */
export async function learnFrom(
  context: StepContext,
  { row, message }: StoredMail,
  verdict: StoredVerdict | null,
): Promise<void> {
  const judged = modelVerdict(verdict)
  if (judged === null) return
  const { db, clock } = context
  if (judged.spam.confidence >= sureFrom) {
    const example = {
      messageId: row.id,
      account: row.account,
      spam: judged.spam.is,
      tokens: spamTokens(message),
    }
    await saveSpamExample(db, { ...example, source: 'model' }, clock.now())
  }
  const { label, intensity } = judged.sentiment
  const { thread } = namedIds(message)
  if (label !== 'negative' || intensity < negativeFrom || thread.length === 0) return
  await noteNegativeAnswer(db, { messageId: row.id, account: row.account, thread }, clock.now())
}
