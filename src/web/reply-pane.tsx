/** The right pane: the reply, why it waits, and what can be done with it. */
import { capitalised, ceilingWords, outcomeOf } from '../base/dispositions.ts'
import { ownerActionOf, sentenceOf } from '../base/reasons.ts'
import { modelVerdict } from '../base/verdicts.ts'
import { pageWords } from '../knowledge/folder-files.ts'
import { byMode } from '../review/approve.ts'
import { lastDeed } from '../review/faster.ts'
import { isUnanswered } from '../review/rewrite.ts'
import { addressOf, type InboxFilter } from './inbox-filter.ts'
import { Action, Countdown, Token, type View } from './layout.tsx'
import { marksOf, passageOrder } from './marks.ts'
import { Editor, Fields, type Refused, Seen, Unused } from './reply-editor.tsx'
import type { Shown } from './shown.ts'
import { Decider, isEdited, lacksOf, Why } from './why.tsx'
import { titled, windowOf } from './words.ts'

export { shownReason } from './why.tsx'

interface PaneProps {
  view: View
  shown: Shown
  filter: InboxFilter
  /** Input that was not saved; null if there is none. */
  refused: Refused | null
}

export function ReplyPane({ next, ...props }: PaneProps & { next: string | null }) {
  const { shown } = props
  const { row, open } = shown
  const deed = lastDeed(shown.explained.events)
  const mark = `${shown.version} ${row.step} ${row.disposition} ${row.reason}`
  return (
    <section
      id="reply"
      class="pane reply"
      aria-label="Reply"
      data-mark={mark}
      data-deed={deed === null ? undefined : ownerActionOf(deed.reason, deed.actor)}
      tabindex={0}
      hx-boost="true"
      hx-target="#panes"
      hx-select="#panes"
      hx-select-oob="#notice"
      hx-swap="outerHTML"
    >
      <p id="looking" class="looking" role="status" hidden />
      <Content {...props} />
      {open ? null : <Unused typed={props.refused?.typed ?? null} />}
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
    <>
      <div class="writing" role="status">
        <h2>Being written …</h2>
        <p class="meta">This page shows the reply as soon as it is ready.</p>
      </div>
      <Replaced {...props} />
    </>
  )
}

/** The old text, readable until the new one is there. */
function Replaced({ shown }: PaneProps) {
  const { row, reply } = shown
  if (reply === null || row.instruction === null || row.step === 'decide') return null
  return (
    <section class="replaced" aria-label="The previous text">
      <h3>The previous text</h3>
      <Text shown={shown} />
    </section>
  )
}

function Open(props: PaneProps) {
  const { shown, view } = props
  if (view.role === 'reader')
    return (
      <>
        <Why view={view} shown={shown} />
        {shown.outgoing === null ? null : <Fields envelope={shown.outgoing} />}
        {shown.reply === null ? null : <Text shown={shown} />}
        <Sources view={view} shown={shown} />
      </>
    )
  return (
    <>
      <Why view={view} shown={shown} />
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
        <Seen shown={shown} />
      </Action>
    </>
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
  const paused = view.paused.includes(row.account)
  return (
    <>
      <div class="why-line">
        <p>
          <b>Approved.</b>{' '}
          <Countdown until={reply?.sendAfter ?? null} timeZone={view.timeZone} paused={paused} />
          {row.reason === 'outside-hours' && !paused
            ? ', when business hours next begin.'
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

/** The key `u` presses the undo button in the notice, if there is one. */
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

function Decided(props: PaneProps) {
  const { view, shown, filter } = props
  const { row, reply } = shown
  const isRejected = row.disposition === 'rejected'
  const mayStillAnswer = reply === null && isUnanswered(row) && row.ceiling !== 'never'
  return (
    <>
      <div class="why-line">
        <p>
          <b>{capitalised(outcomeOf(row.disposition))}.</b> <Decider view={view} shown={shown} />
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
      {mayStillAnswer ? <Rewrite {...props} /> : null}
    </>
  )
}

/** What the button does: every approved reply is sent, even if it was saved in Drafts. */
function sendWords({ undoMs }: Pick<Shown, 'undoMs'>): string {
  return undoMs === 0 ? 'Send now' : `Send in ${windowOf(undoMs / 1000)}`
}

/** What to consider before sending a draft that says that it is no answer. */
function askOf(shown: Shown): string | undefined {
  const { reply } = shown
  if (reply === null || isEdited(shown)) return undefined
  const lacks = (reply.composed?.missing.length ?? 0) > 0
  if (!lacks && !reply.holdReasons.includes('needs-person')) return undefined
  return lacks
    ? 'This draft says that something is missing. Send it anyway?'
    : 'A person should answer this one. Send the draft anyway?'
}

/** Stays in view; on a phone it is fixed to the bottom of the window. */
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
        data-asks={askOf(shown)}
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
        <Seen shown={shown} />
      </Action>
    </div>
  )
}

function Rewrite({ view, shown, filter }: PaneProps) {
  if (view.role === 'reader') return null
  return (
    <form method="post" action={addressOf(`/replies/${shown.row.id}/rewrite`, filter)} class="rewrite">
      <Token view={view} />
      <Seen shown={shown} />
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
