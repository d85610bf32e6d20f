import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { capitalised, ceilingWords } from '../base/dispositions.ts'
import { sentenceOf } from '../base/reasons.ts'
import { canonicalAddress } from '../config/fields.ts'
import { type Explanation, explainOctets, guessOwner } from '../eval/explain.ts'
import type { Owner } from '../mail/account.ts'
import type { Field } from '../mail/message.ts'
import { parseFields, splitHeader } from '../mail/mime/octets.ts'
import { reportFailure, UsageError } from './failure.ts'
import { mailFiles, readFailure, standardInput } from './mail-files.ts'
import { type ExitStatus, printable, type Terminal, writeLine } from './terminal.ts'

interface ExplainOptions {
  address?: string
  alias: readonly string[]
  authservId: readonly string[]
  cases?: string
  json?: boolean
}

/** Exit status 1 when a file could not be read, or a case differs. */
export async function explain(
  paths: readonly string[],
  options: ExplainOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  if (options.cases !== undefined) return explainCases(options.cases, options.json === true, terminal)
  if (paths.length === 0) throw new UsageError('explain: name at least one file, or --cases')
  const owner = ownerOf(options)
  const now = systemClock.now()
  let status: ExitStatus = 0
  for (const found of mailFiles(paths)) {
    const octets = 'fault' in found ? found : readOctets(found.path)
    if ('fault' in octets) {
      status = reportFailure(new Error(`${found.path}: ${octets.fault}`), terminal, '', options.json)
      continue
    }
    const { path } = found
    const header = { fields: parseFields(splitHeader(octets)) }
    if (!looksLikeMail(header.fields)) {
      const fault = new Error(`${path}: not a mail: it has no header (From, To, Date, …)`)
      status = reportFailure(fault, terminal, '', options.json)
      continue
    }
    const explanation = explainOctets(path, octets, owner ?? guessOwner(header), now)
    await writeLine(
      terminal.stdout,
      options.json ? JSON.stringify(explanation) : explanationText(explanation),
    )
    if (terminal.stdout.destroyed) break
  }
  return status
}

const fieldsOfMail = ['from', 'to', 'date', 'message-id', 'received', 'subject', 'return-path']

const looksLikeMail = (fields: readonly Field[]): boolean =>
  fields.some(({ name }) => fieldsOfMail.includes(name.toLowerCase()))

function readOctets(path: string): Buffer | { fault: string } {
  try {
    return readFileSync(path === standardInput ? 0 : path)
  } catch (error) {
    return { fault: readFailure(error) }
  }
}

/** Null if the owner has to be guessed from each mail. */
function ownerOf({ address, alias, authservId }: ExplainOptions): Owner | null {
  if (address === undefined) {
    if (alias.length > 0) throw new UsageError('explain: --alias needs --address')
    if (authservId.length > 0) throw new UsageError('explain: --authserv-id needs --address')
    return null
  }
  const bare = (text: string) => {
    const canonical = canonicalAddress(text)
    if (canonical === null) throw new UsageError(`explain: "${text}" is not a bare address`)
    return canonical
  }
  return {
    address: bare(address),
    aliases: alias.map(bare),
    displayName: null,
    authservIds: authservId,
    ownLists: [],
  }
}

export function explanationText({ file, decision, reason, codes, text, reply }: Explanation): string {
  const rows: [string, string][] = [
    ['decision', capitalised(ceilingWords(decision))],
    ...[...new Set([reason, ...codes])].map((code): [string, string] => ['because', sentenceOf(code)]),
  ]
  const line = ([name, value]: [string, string]) => `  ${name.padEnd(12)} ${printable(value, true)}`
  const head = [...rows.map(line), ...replyRows(decision, reply).map(line), '', '  The new text of the mail:']
  const body = printable(text)
    .trimEnd()
    .split('\n')
    .map((line) => `  | ${line}`.trimEnd())
  return [printable(file, true), ...head, ...body, ''].join('\n')
}

/** The header that a reply would have; empty if no reply is ever written. */
function replyRows(decision: Explanation['decision'], reply: Explanation['reply']): [string, string][] {
  if (decision === 'never') return []
  if (reply === null) return [['a reply', 'would go to nobody']]
  return [
    ['a reply', `would go to ${reply.to.join(', ')}`],
    ['from', reply.from],
    ['subject', reply.subject],
    ['in-reply-to', reply.inReplyTo ?? '(none)'],
  ]
}

async function explainCases(path: string, json: boolean, { stdout }: Terminal): Promise<ExitStatus> {
  const { parseCases, runCases } = await import('../eval/conformance.ts')
  const cases = parseCases(readCaseFile(path))
  const folder = dirname(path)
  const score = await runCases(cases, (file) => readFileSync(resolve(folder, file)), systemClock.now())
  for (const result of score.results.filter(({ passed }) => !passed)) {
    const { file, expected, got } = result
    const text = `${file}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`
    await writeLine(stdout, json ? JSON.stringify(result) : printable(text, true))
  }
  const { passed, total } = score
  await writeLine(stdout, json ? JSON.stringify({ passed, total }) : `${passed}/${total} cases passed`)
  return passed === total ? 0 : 1
}

function readCaseFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`explain --cases: ${path}: ${readFailure(error)}`, { cause: error })
  }
}
