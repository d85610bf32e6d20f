/** One reply next to its mail. */
import { capitalised, outcomeOf } from '../base/dispositions.ts'
import { labelOf, type Reason, sentenceOf } from '../base/reasons.ts'
import { modelVerdict } from '../base/verdicts.ts'
import { DraftText } from './draft-text.tsx'
import { Action, Countdown, Page, Token, type View } from './layout.tsx'
import { Help, Original, type Shown } from './mail-page.tsx'
import { windowOf } from './words.ts'

export function ReplyPage({ view, shown }: { view: View; shown: Shown }) {
  const { row } = shown
  const verdict = modelVerdict(row.verdict)
  return (
    <Page view={view} title={row.subject ?? 'Reply'}>
      <header class="bar">
        <a href="/" id="back" class="back">
          ← Queue
        </a>
        <h1 dir="auto">{row.subject || '(no subject)'}</h1>
        <a href={`/mails/${row.id}`}>Explain</a>
      </header>
      <p class="strip">
        <span class={`tag ${row.disposition}`}>{capitalised(outcomeOf(row.disposition))}</span>
        {shownReasons(shown).map((reason) => (
          <span class="tag">{labelOf(reason)}</span>
        ))}
        {verdict ? (
          <span>{`${verdict.category} · ${verdict.sentiment.label} · ${verdict.language}`}</span>
        ) : null}
      </p>
      <div class="pair">
        <section aria-label="Mail" class="card">
          <Original view={view} shown={shown} />
        </section>
        <section aria-label="Reply" class="card">
          <Draft view={view} shown={shown} />
        </section>
      </div>
    </Page>
  )
}

/** Why it waits: all reasons, or the last obstacle. */
function shownReasons({ row, reply }: Shown): readonly Reason[] {
  const weighed = row.reason === rewriteWithoutText ? [] : (reply?.holdReasons ?? [])
  return weighed.length > 0 ? weighed : [row.reason]
}

function Draft({ view, shown }: { view: View; shown: Shown }) {
  const { row, reply, open, editing } = shown
  const to = (action: string) => `/replies/${row.id}/${action}`
  if (row.disposition === 'approved') {
    return (
      <>
        <h2>Approved</h2>
        <p>
          <Countdown until={reply?.sendAfter ?? null} timeZone={view.timeZone} />
          {row.reason === 'outside-hours'
            ? ', when business hours next open.'
            : '. You can cancel it until then.'}
        </p>
        <div class="letter" dir="auto">
          {reply?.text}
        </div>
        <div class="buttons">
          <Action view={view} to={to('cancel')} label="Undo (u)" kind="primary" id="undo" />
        </div>
      </>
    )
  }
  if (row.disposition === 'uncertain') {
    return (
      <>
        <h2>Was it sent?</h2>
        <p>
          The connection broke while the reply was being sent: {reply?.replyText}. Ask the recipient, or look
          in Sent.
        </p>
        <div class="letter" dir="auto">
          {reply?.text}
        </div>
        <div class="buttons">
          <Action view={view} to={to('sent')} label="It was sent" />
          <Action view={view} to={to('hold')} label="It was not sent: hold it again" />
        </div>
      </>
    )
  }
  return (
    <>
      <h2>{reply ? `Reply to ${reply.addressees.join(', ')}` : 'No reply yet'}</h2>
      {open ? <Help reason={row.reason} /> : null}
      {open && refusals.has(row.reason) && row.detail ? <p class="fault">{row.detail}</p> : null}
      {(reply === null && row.reason === 'needs-person') ||
      (reply !== null && row.reason === rewriteWithoutText) ? (
        <ForPerson shown={shown} />
      ) : null}
      {open && (editing || reply === null) ? (
        <Editor view={view} shown={shown} />
      ) : (
        <DraftText shown={shown} />
      )}
      {open ? <Decisions view={view} shown={shown} /> : <Decided view={view} shown={shown} />}
    </>
  )
}

/** Refusals by the server, which the owner has to act on. */
const refusals: ReadonlySet<Reason> = new Set<Reason>([
  'addressee-refused',
  'smtp-rejected',
  'delivery-failed',
])

/** When asked to rewrite, the model wrote nothing: the previous draft stays, and may still be approved. */
const rewriteWithoutText = 'rewrite-without-text' satisfies Reason

/** The model wrote nothing: what the mail is about, and what it did not know. */
function ForPerson({ shown: { row } }: { shown: Shown }) {
  const { summary = null } = modelVerdict(row.verdict) ?? {}
  return (
    <>
      <p>{sentenceOf(row.reason)}</p>
      {[summary, row.detail === summary ? null : row.detail].map((line) =>
        line ? <p dir="auto">{line}</p> : null,
      )}
    </>
  )
}

function Seen({ shown }: { shown: Shown }) {
  return <input type="hidden" name="seen" value={shown.version} />
}

function Editor({ view, shown }: { view: View; shown: Shown }) {
  const { row, reply } = shown
  return (
    <form method="post" action={`/replies/${row.id}/edit`} class="editor" data-reply={row.id}>
      <Token view={view} />
      {reply ? <Seen shown={shown} /> : null}
      <label for="text">Text</label>
      <textarea id="text" name="text" rows={14} required dir="auto">
        {reply?.text ?? ''}
      </textarea>
      <p class="meta typed" role="status" hidden />
      <div class="buttons">
        <button type="submit" class="primary">
          Save
        </button>
        <button type="submit" name="approve" value="1">
          {`Save and ${sendWords(shown).toLowerCase()}`}
        </button>
        <a href={`/replies/${row.id}`}>Leave it</a>
      </div>
    </form>
  )
}

/** What the button does: every approved reply is sent, even if it was saved in Drafts. */
function sendWords({ undoMs }: Shown): string {
  return undoMs === 0 ? 'Send now' : `Send in ${windowOf(undoMs / 1000)}`
}

/** The draft itself says that it is not complete: then sending is not the first thing to do. */
function lacksSomething({ claims, composed, text, draftText }: NonNullable<Shown['reply']>): boolean {
  return text === draftText && claims.length + (composed?.missing.length ?? 0) > 0
}

function Decisions({ view, shown }: { view: View; shown: Shown }) {
  const { row, reply, editing } = shown
  const lacks = reply !== null && lacksSomething(reply)
  const to = (action: string) => `/replies/${row.id}/${action}`
  return (
    <>
      <div class="buttons">
        {reply && !editing ? (
          <>
            <Action
              view={view}
              to={to('approve')}
              label={`${sendWords(shown)} (a)`}
              kind={lacks ? undefined : 'primary'}
              id="approve"
            >
              <Seen shown={shown} />
            </Action>
            <a class={lacks ? 'button primary' : 'button'} id="edit" href={`/replies/${row.id}?edit=1`}>
              Edit (e)
            </a>
          </>
        ) : null}
        <Action view={view} to={to('reject')} label="Reject (r)" kind="danger" id="reject">
          {reply ? <Seen shown={shown} /> : null}
        </Action>
        {reply && !editing ? (
          <Action view={view} to={to('approve')} label={`${sendWords(shown)}, and next`} id="approve-next">
            <Seen shown={shown} />
            <input type="hidden" name="next" value="1" />
          </Action>
        ) : null}
      </div>
      <Rewrite view={view} shown={shown} />
    </>
  )
}

function Rewrite({ view, shown }: { view: View; shown: Shown }) {
  return (
    <form method="post" action={`/replies/${shown.row.id}/rewrite`} class="rewrite">
      <Token view={view} />
      {shown.reply ? <Seen shown={shown} /> : null}
      <label for="instruction">Write again, but …</label>
      <input
        id="instruction"
        name="instruction"
        maxlength={2000}
        placeholder="shorter, and offer a call on Monday"
      />
      <button type="submit">Write again</button>
    </form>
  )
}

function Decided({ view, shown }: { view: View; shown: Shown }) {
  const { row } = shown
  if (row.disposition === 'rejected')
    return <Action view={view} to={`/replies/${row.id}/reopen`} label="Undo (u)" id="undo" />
  if (row.step === 'done' && shown.reply === null && row.ceiling !== 'never')
    return <Rewrite view={view} shown={shown} />
  return <p class="meta">{sentenceOf(row.reason)}</p>
}
