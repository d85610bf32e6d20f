/**
 * What people write themselves in an afternoon: imapflow, BullMQ, openai and nodemailer, in sixty lines. Two model
 * calls per mail in sequence, the whole source in the prompt, a new connection per sent mail. It keeps no ledger, so
 * nobody knows which mails it loses or answers twice. The bench compares replyd with it.
 */
import { Queue, Worker } from 'bullmq'
import { ImapFlow } from 'imapflow'
import { Redis } from 'ioredis'
import { createTransport } from 'nodemailer'
import OpenAI from 'openai'

export interface WorkerOptions {
  imap: { host: string; port: number; user: string; pass: string }
  smtpPort: number
  redisUrl: string
  baseUrl: string
  concurrency: number
}

/** Answers every mail in INBOX. Resolves with the number of replies sent. */
export async function answerAll(options: WorkerOptions): Promise<number> {
  const { host, port, user, pass } = options.imap
  const connection = new Redis(options.redisUrl, { maxRetriesPerRequest: null }) as never
  const queue = new Queue('mails', { connection })
  const openai = new OpenAI({ baseURL: options.baseUrl, apiKey: 'none' })
  const smtp = createTransport({ host: '127.0.0.1', port: options.smtpPort, ignoreTLS: true })
  const imap = new ImapFlow({
    host,
    port,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass },
    logger: false,
  })
  imap.on('error', () => undefined)
  await imap.connect()
  const ask = async (system: string, mail: string) => {
    const messages = [
      { role: 'system' as const, content: system },
      { role: 'user' as const, content: mail },
    ]
    const answer = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages,
      response_format: { type: 'json_object' },
    })
    return JSON.parse(answer.choices[0]?.message.content ?? '{}')
  }
  let expected = Number.POSITIVE_INFINITY
  let sent = 0
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const worker = new Worker(
    'mails',
    async ({ data }) => {
      const verdict = await ask(
        'Task: triage. Is this spam? Does it need a reply? Answer in JSON.',
        data.source,
      )
      if (verdict.spam?.is || !verdict.needs_reply) return
      const reply = await ask('Task: compose. Write a reply to this mail. Answer in JSON.', data.source)
      await smtp.sendMail({ from: user, to: data.from, subject: `Re: ${data.subject}`, text: reply.text })
    },
    { connection, concurrency: options.concurrency },
  )
  worker.on('error', () => undefined)
  worker.on('completed', () => {
    if (++sent >= expected) finish()
  })
  await imap.mailboxOpen('INBOX')
  let read = 0
  for await (const { uid, source, envelope } of imap.fetch('1:*', {
    uid: true,
    source: true,
    envelope: true,
  })) {
    const from = envelope?.from?.[0]?.address
    await queue.add(
      'mail',
      { source: source?.toString(), from, subject: envelope?.subject },
      { jobId: `m${uid}` },
    )
    read++
  }
  expected = read
  if (sent >= expected) finish()
  await finished
  await Promise.allSettled([worker.close(), queue.close(), imap.logout()])
  return sent
}
