/** Asks before replyd starts to send automatically, or a budget of 0 stops it, and says what will happen. */
import { Token, type View, When } from './layout.tsx'
import { consequencesOf, type Sending } from './sending.ts'
import { SetupPage } from './setup-frame.tsx'

/** Replies that are shown. */
const shownAtMost = 5

interface Props {
  view: View
  sending: readonly Sending[]
  /** A budget of 0 is saved. */
  stops?: boolean
  /** Names of the other settings that are saved at the same time. */
  others: readonly string[]
  form: { to: string; fields: readonly (readonly [string, unknown])[]; back: string }
}

export function ConfirmSending({ view, sending, stops = false, others, form: { to, fields, back } }: Props) {
  const isSending = sending.length > 0
  return (
    <SetupPage view={view} title={isSending ? 'Let replyd send automatically?' : 'A budget of $0?'}>
      {stops ? <Stopping /> : null}
      {sending.map((each) => (
        <Consequences view={view} sending={each} />
      ))}
      <form method="post" action={to} class="card block" id="confirm-sending">
        <Token view={view} />
        {fields.map(([name, value]) =>
          typeof value === 'string' ? <input type="hidden" name={name} value={value} /> : null,
        )}
        <input type="hidden" name="confirmed" value="1" />
        {others.length === 0 ? null : <p class="meta">{`Saved at the same time: ${others.join(', ')}.`}</p>}
        <p class="buttons">
          <a class="button primary" href={back} autofocus>
            Cancel: change nothing
          </a>
          <button type="submit">{isSending ? 'Yes, send automatically' : 'Yes, set it to $0'}</button>
        </p>
      </form>
    </SetupPage>
  )
}

function Stopping() {
  return (
    <section class="card block" aria-label="What happens">
      <p>
        <b>With a budget of $0 replyd asks no AI that costs money.</b> New mail is neither judged nor answered
        until the budget is raised. No mail is lost: it stays in the mailbox and waits.
      </p>
      <p class="meta">To stop only the sending, pause the account under Setup → Accounts.</p>
    </section>
  )
}

function Consequences({ view, sending }: { view: View; sending: Sending }) {
  const clear = sending.latest.filter(({ sendable }) => sendable)
  const { begin, unread, points, examples } = consequencesOf(sending)
  return (
    <section class="card block" aria-label="What happens">
      <p>
        <b dir="auto">{begin}</b> {unread}
      </p>
      <ul class="plain">
        {points.map((point) => (
          <li>{point}</li>
        ))}
      </ul>
      <p>{examples}</p>
      {clear.length === 0 ? null : (
        <ul class="rows">
          {clear.slice(0, shownAtMost).map(({ id, subject, fromName, fromAddress, createdAt }) => (
            <li>
              <span>
                <a href={`/mails/${id}`} dir="auto">
                  {subject || '(no subject)'}
                </a>
                <small>
                  <bdi>{fromName || fromAddress || 'Nobody'}</bdi> · <When at={createdAt} view={view} />
                </small>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
