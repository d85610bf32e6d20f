/**
 * Facts for the knowledge. An assistant may be under the influence of a mail, so what it teaches is only a proposal, in
 * a file outside the knowledge folder; a person accepts it, and then it stands in `taught.md` with date and name.
 */
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { StepContext } from '../context.ts'
import { Refusal } from './review.ts'

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

type Teaching = Pick<StepContext, 'config' | 'clock' | 'newId' | 'log' | 'accounts'>

/** An assistant that is made to propose without end fills no disk. */
const mostProposals = 200
const longest = { topic: 120, fact: 2_000 }
/** In the knowledge folder. */
const taughtFile = 'taught.md'

const placeOf = ({ config }: Pick<Teaching, 'config'>) => join(config.state.directory, 'proposals')

/** @throws Refusal when the account is not configured, has no knowledge folder, or too many wait */
export function propose(
  context: Teaching,
  given: Pick<Proposal, 'account' | 'topic' | 'fact'>,
  by: string,
): Proposal {
  folderOf(context, given.account)
  if (proposals(context).length >= mostProposals) throw new Refusal('too-many-proposals')
  const at = context.clock.now()
  const { account } = given
  const [topic, fact] = [
    oneLine(given.topic).slice(0, longest.topic),
    plain(given.fact).slice(0, longest.fact),
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
export function proposals({ config }: Pick<Teaching, 'config'>): Proposal[] {
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

/** Writes it into the knowledge folder. @throws Refusal */
export function accept(context: Teaching, id: string, by: string): Proposal {
  const accepted = find(context, id)
  const folder = folderOf(context, accepted.account)
  const day = context.clock.now().toISOString().slice(0, 10)
  const note = `<!-- Proposed by ${oneLine(accepted.by)} on ${accepted.at.slice(0, 10)}, accepted by ${oneLine(by)} on ${day}. -->`
  append(join(folder, taughtFile), `\n## ${accepted.topic}\n\n${accepted.fact}\n\n${note}\n`)
  remove(context, id)
  context.log.info({ event: 'knowledge.taught', account: accepted.account })
  return accepted
}

/** @throws Refusal */
export function discard(context: Teaching, id: string): void {
  find(context, id)
  remove(context, id)
}

function find(context: Teaching, id: string): Proposal {
  const found = proposals(context).find((each) => each.id === id)
  if (found === undefined) throw new Refusal('unknown-proposal')
  return found
}

const remove = (context: Teaching, id: string) =>
  rmSync(join(placeOf(context), `${id}.json`), { force: true })

function folderOf({ accounts }: Pick<Teaching, 'accounts'>, address: string): string {
  const account = accounts.get(address)
  if (account === undefined) throw new Refusal('unknown-account')
  if (account.settings.knowledge === null) throw new Refusal('no-knowledge')
  return account.settings.knowledge
}

/** Follows no link, which could lead out of the folder. */
function append(path: string, text: string): void {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
  try {
    const file = openSync(path, O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, 0o644)
    try {
      writeFileSync(file, text)
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    throw new Refusal('knowledge-read-only', { cause })
  }
}

/** Nothing in it is a heading, a comment or front matter of the file. */
const plain = (text: string) =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n]/gu, ' ')
    .replace(/<!--|-->/g, '')
    .replace(/^[ \t]*(?:#{1,6}(?=\s)|={3,}|-{3,})/gm, '')
    .trim()

const oneLine = (text: string) => plain(text).replace(/\s+/g, ' ')
