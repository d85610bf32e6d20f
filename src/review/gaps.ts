/** What was missing most: the gaps of drafts and of mails without one, grouped by meaning, each with its mails. */
import { createHash } from 'node:crypto'
import { alike, grouped } from '../knowledge/alike.ts'
import { listTaught, type TaughtFact } from '../knowledge/taught.ts'
import { findGaps, type GapRow } from '../store/gaps.ts'
import type { Review } from './review.ts'

export interface GapMail {
  id: string
  subject: string | null
  fromAddress: string | null
  fromName: string | null
  arrivedAt: Date
  /** In the words of the model for this mail. */
  gap: string
  /** It waits for a person. */
  waits: boolean
  /** A person has changed or written its reply, which is then left as it is. */
  edited: boolean
}

export interface Gap {
  /** Names it for `teach`, for as long as its latest mail is among them; 16 hex digits. */
  id: string
  account: string
  /** In the words of its latest mail. */
  question: string
  /** Its other wordings, each once. */
  others: string[]
  /** When it was last missing. */
  last: Date
  /** Latest first; a mail with several such gaps once. */
  mails: GapMail[]
}

interface GapQuestion {
  /** Mails that arrived since then. */
  since: Date
  /** Only of this account. */
  account?: string
}

/** Number of mails examined. */
const mostMails = 2_000

/**
 * Gaps of the most mails first, without those that a taught fact has filled since.
 * @see teach, which fills one
 */
export async function gaps({ context }: Pick<Review, 'context'>, wanted: GapQuestion): Promise<Gap[]> {
  const account = wanted.account ?? null
  const rows = await findGaps(context.db, { since: wanted.since, account, limit: mostMails })
  const open = rows.flatMap((row) => missingOf(row).map((gap) => ({ row, gap })))
  return [...new Set(open.map(({ row }) => row.account))]
    .flatMap((address) => {
      const folder = context.accounts.get(address)?.settings.knowledge
      const taught = folder ? listTaught(folder) : []
      const left = open.filter((one) => one.row.account === address && !wasTaught(one, taught))
      return grouped(left, ({ gap }) => gap).map(gapOf)
    })
    .sort((one, other) => other.mails.length - one.mails.length || other.last.getTime() - one.last.getTime())
}

interface Open {
  row: GapRow
  gap: string
}

const isWaiting = ({
  step,
  disposition,
  replyState,
}: Pick<GapRow, 'step' | 'disposition' | 'replyState'>): boolean =>
  step === 'review' ? disposition !== 'uncertain' : step === 'done' && replyState === 'saved'

function wasTaught({ row, gap }: Open, taught: readonly TaughtFact[]): boolean {
  const since = row.missedAt.toISOString()
  return taught.some(
    ({ at, question, mails }) => at > since && (mails.includes(row.id) || alike(question, gap)),
  )
}

function gapOf(all: readonly Open[]): Gap {
  const [latest] = all as [Open, ...Open[]]
  const question = latest.gap
  const first = all.filter(({ row }, at) => all.findIndex((other) => other.row.id === row.id) === at)
  const mails = first.map(({ row, gap }): GapMail => {
    const { id, subject, fromAddress, fromName, arrivedAt, edited } = row
    return { id, subject, fromAddress, fromName, arrivedAt, gap, edited, waits: isWaiting(row) }
  })
  return {
    id: createHash('sha256').update(`${latest.row.id}\0${question}`).digest('hex').slice(0, 16),
    account: latest.row.account,
    question,
    others: [...new Set(all.map(({ gap }) => gap))].filter((gap) => gap !== question),
    last: latest.row.missedAt,
    mails,
  }
}

/** For a mail without a reply, one line of the ledger's detail lists the gaps. */
function missingOf({ missing, detail }: GapRow): string[] {
  const line = detail?.split('\n').find((each) => each.startsWith('missing: '))
  const found = missing ?? line?.slice('missing: '.length).split('; ') ?? []
  return [...new Set(found.map((gap) => gap.trim()))].filter((gap) => gap !== '')
}
