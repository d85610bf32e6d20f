import { systemClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { openAccountKnowledge, refreshPages } from '../knowledge/account-knowledge.ts'
import { pageWords } from '../knowledge/folder-files.ts'
import type { Knowledge, Passage } from '../knowledge/knowledge.ts'
import { accountOf } from './eval.ts'
import { limitOf } from './eval-cases.ts'
import { UsageError } from './failure.ts'
import { readConfig } from './settings.ts'
import { type ExitStatus, printable, type Terminal, times, writeLine } from './terminal.ts'

interface KnowledgeCommand {
  config?: string
  account?: string
  limit?: string
  json?: boolean
}

/** Rough tokens of the passages that are searched. */
const searched = 100_000

/** Exit status 1 if a file is left out. */
export async function listKnowledge(options: KnowledgeCommand, terminal: Terminal): Promise<ExitStatus> {
  const knowledge = await opened(options, terminal)
  const { timeZone } = read(options, terminal)
  try {
    const files = knowledge.files()
    for (const each of files) {
      const { file, passages, fault, page } = each
      const count = page
        ? `${times(passages, 'passage')} (${pageWords(page, timeZone)})`
        : times(passages, 'passage')
      const words = fault === null ? count : `left out: ${fault}`
      const line = options.json ? JSON.stringify(each) : printable(`${file}: ${words}`, true)
      await writeLine(terminal.stdout, line)
    }
    return files.some(({ fault }) => fault !== null) ? 1 : 0
  } finally {
    knowledge.close()
  }
}

/** Exit status 1 if nothing is found. */
export async function testKnowledge(
  question: string,
  options: KnowledgeCommand,
  terminal: Terminal,
): Promise<ExitStatus> {
  const limit = limitOf(options.limit)
  const knowledge = await opened(options, terminal)
  try {
    const found = knowledge
      .find({ queries: [question], tokens: searched, whole: 0 })
      .sort((one, other) => other.score - one.score)
      .slice(0, limit)
    const { timeZone } = read(options, terminal)
    for (const passage of found)
      await writeLine(terminal.stdout, options.json ? JSON.stringify(passage) : shown(passage, timeZone))
    if (found.length === 0 && !options.json) await writeLine(terminal.stderr, nothingFound(knowledge))
    return found.length > 0 ? 0 : 1
  } finally {
    knowledge.close()
  }
}

/** Exit status 1 if a page or a named address could not be read, or another process reads them. */
export async function refreshKnowledge(options: KnowledgeCommand, terminal: Terminal): Promise<ExitStatus> {
  const { account, surroundings } = read(options, terminal)
  const report = await refreshPages(account, surroundings, new AbortController().signal)
  if (report === 'none')
    throw new UsageError(`knowledge refresh: ${account.owner.address} has no knowledge.urls`)
  if (report === 'busy') {
    await writeLine(terminal.stderr, 'Another process is reading the pages at this moment.')
    return 1
  }
  const { pages, failed, cut, faults } = report
  const words = `${times(pages, 'page')}${failed > 0 ? `, ${failed} could not be read` : ''}${cut ? ', and there are more' : ''}`
  await writeLine(terminal.stdout, options.json ? JSON.stringify(report) : words)
  if (!options.json)
    for (const { url, reason } of faults)
      await writeLine(terminal.stdout, `  ${printable(`${url}: ${reason}`, true)}`)
  return faults.length > 0 ? 1 : 0
}

function read(options: KnowledgeCommand, terminal: Terminal) {
  const config = readConfig(options.config, terminal)
  const surroundings = { directory: config.state.directory, log: silentLog, clock: systemClock }
  const { timeZone } = config.budget
  return { account: accountOf(config, options.account), surroundings, timeZone }
}

async function opened(options: KnowledgeCommand, terminal: Terminal): Promise<Knowledge> {
  const { account, surroundings } = read(options, terminal)
  const knowledge = openAccountKnowledge(account, surroundings)
  if (knowledge === null)
    throw new UsageError(
      `knowledge: ${account.owner.address} has no knowledge folder: name one as "knowledge" in replyd.yaml`,
    )
  await knowledge.settled()
  return knowledge
}

function nothingFound(knowledge: Knowledge): string {
  const files = knowledge.files().length
  if (files === 0) return 'The knowledge folder is empty.'
  return `Nothing matches. Searched: ${times(knowledge.size, 'passage')} of ${times(files, 'file')}.`
}

function shown({ file, heading, text, score, page }: Passage, timeZone: string): string {
  const named = heading === '' ? file : `${file} > ${heading}`
  const label = page ? `${named} (${pageWords(page, timeZone)})` : named
  const lines = text.split('\n').map((line) => `  ${line}`)
  return printable([`${score.toFixed(2)} ${label}`, ...lines].join('\n'))
}
