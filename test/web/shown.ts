import type { Reason } from '../../src/base/reasons.ts'
import { versionOf } from '../../src/review/decide.ts'
import { newRow } from '../../src/store/ingested.ts'
import type { MessageRow } from '../../src/store/messages.ts'
import type { ReplyRow } from '../../src/store/replies.ts'
import type { View } from '../../src/web/layout.tsx'
import type { Shown } from '../../src/web/shown.ts'
import { aVerdict, composedAs } from '../triage/a-verdict.ts'

export const now = new Date('2026-11-24T08:00:00Z')

export function mailWith(reason: Reason, changed: Partial<MessageRow> = {}): MessageRow {
  const row = newRow(
    {
      ...{ id: 'm1', account: 'shop@shop.example', mailbox: 'INBOX', uidValidity: '1', uid: 1 },
      ...{ messageId: '<m1@x.example>', emailId: null, threadId: null, size: 1, flags: [] },
      ...{ fromAddress: 'ann@x.example', fromName: 'Ann', subject: 'Bells', internalDate: now },
      ...{ step: 'review', disposition: 'held', reason },
    },
    now,
  )
  return { ...row, verdict: aVerdict, ceiling: 'may', ...changed }
}

export const replyWith = (holdReasons: Reason[]): ReplyRow => ({
  ...{
    id: 'm1',
    account: 'shop@shop.example',
    state: 'held',
    kind: 'draft',
    replyMessageId: '<r@x.example>',
  },
  ...{ octets: Buffer.from(''), reversePath: 'shop@shop.example', addressee: 'ann@x.example' },
  ...{ addressees: ['ann@x.example'], subject: 'Re: Bells', text: 'We do.', draftText: 'We do.' },
  ...{
    textHash: 'h',
    language: 'en',
    confidence: 0.9,
    composed: composedAs('We do.'),
    claims: [],
    checked: null,
    sources: [],
  },
  ...{ holdReasons, actor: null, attemptGroup: 0, createdAt: now, sendAfter: null, claimedAt: null },
  ...{ finishedAt: null, replyText: null, savedMailbox: null, savedUidValidity: null, savedUid: null },
  envelope: null,
  omitted: [],
  savedSize: null,
  version: '1',
})

export const shownWith = (row: MessageRow, reply: ReplyRow | null): Shown => ({
  ...{ row, reply, text: 'Do you?', whole: null, hasHtml: false, open: true, remote: false },
  envelope: { from: 'Ann <ann@x.example>', to: 'shop@shop.example', cc: '', subject: 'Bells' },
  ...{
    attachments: [],
    thread: [],
    sent: 'none' as const,
    read: [],
    past: { latest: [], count: 0, leftAlone: 0 },
    header: null,
    outgoing: null,
    signature: '',
  },
  undoMs: 60_000,
  texts: [],
  explained: {
    events: [
      {
        ...{ at: now, step: 'guard', disposition: row.disposition, reason: row.reason, detail: null },
        ...{ actor: 'replyd', durationMs: 1 },
      },
    ],
    changes: [],
    calls: [],
  },
  version: versionOf('We do.'),
})

export const view: View = {
  token: 't',
  role: 'owner',
  person: null,
  path: '/',
  notice: null,
  undo: null,
  waiting: { all: 0, held: 0, ready: 0, sending: 0, here: 0, lacking: 0, categories: [] },
  paused: [],
  warnings: [],
  status: [],
  hasLogin: false,
  now,
  timeZone: 'UTC',
}
