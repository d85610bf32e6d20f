/** One reply beside its mail, and the full explanation of one mail. */
import type { Composed, Verdict } from '../judgement/verdict.ts'
import type { MessageRow } from '../store/messages.ts'
import type { ReplyRow } from '../store/replies.ts'
import type { Explained } from '../store/review-lists.ts'
import { Action, Page, Token, type View } from './layout.tsx'
import { dollars } from './pages.tsx'
import { plainWords, supported } from './words.ts'

export interface Shown {
  row: MessageRow
  reply: ReplyRow | null
  /** New text of the mail; null when it was removed. */
  text: string | null
  /** All of its text, quotes included. */
  whole: string | null
  hasHtml: boolean
  explained: Explained
  version: string
  open: boolean
  editing: boolean
  remote: boolean
}

interface Passage {
  file: string
  heading: string
  text: string
}

export function ReplyPage({ view, shown }: { view: View; shown: Shown }) {
  const { row, reply } = shown
  const verdict = row.verdict as Verdict | null
  return (
    <Page view={view} title={row.subject ?? 'Reply'}>
      <header class="bar">
        <a href="/" id="back" class="back">
          ← Queue
        </a>
        <h1>{row.subject || '(no subject)'}</h1>
        <a href={`/mails/${row.id}`}>Explain</a>
      </header>
      <p class="strip">
        <span class={`tag ${row.disposition}`}>{plainWords(row.disposition)}</span>
        {(reply?.holdReason || row.reason)
          .split(' ')
          .filter(Boolean)
          .map((reason) => (
            <span class="tag">{plainWords(reason)}</span>
          ))}
        {verdict ? (
          <span>{`${verdict.category} · ${verdict.sentiment.label} · ${verdict.language}`}</span>
        ) : null}
      </p>
      <div class="pair">
        <section aria-label="Mail" class="card">
          <Original shown={shown} />
        </section>
        <section aria-label="Reply" class="card">
          <Draft view={view} shown={shown} />
        </section>
      </div>
    </Page>
  )
}

function Original({ shown }: { shown: Shown }) {
  const { row, text, whole, hasHtml, remote } = shown
  const source = `/mails/${row.id}/html${remote ? '?remote=1' : ''}`
  return (
    <>
      <h2>{row.fromName || row.fromAddress || 'Nobody'}</h2>
      <p class="meta">
        {row.fromAddress} · {row.internalDate.toUTCString()}
      </p>
      <div class="letter">{text ?? 'The text was removed after the retention time.'}</div>
      {whole !== null && whole.trim() !== (text ?? '').trim() ? (
        <details>
          <summary>Quoted history and signature</summary>
          <div class="letter quiet">{whole}</div>
        </details>
      ) : null}
      {hasHtml ? (
        <details open={remote}>
          <summary>As the sender formatted it</summary>
          <iframe
            title="Formatted mail"
            sandbox="allow-popups allow-popups-to-escape-sandbox"
            src={source}
            loading="lazy"
          />
          {remote ? null : <a href={`?remote=1`}>Show remote pictures</a>}
        </details>
      ) : null}
    </>
  )
}

function Draft({ view, shown }: { view: View; shown: Shown }) {
  const { row, reply, open, editing } = shown
  const to = (action: string) => `/replies/${row.id}/${action}`
  if (row.disposition === 'approved') {
    return (
      <>
        <h2>Approved</h2>
        <p>It goes out when the time to think again is over.</p>
        <div class="letter">{reply?.text}</div>
        <div class="buttons">
          <Action view={view} to={to('cancel')} label="Undo (u)" kind="primary" id="undo" />
        </div>
      </>
    )
  }
  if (row.disposition === 'uncertain') {
    return (
      <>
        <h2>Did it go out?</h2>
        <p>
          The connection broke at the moment of sending: {reply?.replyText}. Ask the recipient, or look in
          Sent.
        </p>
        <div class="letter">{reply?.text}</div>
        <div class="buttons">
          <Action view={view} to={to('sent')} label="It went out" />
          <Action view={view} to={to('hold')} label="It did not: hold it again" />
        </div>
      </>
    )
  }
  return (
    <>
      <h2>{reply ? `Reply to ${reply.addressee}` : 'No reply yet'}</h2>
      {open && (editing || reply === null) ? (
        <Editor view={view} shown={shown} />
      ) : (
        <DraftText shown={shown} />
      )}
      {open ? <Decisions view={view} shown={shown} /> : <Decided view={view} shown={shown} />}
    </>
  )
}

function Seen({ shown }: { shown: Shown }) {
  return <input type="hidden" name="seen" value={shown.version} />
}

function Editor({ view, shown }: { view: View; shown: Shown }) {
  const { row, reply } = shown
  return (
    <form method="post" action={`/replies/${row.id}/edit`} class="editor">
      <Token view={view} />
      {reply ? <Seen shown={shown} /> : null}
      <label for="text">Text</label>
      <textarea id="text" name="text" rows={14} required>
        {reply?.text ?? ''}
      </textarea>
      <div class="buttons">
        <button type="submit" class="primary">
          Save
        </button>
        <button type="submit" name="approve" value="1">
          Save and approve
        </button>
        <a href={`/replies/${row.id}`}>Leave it</a>
      </div>
    </form>
  )
}

function DraftText({ shown }: { shown: Shown }) {
  const { reply } = shown
  if (reply === null) return null
  const passages = reply.sources as Passage[]
  const composed = reply.composed as Composed | null
  const claims = reply.claims as { claim: string }[]
  return (
    <>
      <div class="letter draft">
        {supported(reply.text, passages).map(({ text, source }) =>
          source === null ? (
            text
          ) : (
            <>
              <span class="leans">{text.trimEnd()}</span>
              <a class="ref" href={`#source-${source + 1}`} aria-label={`Source ${source + 1}`}>
                {source + 1}
              </a>
              {text.slice(text.trimEnd().length)}
            </>
          ),
        )}
      </div>
      {claims.length + (composed?.missing.length ?? 0) === 0 ? null : (
        <ul class="gaps">
          {claims.map(({ claim }) => (
            <li>No source says: {claim}</li>
          ))}
          {composed?.missing.map((gap) => (
            <li>Missing: {gap}</li>
          ))}
        </ul>
      )}
      {passages.length === 0 ? null : (
        <details>
          <summary>{`Sources (${passages.length})`}</summary>
          <ol class="sources">
            {passages.map((passage, at) => (
              <li id={`source-${at + 1}`}>
                <b>{`${passage.file} › ${passage.heading}`}</b>
                <div class="letter quiet">{passage.text}</div>
              </li>
            ))}
          </ol>
        </details>
      )}
    </>
  )
}

function Decisions({ view, shown }: { view: View; shown: Shown }) {
  const { row, reply, editing } = shown
  const to = (action: string) => `/replies/${row.id}/${action}`
  return (
    <>
      <div class="buttons">
        {reply && !editing ? (
          <>
            <Action view={view} to={to('approve')} label="Approve (a)" kind="primary" id="approve">
              <Seen shown={shown} />
            </Action>
            <Action view={view} to={to('approve')} label="Approve and next" id="approve-next">
              <Seen shown={shown} />
              <input type="hidden" name="next" value="1" />
            </Action>
            <a class="button" id="edit" href={`/replies/${row.id}?edit=1`}>
              Edit (e)
            </a>
          </>
        ) : null}
        <Action view={view} to={to('reject')} label="Reject (r)" kind="danger" id="reject">
          {reply ? <Seen shown={shown} /> : null}
        </Action>
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
  return <p class="meta">{plainWords(row.reason)}</p>
}

/** Everything that is known of one mail, on one page. */
export function MailPage({ view, shown }: { view: View; shown: Shown }) {
  const { row, reply, explained } = shown
  const verdict = row.verdict as Verdict | null
  return (
    <Page view={view} title={row.subject ?? 'Mail'}>
      <header class="bar">
        <a href="/history" id="back" class="back">
          ← History
        </a>
        <h1>{row.subject || '(no subject)'}</h1>
        <a href={`/replies/${row.id}`}>Reply</a>
      </header>
      <div class="pair">
        <section aria-label="Mail" class="card">
          <Original shown={shown} />
        </section>
        <section aria-label="Decision" class="card">
          <h2>{plainWords(row.disposition)}</h2>
          <p>{plainWords(row.reason)}</p>
          <dl class="facts">
            <dt>Guard</dt>
            <dd>{row.ceiling ?? 'not asked'}</dd>
            <dt>Rules</dt>
            <dd>{row.codes.join(', ') || '–'}</dd>
            <dt>Verdict</dt>
            <dd>{verdict ? verdictWords(verdict) : 'the model was not asked'}</dd>
            <dt>Detail</dt>
            <dd>{row.detail ?? '–'}</dd>
            <dt>Reply</dt>
            <dd>
              {reply
                ? `${reply.state}, to ${reply.addressee}, confidence ${reply.confidence.toFixed(2)}`
                : '–'}
            </dd>
            <dt>Message-ID</dt>
            <dd>{row.messageId ?? '–'}</dd>
          </dl>
        </section>
      </div>
      <Timeline explained={explained} />
    </Page>
  )
}

function verdictWords(verdict: Verdict): string {
  const { spam, sentiment, urgency, confidence, category } = verdict
  const what = spam.is ? `${spam.kind} (${spam.confidence.toFixed(2)})` : 'no spam'
  return `${what}, ${sentiment.label} ${sentiment.intensity.toFixed(1)}, ${category}, urgency ${urgency}, confidence ${confidence.toFixed(2)}`
}

function Timeline({ explained }: { explained: Explained }) {
  const clock = (at: Date) => at.toISOString().replace('T', ' ').slice(0, 19)
  const diffs = explained.changes.filter(({ diff }) => diff)
  return (
    <>
      <section class="scroll" aria-label="Steps" tabindex={0}>
        <table>
          <caption>Steps</caption>
          <tbody>
            {explained.events.map((event) => (
              <tr>
                <td>{clock(event.at)}</td>
                <td>{event.step}</td>
                <td>{plainWords(event.disposition)}</td>
                <td>{plainWords(event.reason)}</td>
                <td>{event.actor}</td>
                <td class="number">
                  {event.durationMs === null ? '' : `${Math.round(event.durationMs)} ms`}
                </td>
              </tr>
            ))}
            {explained.calls.map((call) => (
              <tr>
                <td>{clock(call.at)}</td>
                <td>{call.step}</td>
                <td>{call.model}</td>
                <td>{`prompt ${call.promptHash}`}</td>
                <td>{`${call.inputTokens} + ${call.outputTokens} tokens (${call.cachedTokens} cached)`}</td>
                <td class="number">{dollars(call.cost)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {diffs.map(({ actor, at, diff }) => (
        <details>
          <summary>{`Edited by ${actor}, ${clock(at)}`}</summary>
          <pre>{diff}</pre>
        </details>
      ))}
    </>
  )
}
