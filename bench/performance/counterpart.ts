/**
 * The model and the SMTP server in a separate process, so that their cost is not the daemon's. Started by
 * startCounterpart (peers.ts), which talks to it over IPC.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { completions, taskOf, tokenIn } from './answers.ts'
import { startSink } from './sink.ts'

/** Messages from the parent. */
export interface Order {
  /** Echoed, so that the answer finds its question. */
  id: number
  /** Milliseconds before each answer of the model from now on. */
  latencyMs?: number
  /** Whether to report each triage request at once. */
  tell?: boolean
}

/** Messages to the parent. */
export type Report =
  | { kind: 'ready'; modelPort: number; smtpPort: number }
  | ({ kind: 'counts'; id: number } & Counts)
  | { kind: 'triage'; token: string; atMs: number }

export interface Counts {
  triage: number
  compose: number
  check: number
  /** Mails that the SMTP server took. */
  accepted: number
  /** Commands that it answered. */
  smtpCommands: number
}

const counts: Counts = { triage: 0, compose: 0, check: 0, accepted: 0, smtpCommands: 0 }
let latencyMs = 0
let tells = false

/** The machine's own clock, the same in every process. */
const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6

const report = (message: Report) => process.send?.(message)

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const atMs = monotonicMs()
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks).toString()
  const task = taskOf(body)
  counts[task]++
  if (tells && task === 'triage') report({ kind: 'triage', token: tokenIn(body), atMs })
  if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs))
  const completion = completions[task]
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': completion.length })
  response.end(completion)
}

const sink = await startSink()
const model = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy())
})
model.keepAliveTimeout = 60_000
model.listen(0, '127.0.0.1')
await once(model, 'listening')

process.on('message', (order: Order) => {
  latencyMs = order.latencyMs ?? latencyMs
  tells = order.tell ?? tells
  report({
    kind: 'counts',
    id: order.id,
    ...counts,
    accepted: sink.accepted(),
    smtpCommands: sink.commands(),
  })
})
process.on('disconnect', () => process.exit(0))
report({ kind: 'ready', modelPort: (model.address() as AddressInfo).port, smtpPort: sink.port })
