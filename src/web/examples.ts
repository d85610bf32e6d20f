/** Examples of the main operations, for the API's description; by the operation's id. */
import type { z } from 'zod'
import type { approved, edited, listedMail } from './answers.ts'

const seen = '3f7c1e0a9b2d4c58'

const waiting: z.input<typeof listedMail> = {
  id: '01kb6s3v9m4q8x2c7d5f1g0h6j',
  account: 'support@shop.example',
  from: 'priya@inbox.example',
  fromName: 'Priya Nair',
  subject: 'Crack in the frame: warranty?',
  arrivedAt: '2026-11-28T10:00:00.000Z',
  step: 'done',
  disposition: 'drafted',
  reason: 'mode-draft',
  because: 'You send replies of this kind yourself.',
  help: null,
  detail: null,
  codes: [],
  verdict: null,
  reply: { state: 'held', holdReasons: [], sendAfter: null },
}

const goesOut: z.input<typeof approved> = { ok: true, sendsAt: '2026-11-28T10:02:00.000Z' }
const saved: z.input<typeof edited> = { ok: true, version: '8a1d5b7c2e9f4063' }

export const examples: Readonly<Record<string, { body?: object; answer: unknown }>> = {
  listWaiting: { answer: [waiting] },
  listMails: { answer: [{ ...waiting, cost: 0.0004, tokens: 1480 }] },
  approveReply: { body: { seen }, answer: goesOut },
  editReply: { body: { text: 'Hello Priya,\n\nyes, it is.', seen }, answer: saved },
  rewriteReply: { body: { instruction: 'Shorter, and in French', seen }, answer: { ok: true } },
}
