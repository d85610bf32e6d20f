/** Bad input: every corpus file, and mails made from them by mutation, through the steps of the real pipeline. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { PermanentError } from '../../src/base/errors.ts'
import { compose } from '../../src/compose/step.ts'
import type { Account, StepContext } from '../../src/context.ts'
import { guard } from '../../src/guard/step.ts'
import type { Fetched } from '../../src/imap/imap.ts'
import { parseFields, splitHeader } from '../../src/mail/mime/octets.ts'
import { parseStructure } from '../../src/mail/mime/structure.ts'
import { ingest } from '../../src/receive/ingest.ts'
import { loadMessage } from '../../src/store/messages.ts'
import { triage } from '../../src/triage/step.ts'
import { corpusFiles, corpusOctets } from '../../test/mail/messages.ts'
import { fuzzContext } from './fuzz-context.ts'
import { mutated } from './mutate.ts'

export interface Fuzzed {
  mails: number
  /** By disposition and step. */
  dispositions: Record<string, number>
  crashes: string[]
  /** Mails that took a second or more, with their times. */
  slow: string[]
  /** The largest growth of heap and buffers, MB. */
  grownMb: number
}

/** CPU time, so that other programs on the machine do not count. */
const slowMs = 1000

export async function fuzz(say: (text: string) => void, rounds: number, seed: number): Promise<number> {
  const count = rounds > 1 ? rounds : 20_000
  const result = await fuzzMails(count, seed, (done) => say(`${done} mails`))
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
  return result.crashes.length + result.slow.length === 0 && result.grownMb < 300 ? 0 : 1
}

export interface FuzzOptions {
  /** Only every nth of the corpus files that are not hostile is read. */
  every?: number
  /** The embedded store when absent. */
  databaseUrl?: string
}

export async function fuzzMails(
  count: number,
  seed: number,
  report: (done: number) => void,
  { every = 1, databaseUrl }: FuzzOptions = {},
): Promise<Fuzzed> {
  const directory = mkdtempSync(join(tmpdir(), 'replyd-fuzz-'))
  try {
    await using world = await fuzzContext(directory, databaseUrl)
    return await run(world.context, world.account, { count, seed, every }, report)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function run(
  context: StepContext,
  account: Account,
  { count, seed, every }: { count: number; seed: number; every: number },
  report: (done: number) => void,
): Promise<Fuzzed> {
  const files = corpusFiles().filter((file, at) => file.startsWith('hostile/') || at % every === 0)
  const sources = files.map(corpusOctets)
  const result: Fuzzed = { mails: 0, dispositions: {}, crashes: [], slow: [], grownMb: 0 }
  // At the first mail, code is compiled and prompts are counted; that time must not count for the mail.
  await walk(
    context,
    account,
    Buffer.from('From: a@warm.example\r\nSubject: Are you open?\r\n\r\nWhen?\r\n'),
    2 ** 31,
  )
  const before = memoryMb()
  let uid = 0
  for (let number = 0; number < sources.length + count; number++) {
    const plain = number < sources.length
    const octets = plain ? sources[number] : mutated(sources, seed, number)
    const name = plain ? (files[number] ?? '') : `mutation ${number} of seed ${seed}`
    const look = (mail = octets ?? Buffer.alloc(0)) => walk(context, account, mail, ++uid)
    try {
      const { end, cpu } = await timed(() => look())
      result.dispositions[end] = (result.dispositions[end] ?? 0) + 1
      // Measured again, because garbage may have been collected just then: a slow mail is slow twice.
      const again = cpu >= slowMs ? (await timed(() => look(renamed(octets ?? Buffer.alloc(0))))).cpu : 0
      if (again >= slowMs) result.slow.push(`${name}: ${cpu} and ${again} ms of CPU`)
    } catch (error) {
      result.crashes.push(`${name}: ${error instanceof Error ? error.stack : error}`)
    }
    result.mails++
    if (number % 100 === 0) result.grownMb = Math.max(result.grownMb, memoryMb() - before)
    if (number % 1000 === 999) report(result.mails)
  }
  return result
}

/** The same mail under another Message-ID and header digest, so that it is not taken for a known mail. */
const renamed = (octets: Buffer) =>
  Buffer.concat([
    Buffer.from('X-Again: 1\r\n'),
    Buffer.from(
      octets.toString('latin1').replace(/^message-id:.*$/gim, 'Message-ID: <again@fuzz.test>'),
      'latin1',
    ),
  ])

async function timed(look: () => Promise<string>): Promise<{ end: string; cpu: number }> {
  const used = process.cpuUsage()
  const end = await look()
  return { end, cpu: cpuMs(used) }
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return Math.round((user + system) / 1000)
}

const memoryMb = () => {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return Math.round((heapUsed + external + arrayBuffers) / 2 ** 20)
}

/**
 * One mail as IMAP would return it, through ingest, guard, triage and compose. Returns the step where it was settled.
 */
async function walk(context: StepContext, account: Account, octets: Buffer, uid: number): Promise<string> {
  const source = {
    mailbox: 'INBOX',
    uidValidity: '1',
    baselineAt: new Date(0),
    renumberedUid: 0,
    lease: null,
  }
  const mails = await ingest(context, account, source, [fetchedFrom(octets, uid)])
  const id = mails[0]?.row.id
  if (id === undefined) return 'duplicate'
  let stage = (await guard(context, mails)).get(id)?.stage ?? 'guard'
  const signal = new AbortController().signal
  try {
    if (stage === 'triage') stage = (await triage(context, id, signal))?.stage ?? 'triage'
    if (stage === 'compose') stage = (await compose(context, id, signal))?.stage ?? 'compose'
  } catch (error) {
    // The pipeline turns these into "held for a person".
    if (!(error instanceof PermanentError)) throw error
    return `held at ${stage}`
  }
  const row = await loadMessage(context.db, id)
  if (!row || row.step === 'guard' || row.step === 'triage' || row.step === 'compose') {
    throw new Error(`no disposition: ${row?.step} ${row?.disposition}`)
  }
  return `${row.step} ${row.disposition}`
}

function fetchedFrom(octets: Buffer, uid: number): Fetched {
  const header = splitHeader(octets.subarray(0, 64 * 1024))
  const fields = parseFields(header)
  const { structure, bodies } = parseStructure(fields, octets.subarray(header.length))
  const texts = new Map([...bodies].map(([path, body]) => [path, body.subarray(0, 48 * 1024)]))
  return {
    uid,
    size: octets.length,
    internalDate: systemClock.now(),
    flags: [],
    messageId: fields.find(({ name }) => name === 'message-id')?.value ?? null,
    header,
    structure,
    texts,
    emailId: null,
    threadId: null,
    vanished: false,
    fault: null,
  }
}
