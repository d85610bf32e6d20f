/** What the Knowledge pages show of an account's knowledge. */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Account, StepContext } from '../../context.ts'
import { pagesFolder } from '../../knowledge/account-knowledge.ts'
import { labelsOf, plainLabel } from '../../knowledge/folder-outline.ts'
import type { Knowledge, Passage } from '../../knowledge/knowledge.ts'
import { type SitePage, sitePages } from '../../knowledge/site.ts'
import { citations } from '../../store/gaps.ts'

/** Of replies, for counting their sources. */
export const countedDays = 30
const mostReplies = 5_000
const dayMs = 86_400_000
/** Rough tokens of the passages that a search goes through, and passages shown. */
const searched = 100_000
const mostFound = 10

export interface ListedFile {
  file: string
  passages: number
  fault: string | null
  /** Replies of the last days that name it as a source. */
  cited: number
  changedAt: Date | null
  /** In the folder, not from the web site. */
  isInFolder: boolean
}

export interface ShownPassage extends Passage {
  cited: number
}

export interface ListedPage extends SitePage {
  passages: number
  isStale: boolean
}

const keyOf = ({ file, heading, text }: Passage) => `${file}\0${heading}\0${text}`
const everything = { queries: [], tokens: 0, whole: Number.POSITIVE_INFINITY }

/** Passages by each of their names. Kept until the knowledge changes: building it takes a while for a large folder. */
const indexes = new WeakMap<Knowledge, { hash: string; named: Map<string, Passage[]> }>()

function namesOf(knowledge: Knowledge): Map<string, Passage[]> {
  const passages = knowledge.find(everything)
  const known = indexes.get(knowledge)
  if (known?.hash === knowledge.hash) return known.named
  const named = new Map<string, Passage[]>()
  for (const passage of passages)
    for (const label of new Set(labelsOf(passage)))
      if (label !== '') named.set(label, [...(named.get(label) ?? []), passage])
  indexes.set(knowledge, { hash: knowledge.hash, named })
  return named
}

/** How many replies name each file and each passage. */
async function counted({ db, clock }: StepContext, account: string, knowledge: Knowledge) {
  const since = new Date(clock.now().getTime() - countedDays * dayMs)
  const names = namesOf(knowledge)
  const files = new Map<string, number>()
  const passages = new Map<string, number>()
  const add = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)
  for (const { sources } of await citations(db, account, since, mostReplies)) {
    const labels = sources
      .flatMap((source) => source.split(/[;|]/))
      .map((label) => label.replace(/^\s*knowledge\s*:/i, ''))
    const named = labels.flatMap((label) => names.get(plainLabel(label)) ?? [])
    for (const file of new Set(named.map(({ file }) => file))) add(files, file)
    for (const key of new Set(named.map(keyOf))) add(passages, key)
  }
  return { files, passages }
}

export async function listedFiles(
  context: StepContext,
  { settings, knowledge }: Account,
): Promise<ListedFile[]> {
  if (knowledge === null) return []
  await knowledge.settled()
  const { files } = await counted(context, settings.owner.address, knowledge)
  const folder = settings.knowledge
  return knowledge.files().map((each) => {
    const found = folder === null ? undefined : lstatSync(join(folder, each.file), { throwIfNoEntry: false })
    return {
      ...each,
      cited: files.get(each.file) ?? 0,
      changedAt: found?.mtime ?? null,
      isInFolder: found !== undefined,
    }
  })
}

export async function passagesOfFile(
  context: StepContext,
  { settings, knowledge }: Account,
  file: string,
): Promise<ShownPassage[]> {
  if (knowledge === null) return []
  await knowledge.settled()
  const { passages } = await counted(context, settings.owner.address, knowledge)
  return knowledge
    .find(everything)
    .filter((passage) => passage.file === file)
    .map((passage) => ({ ...passage, cited: passages.get(keyOf(passage)) ?? 0 }))
}

/** The passages that would be found for a question, best first. */
export async function foundFor({ knowledge }: Account, question: string): Promise<Passage[]> {
  if (knowledge === null || question.trim() === '') return []
  await knowledge.settled()
  return knowledge
    .find({ queries: [question], tokens: searched, whole: 0 })
    .sort((one, other) => other.score - one.score)
    .slice(0, mostFound)
}

export function listedPages({ config, clock }: StepContext, { settings, knowledge }: Account): ListedPage[] {
  const { site } = settings
  if (site === null || knowledge === null) return []
  const counts = new Map(knowledge.files().map(({ file, passages }) => [file, passages]))
  const oldest = clock.now().getTime() - site.staleMs
  return sitePages(pagesFolder(config.state.directory, settings)).map((page) => ({
    ...page,
    passages: counts.get(page.file) ?? 0,
    isStale: page.readAt === null || page.readAt.getTime() < oldest,
  }))
}
