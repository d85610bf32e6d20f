/** The mail itself, and the full explanation of its decision. */

import { capitalised, ceilingWords, outcomeOf, replyStateWords } from '../base/dispositions.ts'
import { helpFor, type Reason, sentenceOf } from '../base/reasons.ts'
import { modelVerdict, type Verdict } from '../base/verdicts.ts'
import { Conversation, Original } from './conversation.tsx'
import { Page, type View } from './layout.tsx'
import type { Shown } from './shown.ts'
import { Timeline } from './timeline.tsx'
import { momentOf } from './words.ts'

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

/** The mail with all that came before it, for browsers without JavaScript; the others take the earlier messages out of it. */
export function ConversationPage({ view, shown }: { view: View; shown: Shown }) {
  return (
    <Page view={view} title={shown.row.subject ?? 'Mail'}>
      <header class="bar">
        <a href={`/replies/${shown.row.id}`} id="back" class="back">
          ← Reply
        </a>
        <h1 dir="auto">{shown.row.subject || '(no subject)'}</h1>
      </header>
      <section aria-label="Mail" class="card">
        <Conversation view={view} shown={shown} />
      </section>
    </Page>
  )
}

/** What the owner can do about it, if anything. */
function Help({ reason }: { reason: Reason }) {
  const help = helpFor(reason)
  return help === null ? null : <p class="meta">{help}</p>
}

function verdictWords(verdict: Verdict): string {
  const { spam, sentiment, urgency, confidence, category } = verdict
  const what = spam.is ? `${spam.kind} (${spam.confidence.toFixed(2)})` : 'not spam'
  return `${what}, ${sentiment.label} ${sentiment.intensity.toFixed(1)}, ${category}, urgency ${urgency}, confidence ${confidence.toFixed(2)}`
}
