/** What a notification looks like, made as the real ones are. */
import type { TellableEvent } from '../../store/webhooks.ts'
import { digestMessage, type PushMessage, pushMessage, troubleMessage } from './message.ts'

const sample: TellableEvent = {
  ...{
    id: 1,
    at: new Date(0),
    step: 'compose',
    disposition: 'held',
    reason: 'mode-review',
    messageId: 'sample',
  },
  ...{ account: 'shop@example.com', fromAddress: 'nadia@example.com', subject: 'Crack in the frame' },
  ...{ summary: null, detail: null, missing: null },
}
const trouble = { name: 'connection', brief: 'The connection to a mail server is lost', words: '' }

const examples: readonly (readonly [when: string, message: PushMessage | null])[] = [
  ['A reply waits', pushMessage([sample], false)],
  ['The same, with sender and subject', pushMessage([sample], true)],
  ['Something is wrong', troubleMessage([trouble], false)],
  ['Once a day', digestMessage(3)],
]

export function Examples() {
  return (
    <section class="card block" aria-labelledby="examples">
      <h2 id="examples">What a notification looks like</h2>
      <ul class="examples">
        {examples.flatMap(([when, message]) =>
          message === null
            ? []
            : [
                <li>
                  <small>{when}</small>
                  <div class="example">
                    <img src="/assets/icon.svg" alt="" width="32" height="32" />
                    <span>
                      <b>{message.title}</b>
                      {message.body === '' ? null : <span>{message.body}</span>}
                      <small>replyd</small>
                    </span>
                  </div>
                </li>,
              ],
        )}
      </ul>
      <p class="meta">
        A click opens the reply, or the list when several wait. The text is encrypted for your browser: the
        push service that carries it can't read it.
      </p>
    </section>
  )
}
