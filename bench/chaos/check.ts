/**
 * The independent checker: compares the delivered mails with the contents of mailboxes and store, without the daemon
 * and its own reports.
 */
import type { Disposition, Stage } from '../../src/base/dispositions.ts'
import { silentLog } from '../../src/base/log.ts'
import { firstField } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { openDatabase } from '../../src/store/database.ts'
import { readMailbox } from '../../test/flow/mailboxes.ts'
import { type Delivered, usualEnd } from './mails.ts'
import type { World } from './world.ts'

export interface Findings {
  arrived: number
  handled: number
  lost: number
  duplicated: number
  uncertain: number
  misplaced: number
  /** Mails that are settled, but with a different outcome than without the fault. */
  other: number
  problems: string[]
}

interface Row {
  subject: string | null
  step: Stage
  disposition: Disposition
  reason: string
}

interface Lying {
  subject: string
  inReplyTo: string | null
  flags: string[]
}

interface Places {
  rows: Row[]
  inbox: Lying[]
  junk: Lying[]
  drafts: Lying[]
  sent: Lying[]
  accepted: Lying[]
}

/** The daemon has to be stopped: only one process at a time can open the embedded store. */
export async function findings(world: World, alsoFine: readonly Disposition[]): Promise<Findings> {
  const places = await readPlaces(world)
  const found: Findings = {
    arrived: world.delivered.length,
    handled: 0,
    lost: 0,
    duplicated: 0,
    uncertain: 0,
    misplaced: 0,
    other: 0,
    problems: [],
  }
  const byToken = indexed(places)
  for (const mail of world.delivered) {
    const copies = 1 + world.duplicates.filter((token) => token === mail.token).length
    judgeMail({ ...mail, copies }, byToken(mail.token), alsoFine, found)
  }
  const known = new Set(world.delivered.map(({ token }) => token))
  for (const [name, lying] of Object.entries(places) as [keyof Places, { subject: string | null }[]][]) {
    for (const { subject } of lying) {
      if (known.has(tokenOf(subject))) continue
      found.misplaced++
      found.problems.push(`${name}: ${subject} belongs to no mail`)
    }
  }
  return found
}

async function readPlaces(world: World): Promise<Places> {
  const read = async (path: string) => {
    const all = await Promise.all(
      world.addresses.map((address) => readMailbox(world.peers.dovecot, address, path)),
    )
    return all.flat().map(({ octets, flags }) => lyingOf(octets, flags))
  }
  const [inbox, junk, drafts, sent] = await Promise.all(['INBOX', 'Junk', 'Drafts', 'Sent'].map(read))
  return {
    rows: await readRows(world),
    inbox: inbox ?? [],
    junk: junk ?? [],
    drafts: drafts ?? [],
    sent: sent ?? [],
    accepted: world.accepted.map((octets) => lyingOf(octets, [])),
  }
}

function lyingOf(octets: Buffer, flags: string[]): Lying {
  const message = parseOctets(octets)
  return {
    subject: firstField(message, 'subject') ?? '',
    inReplyTo: firstField(message, 'in-reply-to'),
    flags,
  }
}

export async function readRows({ directory, databaseUrl }: World): Promise<Row[]> {
  await using db = await openDatabase({ directory: `${directory}/data`, databaseUrl }, silentLog)
  const { rows } = await db.query<Row>('select subject, step, disposition, reason from replyd.message')
  return rows
}

const tokenOf = (subject: string | null) =>
  /(?:send|draft|spam|list|robot|thanks) (\w+)/.exec(subject ?? '')?.[1] ?? ''

function indexed(places: Places): (token: string) => Places {
  const group = <T extends { subject: string | null }>(all: readonly T[]) => {
    const groups = new Map<string, T[]>()
    for (const each of all) {
      const token = tokenOf(each.subject)
      groups.set(token, [...(groups.get(token) ?? []), each])
    }
    return (token: string) => groups.get(token) ?? []
  }
  const rows = group(places.rows)
  const inbox = group(places.inbox)
  const junk = group(places.junk)
  const drafts = group(places.drafts)
  const sent = group(places.sent)
  const accepted = group(places.accepted)
  return (token) => ({
    rows: rows(token),
    inbox: inbox(token),
    junk: junk(token),
    drafts: drafts(token),
    sent: sent(token),
    accepted: accepted(token),
  })
}

function judgeMail(
  mail: Delivered & { copies: number },
  at: Places,
  alsoFine: readonly Disposition[],
  found: Findings,
): void {
  const problem = (kind: 'lost' | 'duplicated' | 'misplaced' | 'other', words: string) => {
    found[kind]++
    found.problems.push(`${kind}: ${mail.kind} ${mail.token}: ${words}`)
  }
  const rows = at.rows.filter(({ disposition }) => disposition !== 'duplicate')
  const [row] = rows
  if (!row) {
    problem('lost', 'no row')
    return
  }
  if (rows.length > 1) problem('duplicated', `${rows.length} rows: ${rows.map((each) => each.disposition)}`)
  if (row.step !== 'done' && row.step !== 'review') {
    problem('lost', `still at ${row.step} (${row.disposition}, ${row.reason})`)
    return
  }
  found.handled++
  const { disposition } = row
  if (disposition === 'uncertain') found.uncertain++
  const usual = disposition === usualEnd[mail.kind] || disposition === 'uncertain'
  if (!usual && !alsoFine.includes(disposition)) problem('other', `${disposition} (${row.reason})`)
  checkOriginal(disposition, at, mail.copies, problem)
  checkReplies(mail, disposition, at, problem)
}

type Problem = (kind: 'lost' | 'duplicated' | 'misplaced' | 'other', words: string) => void

/** Checks that the mail itself is in exactly one mailbox, the right one, and unread. */
function checkOriginal(
  disposition: Disposition,
  { inbox, junk }: Places,
  copies: number,
  problem: Problem,
): void {
  const total = inbox.length + junk.length
  if (total === 0) problem('lost', 'neither in INBOX nor in Junk')
  if (total > copies) problem('duplicated', `lies in ${inbox.length} + ${junk.length} places`)
  if (total === 1 && (disposition === 'filed') !== (junk.length === 1)) {
    problem('misplaced', `${disposition}, but in ${junk.length === 1 ? 'Junk' : 'INBOX'}`)
  }
  if ([...inbox, ...junk].some(({ flags }) => flags.includes('\\Seen')))
    problem('misplaced', 'was set \\Seen')
}

function checkReplies(mail: Delivered, disposition: Disposition, at: Places, problem: Problem): void {
  const { drafts, sent, accepted } = at
  if (drafts.length > 1) problem('duplicated', `${drafts.length} drafts`)
  if (accepted.length > 1) problem('duplicated', `${accepted.length} sent`)
  if (sent.length > 1) problem('duplicated', `${sent.length} copies in Sent`)
  if (drafts.length > 0 && accepted.length > 0) problem('duplicated', 'sent and saved as a draft')
  if (disposition === 'drafted' && drafts.length === 0) problem('lost', 'no draft')
  if (disposition === 'sent' && accepted.length === 0) problem('lost', 'sent, but the server has nothing')
  if (disposition === 'sent' && sent.length === 0) problem('lost', 'no copy in Sent')
  if (disposition !== 'sent' && sent.length > 0) problem('misplaced', `${disposition}, but a copy in Sent`)
  if (disposition !== 'drafted' && drafts.length > 0) problem('misplaced', `${disposition}, but a draft`)
  if (accepted.length > 0 && disposition !== 'sent' && disposition !== 'uncertain') {
    problem('misplaced', `${disposition}, but sent`)
  }
  const strangers = [...drafts, ...accepted].filter(({ inReplyTo }) => inReplyTo !== mail.messageId)
  if (mail.messageId !== null && strangers.length > 0) problem('misplaced', 'answers another mail')
}
