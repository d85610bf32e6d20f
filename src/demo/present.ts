/** Delivers the samples to the running daemon and shows the outcome of each. */
import type { Writable } from 'node:stream'
import { systemClock } from '../base/clock.ts'
import { modelVerdict } from '../base/verdicts.ts'
import type { Daemon } from '../daemon/daemon.ts'
import { visibleText } from '../mail/text/visible.ts'
import { priceOf } from '../model/budget.ts'
import { loadMails } from '../store/bodies.ts'
import type { MessageRow } from '../store/messages.ts'
import { loadReply, type ReplyRow } from '../store/replies.ts'
import { usageBy } from '../store/statistics.ts'
import { apiToken } from '../web/access.ts'
import { supported } from '../web/words.ts'
import type { DemoMailbox } from './mailbox.ts'
import { demoOwner, type Sample } from './sample.ts'
import {
  answeredLines,
  type DecidedMail,
  jsonLine,
  mailLines,
  openingLines,
  summaryLines,
  usesColour,
} from './screen.ts'
import type { World } from './world.ts'

export interface DemoOptions {
  /** End when every sample is decided. */
  exit: boolean
  json: boolean
  /** How replyd is called here. */
  replyd: string
  environment: NodeJS.ProcessEnv
  stdout: Writable & { isTTY?: boolean; columns?: number }
  stderr: Writable
  /** Called when the daemon is running, before the samples are delivered. */
  onReady?: (daemon: Daemon) => void
}

interface Presentation extends DemoOptions {
  world: World
  daemon: Daemon
  mailbox: DemoMailbox
}

/** The model whose list price the summary applies to the stand-in's tokens. */
const comparedModel = 'gpt-4o-mini'

/** Resolves when every sample is decided. @throws Error naming the samples that did not end as they should */
export async function present(presentation: Presentation): Promise<void> {
  const { world, daemon, mailbox } = presentation
  const started = systemClock.now()
  open(presentation)
  const decided = collect(presentation)
  for (const { octets } of world.samples) await mailbox.deliver(octets)
  const rows = await decided
  const shownId = presentation.json ? null : await showOne(presentation, rows)
  await close(presentation, { rows, shownId, durationMs: systemClock.now().getTime() - started.getTime() })
  const wrong = world.offline ? differences(world.samples, rows) : []
  if (wrong.length > 0) throw new Error(`the demo's samples did not end as expected: ${wrong.join('; ')}`)
  daemon.pipeline.removeAllListeners('settled')
}

const style = ({ stdout, environment }: Presentation) => ({
  colour: usesColour(stdout.isTTY, environment),
  columns: stdout.columns || 80,
})

function print({ stdout }: Presentation, lines: readonly string[]): void {
  for (const line of lines) stdout.write(`${line}\n`)
}

function open(presentation: Presentation): void {
  const { world, mailbox, daemon, json, exit, stderr } = presentation
  const { name, baseUrl } = world.config.model
  const opening = {
    model: name,
    modelHost: world.offline ? null : new URL(baseUrl).host,
    address: demoOwner.address,
    imap: mailbox.imap,
    mails: world.samples.length,
    review: exit ? null : daemon.url,
  }
  const lines = openingLines(opening, style(presentation))
  // With --json stdout carries objects only.
  if (json) for (const line of lines) stderr.write(`${line}\n`)
  else print(presentation, lines)
}

/** Rows as they are settled, until there is one per sample. */
function collect(presentation: Presentation): Promise<MessageRow[]> {
  const { world, daemon, json } = presentation
  const rows = new Map<string, MessageRow>()
  return new Promise((resolve) => {
    daemon.pipeline.on('settled', (row) => {
      if (rows.has(row.id)) return
      rows.set(row.id, row)
      const mail = decidedMail(row)
      if (json) print(presentation, [jsonLine(mail)])
      else print(presentation, mailLines(mail, rows.size, world.samples.length, style(presentation)))
      if (rows.size === world.samples.length) resolve([...rows.values()])
    })
  })
}

function decidedMail(row: MessageRow): DecidedMail {
  const verdict = modelVerdict(row.verdict)
  const from = row.fromName ? `${row.fromName} <${row.fromAddress}>` : (row.fromAddress ?? '')
  return {
    messageId: row.messageId ?? '',
    subject: row.subject ?? '',
    from,
    disposition: row.disposition,
    reason: row.reason,
    spam: verdict?.spam ?? null,
    sentiment: verdict?.sentiment ?? null,
    language: verdict?.language ?? null,
  }
}

/** Prints the first drafted mail in English, otherwise the first drafted one, and returns its id. */
async function showOne(presentation: Presentation, rows: readonly MessageRow[]): Promise<string | null> {
  const { db } = presentation.daemon.context
  const drafted = rows.filter(({ disposition }) => disposition === 'drafted')
  const row = drafted.find(({ verdict }) => modelVerdict(verdict)?.language === 'en') ?? drafted[0]
  if (row === undefined) return null
  const [[mail], reply] = await Promise.all([loadMails(db, [row.id]), loadReply(db, row.id)])
  if (mail === undefined || reply === null) return null
  const shown = {
    ...decidedMail(row),
    text: visibleText(mail.message).text,
    draft: reply.text,
    sources: sourcesUsed(reply),
  }
  print(presentation, answeredLines(shown, style(presentation)))
  return row.id
}

/** The passages that the text relies on. */
const sourcesUsed = ({ text, sources }: ReplyRow) =>
  supported(text, sources).flatMap(({ source }) => (source === null ? [] : sources.slice(source, source + 1)))

interface Outcome {
  rows: readonly MessageRow[]
  shownId: string | null
  durationMs: number
}

async function close(presentation: Presentation, { rows, shownId, durationMs }: Outcome): Promise<void> {
  const { world, daemon, exit, json, replyd, stderr } = presentation
  const [usage] = await usageBy(daemon.context.db, 'account', '')
  const { calls = 0, inputTokens = 0, outputTokens = 0, cost = 0 } = usage ?? {}
  const price = priceOf(comparedModel, null, false)
  const atListPrice = (inputTokens * price.input + outputTokens * price.output) / 1_000_000
  const lines = summaryLines(
    {
      dispositions: rows.map(({ disposition }) => disposition),
      calls,
      inputTokens,
      outputTokens,
      cost,
      listPrice: world.offline ? { model: comparedModel, cost: atListPrice } : null,
      durationMs,
      review: exit ? null : daemon.url,
      access:
        exit || daemon.url === null
          ? null
          : { url: daemon.url, token: apiToken(world.config), shownId, replyd },
    },
    style(presentation),
  )
  if (json) for (const line of lines) stderr.write(`${line}\n`)
  else print(presentation, lines)
}

function differences(samples: readonly Sample[], rows: readonly MessageRow[]): string[] {
  const byId = new Map(rows.map((row) => [row.messageId, row]))
  return samples.flatMap(({ name, octets, expect }) => {
    const id = /^message-id:\s*(<[^>]+>)/im.exec(octets.toString('latin1'))?.[1] ?? null
    const row = byId.get(id)
    const same = row?.disposition === expect.disposition && (expect.reason ?? row.reason) === row.reason
    return same
      ? []
      : [
          `${name} is ${row?.disposition ?? 'missing'} (${row?.reason ?? ''}) instead of ${expect.disposition}`,
        ]
  })
}
