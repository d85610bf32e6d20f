/** The right pane: the reply, why it waits, and what can be done with it. */
import { capitalised, ceilingWords, outcomeOf } from '../base/dispositions.ts'
import { claimWords, helpFor, type Reason, sentenceOf } from '../base/reasons.ts'
import { modelVerdict } from '../base/verdicts.ts'
import { pageWords } from '../knowledge/folder-files.ts'
import { byMode } from '../review/approve.ts'
import type { ReplyRow } from '../store/replies.ts'
import type { ListedMail } from '../store/review-lists.ts'
import { addressOf, type InboxFilter } from './inbox-filter.ts'
import { Action, Countdown, Token, type View } from './layout.tsx'
import { checkOf, faultsOf, marksOf, passageOrder } from './marks.ts'
import { Editor, Fields, Seen } from './reply-editor.tsx'
import type { Shown } from './shown.ts'
import { titled, windowOf } from './words.ts'

interface PaneProps {
  view: View
  shown: Shown
  filter: InboxFilter
}

export function ReplyPane({ next, ...props }: PaneProps & { next: string | null }) {
  const { shown } = props
  const { row, open } = shown
  const mark = `${shown.version} ${row.step} ${row.disposition} ${row.reason}`
  return (
    <section
      id="reply"
      class="pane reply"
      aria-label="Reply"
      data-mark={mark}
      tabindex={0}
      hx-boost="true"
      hx-target="#panes"
      hx-select="#panes"
      hx-select-oob="#notice"
      hx-swap="outerHTML"
    >
      <p id="looking" class="looking" role="status" hidden />
      <Content {...props} />
      <Details shown={shown} />
      {open && props.view.role !== 'reader' ? <Bar {...props} next={next} /> : null}
    </section>
  )
}

function Content(props: PaneProps) {
  const { row, open } = props.shown
  if (row.disposition === 'approved') return <Approved {...props} />
  if (row.disposition === 'uncertain') return <Uncertain {...props} />
  if (open) return <Open {...props} />
  if (row.step === 'done' || row.step === 'review') return <Decided {...props} />
  return (
    <div class="writing" role="status">
      <h2>Being written …</h2>
      <p class="meta">This page shows the reply as soon as it is there.</p>
    </div>
  )
}

function Open(props: PaneProps) {
  const { shown, view } = props
  if (view.role === 'reader')
    return (
      <>
        <Why shown={shown} />
        {shown.outgoing === null ? null : <Fields envelope={shown.outgoing} />}
        {shown.reply === null ? null : <Text shown={shown} />}
        <Sources view={view} shown={shown} />
      </>
    )
  return (
    <>
      <Why shown={shown} />
      <Editor {...props} />
      <Sources view={view} shown={shown} />
      <Rewrite {...props} />
      <Action
        view={view}
        to={addressOf(`/replies/${shown.row.id}/junk`, props.filter)}
        label="This is spam"
        kind="plain"
        id="junk"
      >
        {shown.reply ? <Seen shown={shown} /> : null}
      </Action>
    </>
  )
}

/** When asked to rewrite, the model wrote nothing: the previous draft stays, and may still be sent. */
const rewriteWithoutText = 'rewrite-without-text' satisfies Reason

/** Refusals by the server, which the owner has to act on. */
const refusals: ReadonlySet<Reason> = new Set<Reason>([
  'addressee-refused',
  'smtp-rejected',
  'delivery-failed',
])

/** The last obstacle says more than the first reason; that it is a draft is visible. What a person has edited is no doubt of replyd's. */
export const shownReason = ({ disposition, reason, holdReasons }: Waiting): Reason =>
  (reason === 'edited' ? reason : null) ??
  (disposition === 'held' && refusals.has(reason)
    ? reason
    : (holdReasons?.find((each) => !byMode.has(each)) ??
      (takenBack.has(reason) ? holdReasons?.[0] : null))) ??
  reason

/** Undone by a person: why it waited before is why it waits again. */
const takenBack: ReadonlySet<Reason> = new Set<Reason>(['cancelled', 'reopened', 'junk-undone'])

type Waiting = Pick<ListedMail, 'disposition' | 'reason' | 'holdReasons'>

const languages = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' })

function claimLine({ claim, kind }: ReplyRow['claims'][number]): string {
  const language = kind === 'language' && /^[a-z]{2,3}$/.test(claim) ? languages.of(claim) : undefined
  return language === undefined
    ? `${claimWords(kind)} ${claim}`
    : `The draft is in ${language}, and the mail is in another language`
}

/** A person's text: what replyd doubted was in another one. */
const isEdited = ({ reply }: Pick<Shown, 'reply'>) => reply !== null && reply.text !== reply.draftText

/** What the draft itself lacks; nothing once a person has changed it. */
function lacksOf({ reply }: Shown): string[] {
  if (reply === null || isEdited({ reply })) return []
  const missing = reply.composed?.missing.map((gap) => `Missing: ${gap}`) ?? []
  return [...missing, ...reply.claims.map(claimLine)]
}

/** One line about why it waits, and what would help. */
function Why({ shown }: { shown: Shown }) {
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
        {row.disposition === 'drafted' && byMode.has(reason)
          ? 'Send it here or from your mail client.'
          : sentenceOf(reason)}
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
      {help === null ? null : <p class="meta">{help}</p>}
    </div>
  )
}

/** What it is about may be in another direction than the label before it. */
function Line({ text }: { text: string }) {
  const end = text.indexOf(': ') + 1
  return (
    <li>
      {text.slice(0, end)} <bdi>{text.slice(end).trim()}</bdi>
    </li>
  )
}

function Sources({ view, shown: { reply } }: Pick<PaneProps, 'view' | 'shown'>) {
  if (reply === null || reply.sources.length === 0) return null
  const marks = marksOf(reply)
  const used = new Set(marks.flatMap(({ sources }) => sources))
  const order = passageOrder(reply, marks)
  const list = (indexes: number[]) => (
    <ol class="sources">
      {indexes.map((at) => {
        const passage = reply.sources[at]
        return passage === undefined ? null : (
          <li id={`source-${order.indexOf(at) + 1}`} value={order.indexOf(at) + 1}>
            <b dir="auto">{passage.heading === '' ? passage.file : `${passage.file} › ${passage.heading}`}</b>
            <span dir="auto">{passage.text}</span>
            {passage.page ? <small class="meta">{pageWords(passage.page, view.timeZone)}</small> : null}
          </li>
        )
      })}
    </ol>
  )
  const [first, others] = [order.filter((at) => used.has(at)), order.filter((at) => !used.has(at))]
  return (
    <section aria-label="Sources" class="sourced">
      {first.length === 0 ? null : list(first)}
      {others.length === 0 ? null : (
        <details>
          <summary>{`${others.length} more ${others.length === 1 ? 'source' : 'sources'} it could use`}</summary>
          {list(others)}
        </details>
      )}
    </section>
  )
}

function Approved({ view, shown, filter }: PaneProps) {
  const { row, reply, outgoing } = shown
  return (
    <>
      <div class="why-line">
        <p>
          <b>Approved.</b> <Countdown until={reply?.sendAfter ?? null} timeZone={view.timeZone} />
          {row.reason === 'outside-hours'
            ? ', when business hours next open.'
            : '. You can take it back until then.'}
        </p>
      </div>
      {outgoing === null ? null : <Fields envelope={outgoing} />}
      <Text shown={shown} />
      <div class="buttons">
        <Action
          view={view}
          to={addressOf(`/replies/${row.id}/cancel`, filter)}
          label="Undo"
          id={undoId(view)}
        />
      </div>
    </>
  )
}

/** The key `u` presses the one in the notice, if there is one. */
const undoId = (view: View) => (view.undo === null ? 'undo' : undefined)

function Text({ shown: { reply, signature } }: { shown: Shown }) {
  return (
    <div class="letter" dir="auto">
      {[reply?.text ?? '', signature].filter((part) => part !== '').join('\n\n')}
    </div>
  )
}

function Uncertain({ view, shown, filter }: PaneProps) {
  const { row, reply } = shown
  const to = (action: string) => addressOf(`/replies/${row.id}/${action}`, filter)
  return (
    <>
      <div class="why-line lacking">
        <p>
          <b>Was it sent?</b> The connection broke while the reply was being sent: {reply?.replyText}. Ask the
          recipient, or look in Sent.
        </p>
      </div>
      <Text shown={shown} />
      <div class="buttons">
        <Action view={view} to={to('sent')} label="It was sent" />
        <Action view={view} to={to('hold')} label="It was not sent: hold it again" />
      </div>
    </>
  )
}

function Decided({ view, shown, filter }: PaneProps) {
  const { row, reply } = shown
  const isRejected = row.disposition === 'rejected'
  return (
    <>
      <div class="why-line">
        <p>
          <b>{capitalised(outcomeOf(row.disposition))}.</b> {sentenceOf(row.reason)}
        </p>
      </div>
      {reply === null ? null : <Text shown={shown} />}
      {isRejected ? (
        <Action
          view={view}
          to={addressOf(`/replies/${row.id}/reopen`, filter)}
          label="Undo"
          id={undoId(view)}
        />
      ) : null}
      {row.step === 'done' && reply === null && row.ceiling !== 'never' && !isRejected ? (
        <Rewrite view={view} shown={shown} filter={filter} />
      ) : null}
    </>
  )
}

/** What the button does: every approved reply is sent, even if it was saved in Drafts. */
export function sendWords({ undoMs }: Pick<Shown, 'undoMs'>): string {
  return undoMs === 0 ? 'Send now' : `Send in ${windowOf(undoMs / 1000)}`
}

/** Stays in view; on a phone it is fixed to the window's end. */
function Bar({ view, shown, filter, next }: PaneProps & { next: string | null }) {
  const { row, reply } = shown
  const hasDoubt = !isEdited(shown) && (reply?.holdReasons.some((each) => !byMode.has(each)) ?? false)
  const isIncomplete = reply === null || hasDoubt || lacksOf(shown).length > 0
  return (
    <div class="decide">
      <button
        type="submit"
        form="editor"
        name="approve"
        value="1"
        id="approve"
        class={isIncomplete ? undefined : 'primary'}
      >
        {sendWords(shown)}
      </button>
      <a class={isIncomplete ? 'button touch primary' : 'button touch'} id="edit" href="#text">
        Edit
      </a>
      <button type="submit" form="editor" id="save" class="later">
        Save
      </button>
      <a class="button" id="skip" href={addressOf(next === null ? '/' : `/replies/${next}`, filter)}>
        Skip
      </a>
      <Action
        view={view}
        to={addressOf(`/replies/${row.id}/reject`, filter)}
        label="Reject"
        kind="danger"
        id="reject"
      >
        {reply ? <Seen shown={shown} /> : null}
      </Action>
    </div>
  )
}

function Rewrite({ view, shown, filter }: PaneProps) {
  if (view.role === 'reader') return null
  return (
    <form method="post" action={addressOf(`/replies/${shown.row.id}/rewrite`, filter)} class="rewrite">
      <Token view={view} />
      {shown.reply ? <Seen shown={shown} /> : null}
      <label for="instruction" class="hidden">
        Write again, but …
      </label>
      <input
        id="instruction"
        name="instruction"
        maxlength={2000}
        placeholder="Write again, but … shorter, and offer a call on Monday"
      />
      <button type="submit">Write again</button>
    </form>
  )
}

/** What only matters when something looks wrong. */
function Details({ shown: { row, reply } }: { shown: Shown }) {
  const verdict = modelVerdict(row.verdict)
  const others = reply?.holdReasons ?? []
  return (
    <details class="more">
      <summary>Details</summary>
      <dl class="facts">
        {verdict === null ? null : (
          <>
            <dt>Kind</dt>
            <dd>{`${titled(verdict.category)}, ${verdict.sentiment.label}, urgency ${verdict.urgency} of 3, in ${verdict.language}`}</dd>
          </>
        )}
        {others.length === 0 ? null : (
          <>
            <dt>Not sent automatically</dt>
            <dd>{others.map(sentenceOf).join(' ')}</dd>
          </>
        )}
        <dt>Rules</dt>
        <dd>
          {row.ceiling === null ? 'Not asked' : `It ${ceilingWords(row.ceiling)}.`}{' '}
          {row.codes.map(sentenceOf).join(' ')}
        </dd>
        {reply === null ? null : (
          <>
            <dt>Confidence</dt>
            <dd>{`${Math.round(reply.confidence * 100)} %`}</dd>
          </>
        )}
      </dl>
      <a href={`/mails/${row.id}`} hx-boost="false">
        Every step of this mail
      </a>
    </details>
  )
}
