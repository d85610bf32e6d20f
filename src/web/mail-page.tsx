/** The mail itself, and the full explanation of its decision. */

import { capitalised, ceilingWords, outcomeOf, replyStateWords } from '../base/dispositions.ts'
import { helpFor, type Reason, sentenceOf } from '../base/reasons.ts'
import { modelVerdict, type Verdict } from '../base/verdicts.ts'
import type { MessageRow } from '../store/messages.ts'
import type { ReplyRow } from '../store/replies.ts'
import type { Explained } from '../store/review-lists.ts'
import { Page, type View, When } from './layout.tsx'
import { Timeline } from './timeline.tsx'
import { momentOf } from './words.ts'

export interface Shown {
  row: MessageRow
  reply: ReplyRow | null
  /** New text of the mail; null if it was removed. */
  text: string | null
  /** The complete text, quotes included. */
  whole: string | null
  hasHtml: boolean
  explained: Explained
  version: string
  open: boolean
  /** For so long after its approval a reply can be taken back, milliseconds. */
  undoMs: number
  editing: boolean
  remote: boolean
}

export function Original({ view, shown }: { view: View; shown: Shown }) {
  const { row, text, whole, hasHtml, remote } = shown
  const source = `/mails/${row.id}/html${remote ? '?remote=1' : ''}`
  return (
    <>
      <h2 dir="auto">{row.fromName || row.fromAddress || 'Nobody'}</h2>
      <p class="meta">
        {row.fromAddress} · <When at={row.internalDate} view={view} />
      </p>
      <div class="letter" dir="auto">
        {text ?? 'The text was removed after the retention time.'}
      </div>
      {whole !== null && whole.trim() !== (text ?? '').trim() ? (
        <details>
          <summary>Quoted history and signature</summary>
          <div class="letter quiet" dir="auto">
            {whole}
          </div>
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

/** Everything known about one mail, on one page. */
export function MailPage({ view, shown }: { view: View; shown: Shown }) {
  const { row, reply, explained } = shown
  const verdict = modelVerdict(row.verdict)
  return (
    <Page view={view} title={row.subject ?? 'Mail'}>
      <header class="bar">
        <a href="/history" id="back" class="back">
          ← History
        </a>
        <h1 dir="auto">{row.subject || '(no subject)'}</h1>
        <a href={`/replies/${row.id}`}>Reply</a>
      </header>
      <div class="pair">
        <section aria-label="Mail" class="card">
          <Original view={view} shown={shown} />
        </section>
        <section aria-label="Decision" class="card">
          <h2>{capitalised(outcomeOf(row.disposition))}</h2>
          <p>{sentenceOf(row.reason)}</p>
          <Help reason={row.reason} />
          <dl class="facts">
            <dt>Guard</dt>
            <dd>{row.ceiling ? capitalised(ceilingWords(row.ceiling)) : 'not asked'}</dd>
            <dt>Rules</dt>
            <dd>{row.codes.map(sentenceOf).join(' ') || '–'}</dd>
            <dt>Verdict</dt>
            <dd>{verdict ? verdictWords(verdict) : 'the model was not asked'}</dd>
            <dt>Detail</dt>
            <dd>{row.detail ?? '–'}</dd>
            {row.lastError === null ? null : (
              <>
                <dt>Last failure</dt>
                <dd>{`${row.lastError}. Tried again from ${momentOf(row.dueAt, view.timeZone)} on.`}</dd>
              </>
            )}
            <dt>Not sent automatically</dt>
            <dd>{reply?.holdReasons.map(sentenceOf).join(' ') || '–'}</dd>
            <dt>Reply</dt>
            <dd>
              {reply
                ? `${capitalised(replyStateWords(reply.state))}, to ${reply.addressees.join(', ')}, confidence ${reply.confidence.toFixed(2)}`
                : '–'}
            </dd>
            <dt>Message-ID</dt>
            <dd>{row.messageId ?? '–'}</dd>
          </dl>
        </section>
      </div>
      <Timeline explained={explained} view={view} />
    </Page>
  )
}

/** What the owner can do about it, if anything. */
export function Help({ reason }: { reason: Reason }) {
  const help = helpFor(reason)
  return help === null ? null : <p class="meta">{help}</p>
}

function verdictWords(verdict: Verdict): string {
  const { spam, sentiment, urgency, confidence, category } = verdict
  const what = spam.is ? `${spam.kind} (${spam.confidence.toFixed(2)})` : 'not spam'
  return `${what}, ${sentiment.label} ${sentiment.intensity.toFixed(1)}, ${category}, urgency ${urgency}, confidence ${confidence.toFixed(2)}`
}
