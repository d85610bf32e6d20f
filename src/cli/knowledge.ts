import { join } from 'node:path'
import { ConfigError } from '../base/errors.ts'
import { silentLog } from '../base/log.ts'
import { type Knowledge, openKnowledge, type Passage } from '../knowledge/knowledge.ts'
import { accountOf } from './eval.ts'
import { limitOf } from './eval-cases.ts'
import { readConfig } from './settings.ts'
import { type ExitStatus, printable, type Terminal, writeLine } from './terminal.ts'

export interface KnowledgeCommand {
  config?: string
  account?: string
  limit?: string
  json?: boolean
}

/** Rough tokens of the passages that are looked through. */
const searched = 100_000

/** Exit status 1 if a file is left out. */
export async function listKnowledge(options: KnowledgeCommand, terminal: Terminal): Promise<ExitStatus> {
  const knowledge = await opened(options, terminal)
  try {
    const files = knowledge.files()
    for (const { file, passages, fault } of files) {
      const words = fault === null ? `${passages} passages` : `left out: ${fault}`
      const line = options.json
        ? JSON.stringify({ file, passages, fault })
        : printable(`${file}: ${words}`, true)
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
    for (const passage of found)
      await writeLine(terminal.stdout, options.json ? JSON.stringify(passage) : shown(passage))
    return found.length > 0 ? 0 : 1
  } finally {
    knowledge.close()
  }
}

async function opened(options: KnowledgeCommand, terminal: Terminal): Promise<Knowledge> {
  const config = readConfig(options.config, terminal)
  const { knowledge: folder, owner } = accountOf(config, options.account)
  if (folder === null) throw new ConfigError(`${owner.address} has no knowledge folder`)
  const knowledge = openKnowledge(folder, silentLog, join(config.state.directory, 'documents'))
  await knowledge.settled()
  return knowledge
}

function shown({ file, heading, text, score }: Passage): string {
  const label = heading === '' ? file : `${file} > ${heading}`
  const lines = text.split('\n').map((line) => `  ${line}`)
  return printable([`${score.toFixed(2)} ${label}`, ...lines].join('\n'))
}
