/**
 * Facts that an assistant proposes. A mail may have influenced it, so a proposal is a file outside the knowledge folder
 * until a person accepts it; then it is taught like any other fact (teach.ts).
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { reasonOf } from '../base/errors.ts'
import type { StepContext } from '../context.ts'
import { longestTaught, oneLine, plain } from '../knowledge/taught.ts'
import { Refusal, type Review } from './review.ts'
import { beginTeaching, knowledgeFolder } from './teach.ts'

/** A proposal that nobody has decided on yet. */
const proposal = z.object({
  id: z.string(),
  account: z.string(),
  topic: z.string(),
  fact: z.string(),
  by: z.string(),
  /** ISO 8601. */
  at: z.string(),
})
export type Proposal = z.infer<typeof proposal>

type Proposing = Pick<StepContext, 'config' | 'clock' | 'newId' | 'log' | 'accounts'>

/** An assistant that is tricked into endless proposals can't fill the disk. */
const mostProposals = 200
const longestTopic = 120

const placeOf = ({ config }: Pick<Proposing, 'config'>) => join(config.state.directory, 'proposals')

/** @throws Refusal when the account is not configured, has no knowledge folder, or too many wait */
export function propose(
  context: Proposing,
  given: Pick<Proposal, 'account' | 'topic' | 'fact'>,
  by: string,
): Proposal {
  knowledgeFolder(context, given.account)
  if (proposals(context).length >= mostProposals) throw new Refusal('too-many-proposals')
  const at = context.clock.now()
  const { account } = given
  const [topic, fact] = [
    oneLine(given.topic).slice(0, longestTopic),
    plain(given.fact).slice(0, longestTaught.fact),
  ]
  const proposed = { id: context.newId(at), account, topic, fact, by, at: at.toISOString() }
  mkdirSync(placeOf(context), { recursive: true, mode: 0o700 })
  writeFileSync(join(placeOf(context), `${proposed.id}.json`), JSON.stringify(proposed), {
    mode: 0o600,
    flag: 'wx',
  })
  context.log.info({ event: 'knowledge.proposed', account })
  return proposed
}

/** Oldest first. A file that is no proposal is left out. */
export function proposals({ config }: Pick<Proposing, 'config'>): Proposal[] {
  const place = placeOf({ config })
  return namesIn(place).flatMap((name) => {
    try {
      const known = proposal.safeParse(JSON.parse(readFileSync(join(place, name), 'utf8')))
      return known.success && name === `${known.data.id}.json` ? [known.data] : []
    } catch {
      return []
    }
  })
}

function namesIn(place: string): string[] {
  try {
    return readdirSync(place).sort()
  } catch {
    return []
  }
}

/**
 * Teaches it: see `beginTeaching`.
 * @param by who accepts it @param confirmed see Lesson
 * @throws Refusal
 */
export async function accept(review: Review, id: string, by: string, confirmed = false): Promise<Proposal> {
  const { context } = review
  const { topic: question, fact, account, ...accepted } = find(context, id)
  const who = `${oneLine(by)}, proposed by ${oneLine(accepted.by)} on ${accepted.at.slice(0, 10)}`
  const begun = await beginTeaching(review, { account, question, fact, by: who, confirmed })
  // The fact is in the knowledge now. Accepting the proposal again while drafts are rewritten would add it twice.
  remove(context, id)
  // A draft that could not be rewritten stays as it was. The fact is accepted anyway.
  await begun.done.catch((error: unknown) =>
    context.log.warn({ event: 'teach.rewriting-failed', reason: reasonOf(error) }),
  )
  return { topic: question, fact, account, ...accepted }
}

/** @throws Refusal */
export function discard({ context }: Pick<Review, 'context'>, id: string): void {
  find(context, id)
  remove(context, id)
}

function find(context: Proposing, id: string): Proposal {
  const found = proposals(context).find((each) => each.id === id)
  if (found === undefined) throw new Refusal('unknown-proposal')
  return found
}

const remove = (context: Proposing, id: string) =>
  rmSync(join(placeOf(context), `${id}.json`), { force: true })
