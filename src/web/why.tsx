/** Why a reply waits, and what would help. */
import { claimWords, helpFor, ownerActionOf, type Reason, sentenceOf } from '../base/reasons.ts'
import { modelVerdict } from '../base/verdicts.ts'
import { byMode } from '../review/approve.ts'
import { lastDeed } from '../review/faster.ts'
import { isAllowed } from '../store/people.ts'
import type { ReplyRow } from '../store/replies.ts'
import type { ListedMail } from '../store/review-lists.ts'
import type { View } from './layout.tsx'
import { checkOf, faultsOf } from './marks.ts'
import type { Shown } from './shown.ts'
import { teachPath } from './teach/teach-page.tsx'
import { momentOf } from './words.ts'

/** When asked to rewrite, the model wrote nothing: the previous draft stays, and may still be sent. */
const rewriteWithoutText = 'rewrite-without-text' satisfies Reason

/** Refusals by the server, which the owner has to act on. */
const refusals: ReadonlySet<Reason> = new Set<Reason>([
  'addressee-refused',
  'smtp-rejected',
  'delivery-failed',
])

/** A server's refusal outranks a doubt, and a doubt the mode, which is visible anyway. An edit ends all doubts. */
export const shownReason = ({ disposition, reason, holdReasons }: Waiting): Reason =>
  (reason === 'edited' ? reason : null) ??
  (disposition === 'held' && refusals.has(reason)
    ? reason
    : (holdReasons?.find((each) => !byMode.has(each)) ??
      (takenBack.has(reason) ? holdReasons?.[0] : null))) ??
  reason

/** Undone by a person: the mail waits again for the reason for which it waited before. */
const takenBack: ReadonlySet<Reason> = new Set<Reason>(['cancelled', 'reopened', 'junk-undone'])

type Waiting = Pick<ListedMail, 'disposition' | 'reason' | 'holdReasons'>

const languages = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' })

function claimLine({ claim, kind }: ReplyRow['claims'][number]): string {
  const language = kind === 'language' && /^[a-z]{2,3}$/.test(claim) ? languages.of(claim) : undefined
  return language === undefined
    ? `${claimWords(kind)} ${claim}`
    : `The draft is in ${language}, and the mail is in another language`
}

/** Whether a person has changed the text: replyd's doubts were about the text before. */
export const isEdited = ({ reply }: Pick<Shown, 'reply'>) => reply !== null && reply.text !== reply.draftText

/** What the draft itself lacks; nothing once a person has changed it. */
export function lacksOf({ reply }: Shown): string[] {
  if (reply === null || isEdited({ reply })) return []
  const missing = reply.composed?.missing.map((gap) => `Missing: ${gap}`) ?? []
  return [...missing, ...reply.claims.map(claimLine)]
}

/** Whether a fact is missing that can be taught, in a draft or for a mail without one. */
const lacksFact = ({ row, reply }: Shown): boolean =>
  reply === null
    ? /^missing: /m.test(row.detail ?? '')
    : !isEdited({ reply }) && (reply.composed?.missing.length ?? 0) > 0

/** One line about why it waits, and what would help. */
export function Why({ view, shown }: { view: View; shown: Shown }) {
  const { row, reply } = shown
  const isOver = row.reason === rewriteWithoutText || isEdited(shown)
  const weighed = isOver ? [] : (reply?.holdReasons ?? [])
  const doubt = weighed.find((each) => !byMode.has(each))
  const reason = doubt ?? weighed[0] ?? (isEdited(shown) && !refusals.has(row.reason) ? 'edited' : row.reason)
  const lines = [...lacksOf(shown), ...(reply === null ? [] : faultsOf(checkOf(reply)))]
  const failure = refusals.has(row.reason) ? row.detail : null
  const { summary = null } = modelVerdict(row.verdict) ?? {}
  const unwritten = reply === null || row.reason === rewriteWithoutText
  const told = unwritten && row.detail !== summary ? row.detail : null
  const help = helpFor(reason)
  return (
    <div
      class={lines.length > 0 || failure !== null || doubt !== undefined ? 'why-line lacking' : 'why-line'}
    >
      <p>
        {reply === null ? <b>No reply yet. </b> : null}
        {row.disposition === 'drafted' ? <b>In your Drafts. </b> : null}
        {row.disposition === 'drafted' && byMode.has(reason) ? (
          'Send it here or from your mail client.'
        ) : reason === row.reason ? (
          <Decider view={view} shown={shown} />
        ) : (
          sentenceOf(reason)
        )}
      </p>
      {failure === null ? null : <p class="fault">{failure}</p>}
      {lines.length === 0 ? null : (
        <ul>
          {lines.map((line) => (
            <Line text={line} />
          ))}
        </ul>
      )}
      {told ? <p dir="auto">{told}</p> : null}
      {lacksFact(shown) && isAllowed(view.role, 'reviewer') ? (
        <p>
          <a id="teach" href={teachPath('/teach', row.account, { mail: row.id })} hx-boost="false">
            Teach this
          </a>
        </p>
      ) : null}
      {help === null ? null : <p class="meta">{help}</p>}
    </div>
  )
}

/** The text may have another direction than the label before it. */
function Line({ text }: { text: string }) {
  const end = text.indexOf(': ') + 1
  return (
    <li>
      {text.slice(0, end)} <bdi>{text.slice(end).trim()}</bdi>
    </li>
  )
}

/** Who decided, in the middle of a paragraph. */
export function Decider({ view, shown: { row, explained } }: { view: View; shown: Shown }) {
  const deed = lastDeed(explained.events)
  if (deed === null || deed.reason !== row.reason) return <>{sentenceOf(row.reason)}</>
  return (
    <>
      <bdi>{ownerActionOf(deed.reason, deed.actor)}</bdi>{' '}
      <span class="meta">{momentOf(deed.at, view.timeZone)}</span>
    </>
  )
}
