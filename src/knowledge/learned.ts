/**
 * Proposals from sent mail: Markdown files in the state directory, outside the knowledge. A person reads them, may edit
 * them, and accepts or rejects each.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { writeWhole } from '../base/files.ts'
import { oneLine, plain } from './taught.ts'

export interface LearnedAnswer {
  text: string
  /** Days of the first and the last mail that say so, `2026-11-28`. */
  from: string
  to: string
  times: number
}

export interface Learned {
  question: string
  /** Other words for it. */
  others: string[]
  /** Newest first; more than one is a conflict. */
  answers: LearnedAnswer[]
  /** Message-IDs of the answers, without brackets; newest first. */
  mails: string[]
}

export interface LearnedProposal {
  id: string
  account: string
  question: string
  /** The first answer, as the file has it now. */
  answer: string
  /** There are other answers. */
  conflict: boolean
  mails: string[]
  /** The file without its front matter. */
  markdown: string
  /** A person has changed it. */
  edited: boolean
}

/** Maximum number of proposals at a time, and of octets read from a file. */
const most = { proposals: 200, octets: 256 * 1024 } as const

const about = z.object({
  account: z.string(),
  mails: z.array(z.string()),
  /** Hash of the rest as it was written: if it differs, a person has edited the file. */
  written: z.string(),
})

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)
const placeOf = (directory: string) => join(directory, 'learned')
const decidedFile = (directory: string) => join(placeOf(directory), 'decided.txt')

/** Whether a mail was decided on, or is part of a proposal that a person has edited. */
export function knownMails(directory: string, account: string): (mail: string) => boolean {
  const decided = new Set(textOf(decidedFile(directory)).split('\n'))
  const edited = listLearned(directory).filter((each) => each.account === account && each.edited)
  const kept = new Set(edited.flatMap(({ mails }) => mails))
  return (mail) => decided.has(hashOf(mail)) || kept.has(mail)
}

/** Replaces the account's proposals; those that a person has edited stay. @returns all that wait now */
export function proposeLearned(
  directory: string,
  account: string,
  all: readonly Learned[],
): LearnedProposal[] {
  mkdirSync(placeOf(directory), { recursive: true, mode: 0o700 })
  for (const old of listLearned(directory))
    if (old.account === account && !old.edited) rmSync(fileOf(directory, old.id))
  for (const learned of all.slice(0, most.proposals)) {
    const id = hashOf(`${account}\0${learned.mails.at(-1)}`)
    const file = fileOf(directory, id)
    writeWhole(file, written(account, learned), { draft: `${file}.new`, mode: 0o600 })
  }
  return listLearned(directory).filter((each) => each.account === account)
}

/** Most mails first. */
export function listLearned(directory: string): LearnedProposal[] {
  return namesIn(placeOf(directory))
    .flatMap((name) => parsed(name.slice(0, -3), textOf(join(placeOf(directory), name))) ?? [])
    .sort((one, other) => other.mails.length - one.mails.length || (one.id < other.id ? -1 : 1))
}

/** It was accepted or rejected: its mails are not proposed again. */
export function settleLearned(directory: string, { id, mails }: Pick<LearnedProposal, 'id' | 'mails'>): void {
  appendFileSync(decidedFile(directory), mails.map((mail) => `${hashOf(mail)}\n`).join(''), { mode: 0o600 })
  rmSync(fileOf(directory, id), { force: true })
}

const fileOf = (directory: string, id: string) => join(placeOf(directory), `${id}.md`)

function namesIn(place: string): string[] {
  try {
    return readdirSync(place).filter((name) => /^[0-9a-f]{16}\.md$/.test(name))
  } catch {
    return []
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const frontMatter = /^---\n(.*?)\n---\n(.*)$/s

function written(account: string, { question, others, answers, mails }: Learned): string {
  const conflict =
    answers.length > 1 ? ['These answers differ. The first one is used; correct it if necessary.'] : []
  const asked = others.length > 0 ? [`Also asked as: ${others.join(' / ')}`] : []
  const parts = answers.map(
    ({ text, from, to, times }) =>
      `## ${from} to ${to}, ${times} ${times === 1 ? 'mail' : 'mails'}\n\n${plain(text)}`,
  )
  const rest = `${[`# ${oneLine(question)}`, ...asked, ...conflict, ...parts].join('\n\n')}\n`
  const fields = { account, mails: mails.slice(0, 500), written: hashOf(rest) }
  const lines = Object.entries(fields).map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
  return `---\n${lines.join('\n')}\n---\n${rest}`
}

function parsed(id: string, markdown: string): LearnedProposal | null {
  const [, front = '', rest = ''] = markdown.length <= most.octets ? (frontMatter.exec(markdown) ?? []) : []
  const [head = '', ...sections] = rest.split(/^## .*$/m)
  try {
    const lines = front.split('\n').map((line) => line.split(/: (.*)/s))
    const known = about.parse(
      Object.fromEntries(lines.map(([key, value]) => [key ?? '', JSON.parse(value ?? 'null')])),
    )
    const question = /^# (.*)$/m.exec(head)?.[1]?.trim() ?? ''
    const answer = (sections[0] ?? '').trim()
    if (question === '' || answer === '') return null
    const { account, mails } = known
    const edited = hashOf(rest) !== known.written
    return { id, account, question, answer, conflict: sections.length > 1, mails, markdown: rest, edited }
  } catch {
    return null
  }
}
