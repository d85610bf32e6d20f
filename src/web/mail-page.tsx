/** The mail itself, and the full explanation of its decision. */

import { capitalised, ceilingWords, outcomeNow, replyStateWords } from '../base/dispositions.ts'
import { helpFor, type Reason, sentenceOf } from '../base/reasons.ts'
import { modelVerdict, type Verdict } from '../base/verdicts.ts'
import { Conversation, Original } from './conversation.tsx'
import { Page, type View } from './layout.tsx'
import type { Shown } from './shown.ts'
import { Timeline } from './timeline.tsx'
import { momentOf, titled } from './words.ts'

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
          <h2>{capitalised(outcomeNow(row.disposition, view.paused.includes(row.account)))}</h2>
          <p>{sentenceOf(row.reason)}</p>
          <Help reason={row.reason} />
          <dl class="facts">
            <Fact name="May it be answered">
              {row.ceiling ? capitalised(ceilingWords(row.ceiling)) : 'Not looked at'}
            </Fact>
            <Fact name="Rules that applied">{row.codes.map(sentenceOf).join(' ')}</Fact>
            <Fact name="What the AI read">
              {verdict ? verdictWords(verdict) : 'Nothing: it was not asked'}
            </Fact>
            <Fact name="Detail">{row.detail}</Fact>
            <Fact name="Last failure">
              {row.lastError && `${row.lastError}. Next try: ${momentOf(row.dueAt, view.timeZone)}.`}
            </Fact>
            <Fact name="Not sent automatically">{reply?.holdReasons.map(sentenceOf).join(' ')}</Fact>
            <Fact name="Reply">
              {reply &&
                `${capitalised(replyStateWords(reply.state))}, to ${reply.addressees.join(', ')}, ${Math.round(reply.confidence * 100)} % sure`}
            </Fact>
            <Fact name="Message-ID">{row.messageId}</Fact>
          </dl>
        </section>
      </div>
      <Timeline explained={explained} view={view} />
    </Page>
  )
}

/** Omitted if there is nothing to say. */
function Fact({ name, children }: { name: string; children: string | null | undefined }) {
  if (!children) return null
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

/** The mail with its earlier messages, for browsers without JavaScript; others load only those messages from it. */
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
  const what = spam.is ? `${spam.kind} (${Math.round(spam.confidence * 100)} % sure)` : 'not spam'
  return `${capitalised(what)}. Tone: ${sentiment.label}. Kind: ${titled(category).toLowerCase()}. Urgency: ${urgency} of 3. ${Math.round(confidence * 100)} % sure.`
}
