/** Drafts that are being rewritten because of a fact; the page's live updates replace this part (assets/review.js). */
import type { RewrittenMail } from '../../store/gaps.ts'

export interface Rewriting {
  /** When the fact was taught: drafts written later take it into account. */
  since: Date
  mails: readonly RewrittenMail[]
}

type State = 'written' | 'writing' | 'edited' | 'next'

const stateWords: Record<State, string> = {
  written: 'written again',
  writing: 'being written …',
  edited: 'yours: left as it is',
  next: 'waits its turn',
}

function stateOf({ step, edited, writtenAt }: RewrittenMail, since: Date): State {
  if (step !== 'review' && step !== 'done') return 'writing'
  if (writtenAt !== null && writtenAt >= since) return edited ? 'edited' : 'written'
  return edited ? 'edited' : 'next'
}

export function RewritingCard({ rewriting: { since, mails } }: { rewriting: Rewriting }) {
  const states = mails.map((mail) => ({ ...mail, state: stateOf(mail, since) }))
  const open = states.filter(({ state }) => state === 'writing' || state === 'next').length
  const done = states.filter(({ state }) => state === 'written').length
  return (
    <section id="live" class="card block rewriting" aria-label="Drafts written again">
      <p role="status">
        <b>
          {open > 0
            ? `${draftsWords(open)} being written again …`
            : `Done: ${done === 1 ? '1 draft was' : `${done} drafts were`} written again.`}
        </b>
      </p>
      <ul class="behind">
        {states.map(({ id, subject, state }) => (
          <li>
            <a href={`/replies/${id}`} dir="auto">
              {subject || '(no subject)'}
            </a>
            <span class={state === 'written' ? 'changed' : 'meta'}>{stateWords[state]}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

const draftsWords = (count: number) => (count === 1 ? '1 draft is' : `${count} drafts are`)

/** What happens now, to be appended to another sentence. */
export function againWords(again: number, left: number): string {
  const written = again === 0 ? '' : ` ${draftsWords(again)} being written again.`
  const kept =
    left === 0 ? '' : ` ${left === 1 ? '1 that you edited stays' : `${left} that you edited stay`}.`
  return `${written}${kept}`
}
