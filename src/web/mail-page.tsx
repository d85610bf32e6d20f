/** The mail itself, and the full explanation of it. */
import type { Verdict } from '../judgement/verdict.ts'
import type { MessageRow } from '../store/messages.ts'
import type { ReplyRow } from '../store/replies.ts'
import type { Explained } from '../store/review-lists.ts'
import { Page, type View } from './layout.tsx'
import { dollars } from './pages.tsx'
import { plainWords } from './words.ts'

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

export function Original({ shown }: { shown: Shown }) {
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
                <td>{call.answeredBy ?? call.model}</td>
                <td>{`prompt ${call.promptHash}${call.knowledgeHash ? `, knowledge ${call.knowledgeHash}` : ''}`}</td>
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
