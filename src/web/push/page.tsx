/** Notifications: of this browser, and of the person's others. */
import type { PushDevice } from '../../store/push-devices.ts'
import { Action, Token, type View } from '../layout.tsx'
import { SetupPage } from '../setup-frame.tsx'
import { momentOf } from '../words.ts'

export interface NotificationsView {
  fault: string | null
  /** For the browser: VAPID, base64url. */
  publicKey: string
  devices: readonly PushDevice[]
}

export function NotificationsPage({ view, shown }: { view: View; shown: NotificationsView }) {
  return (
    <SetupPage view={view} title="Notifications" fault={shown.fault} isOwn>
      <ThisBrowser view={view} publicKey={shown.publicKey} />
      <Devices view={view} devices={shown.devices} />
      <script src="/assets/push.js" type="module" />
    </SetupPage>
  )
}

/** The button appears where the browser can be told; the script fills the form in. */
function ThisBrowser({ view, publicKey }: { view: View; publicKey: string }) {
  return (
    <section class="card block" aria-labelledby="this-browser">
      <h2 id="this-browser">This browser</h2>
      <p id="push-state" role="status">
        Notifications need JavaScript, and a browser that offers them: on a phone, add replyd to the home
        screen first.
      </p>
      <ul class="meta" id="push-steps" hidden />
      <form method="post" action="/notifications" id="push" data-key={publicKey} hidden>
        <Token view={view} />
        <input type="hidden" name="endpoint" />
        <input type="hidden" name="p256dh" />
        <input type="hidden" name="auth" />
        <button type="submit" class="primary">
          Turn on notifications here
        </button>
      </form>
    </section>
  )
}

function Devices({ view, devices }: { view: View; devices: readonly PushDevice[] }) {
  if (devices.length === 0) return null
  return (
    <section class="card block" aria-labelledby="told">
      <h2 id="told">Where you are notified</h2>
      <p class="meta">
        A notification says that a reply waits, and no more, unless you choose it here: it may stand on a
        locked screen. In quiet hours nothing is sent; what still waits is told afterwards.
      </p>
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
  const { id, device: name, quietFrom, quietUntil, digestAt, addedAt, failingSince } = device
  return (
    <form method="post" action={`/notifications/${id}`} class="told">
      <Token view={view} />
      <span>
        <b>{name}</b>
        <small>
          {failingSince === null
            ? `since ${momentOf(addedAt, view.timeZone)}`
            : `the push service does not answer since ${momentOf(failingSince, view.timeZone)}`}
        </small>
      </span>
      <fieldset>
        <legend>Tell me</legend>
        <Tick name="waiting" on={device.waiting} words="when a reply waits for me" />
        <Tick name="trouble" on={device.trouble} words="when replyd has stopped, or the budget is used up" />
        <Tick name="detailed" on={device.detailed} words="with sender and subject" />
        <label>
          every day what waits, at <input type="time" name="digest" value={digestAt ?? ''} />
        </label>
      </fieldset>
      <div>
        <label>
          Quiet from <input type="time" name="from" value={quietFrom ?? ''} />
        </label>
        <label>
          until <input type="time" name="until" value={quietUntil ?? ''} />
        </label>
      </div>
      <button type="submit">Save</button>
    </form>
  )
}

function Tick({ name, on, words }: { name: string; on: boolean; words: string }) {
  return (
    <label class="check">
      <input type="checkbox" name={name} value="1" checked={on} />
      {words}
    </label>
  )
}
