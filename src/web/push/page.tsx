/** Notifications: what they say, for this browser and for the person's other browsers. */
import type { PushDevice, PushWishes } from '../../store/push-devices.ts'
import type { TellableEvent } from '../../store/webhooks.ts'
import { Action, Token, type View } from '../layout.tsx'
import { SetupPage } from '../setup-frame.tsx'
import { momentOf } from '../words.ts'
import { Blocked } from './blocked.tsx'
import { digestMessage, type PushMessage, pushMessage, troubleMessage } from './message.ts'
import { patienceMinutes } from './troubles.ts'

interface NotificationsView {
  fault: string | null
  /** For the browser: VAPID, base64url. */
  publicKey: string
  devices: readonly PushDevice[]
}

export function NotificationsPage({ view, shown }: { view: View; shown: NotificationsView }) {
  return (
    <SetupPage view={view} title="Notifications" fault={shown.fault} isOwn>
      <p class="meta lead">
        replyd can tell this computer or phone when something needs you, even while no page of replyd is open.
        You choose for each browser what it tells you, and when it stays quiet.
      </p>
      <ThisBrowser view={view} publicKey={shown.publicKey} />
      <Examples />
      <Devices view={view} devices={shown.devices} />
      <Blocked canTest={shown.devices.length > 0} />
      <script src="/assets/push.js" type="module" />
    </SetupPage>
  )
}

/** What a browser is notified of by default. */
const atFirst: PushWishes = {
  ...{ waiting: true, trouble: true, detailed: false },
  ...{ digestAt: null, quietFrom: null, quietUntil: null },
}

/** The form appears if the browser can receive notifications; the script fills in its endpoint. */
function ThisBrowser({ view, publicKey }: { view: View; publicKey: string }) {
  return (
    <section class="card block" aria-labelledby="this-browser">
      <h2 id="this-browser">This browser</h2>
      <p id="push-state" role="status">
        Notifications need JavaScript, and a browser that offers them: on a phone, add replyd to the home
        screen first.
      </p>
      <ol class="steps" id="push-steps" hidden />
      <form method="post" action="/notifications" id="push" class="told" data-key={publicKey} hidden>
        <Token view={view} />
        <input type="hidden" name="endpoint" />
        <input type="hidden" name="p256dh" />
        <input type="hidden" name="auth" />
        <Wishes view={view} wishes={atFirst} />
        <button type="submit" class="primary">
          Turn on notifications here
        </button>
        <small>The browser asks you once whether it may: choose “Allow”.</small>
      </form>
    </section>
  )
}

function Devices({ view, devices }: { view: View; devices: readonly PushDevice[] }) {
  if (devices.length === 0) return null
  return (
    <section class="card block" aria-labelledby="told">
      <h2 id="told">Where you are notified</h2>
      <ul class="rows notified">
        {devices.map((device) => (
          <li data-device={device.id}>
            <DeviceForm view={view} device={device} />
            <div class="buttons">
              <Action
                view={view}
                to={`/notifications/${device.id}/test`}
                label="Send a test"
                needs="reader"
              />
              <Action view={view} to={`/notifications/${device.id}/remove`} label="Turn off" needs="reader" />
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}

function DeviceForm({ view, device }: { view: View; device: PushDevice }) {
  const { id, device: name, addedAt, failingSince } = device
  return (
    <form method="post" action={`/notifications/${id}`} class="told">
      <Token view={view} />
      <span>
        <b>{name}</b> <span class="tag sent here">this browser</span>
        {failingSince === null ? (
          <small>{`On since ${momentOf(addedAt, view.timeZone)}`}</small>
        ) : (
          <small class="fault">
            {`Its push service has not answered since ${momentOf(failingSince, view.timeZone)}. replyd keeps trying for a day.`}
          </small>
        )}
      </span>
      <Wishes view={view} wishes={device} />
      <button type="submit">Save</button>
    </form>
  )
}

function Wishes({ view, wishes }: { view: View; wishes: PushWishes }) {
  const { waiting, trouble, detailed, digestAt, quietFrom, quietUntil } = wishes
  return (
    <>
      <fieldset>
        <legend>Tell me</legend>
        <Tick name="waiting" on={waiting} words="When a reply waits for me" />
        <Tick
          name="trouble"
          on={trouble}
          words="When something is wrong"
          help={`An account has stopped or the budget is used up; or a mail server or the AI model has not answered for ${patienceMinutes} minutes.`}
        />
        <label>
          Once a day how many wait, at <input type="time" name="digest" value={digestAt ?? ''} />
        </label>
      </fieldset>
      <fieldset>
        <legend>How much it says</legend>
        <Tick
          name="detailed"
          on={detailed}
          words="With sender and subject"
          help="Anybody who sees the screen can read them, even while it is locked."
        />
      </fieldset>
      <fieldset>
        <legend>Quiet hours</legend>
        <label>
          From <input type="time" name="from" value={quietFrom ?? ''} />
        </label>
        <label>
          until <input type="time" name="until" value={quietUntil ?? ''} />
        </label>
        <small>{`Nothing is sent then; what still waits is reported afterwards. Empty: never quiet. Time zone: ${view.timeZone}.`}</small>
      </fieldset>
    </>
  )
}

interface TickProps {
  name: string
  on: boolean
  words: string
  help?: string
}

function Tick({ name, on, words, help }: TickProps) {
  return (
    <label class="check">
      <input type="checkbox" name={name} value="1" checked={on} />
      <span>
        {words}
        {help === undefined ? null : <small>{help}</small>}
      </span>
    </label>
  )
}

/** The examples are built like the real notifications. */
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

function Examples() {
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
