/** How a person allows notifications again, browser by browser: a page can't ask a second time. */

interface Browser {
  id: string
  name: string
  steps: readonly string[]
}

/** The script picks one by its id (assets/push.js). */
const browsers: readonly Browser[] = [
  {
    id: 'chrome',
    name: 'Chrome, Edge or Brave on a computer',
    steps: [
      'Click the icon to the left of the address of this page.',
      'Set “Notifications” to “Allow”. If it is not listed, open “Site settings” there.',
      'Reload this page.',
    ],
  },
  {
    id: 'firefox',
    name: 'Firefox',
    steps: [
      'Click the icon to the left of the address of this page.',
      'Remove “Send notifications: Blocked” by clicking its ×.',
      'Reload this page.',
    ],
  },
  {
    id: 'safari',
    name: 'Safari on a Mac',
    steps: [
      'Open Safari → Settings → Websites → Notifications.',
      'Set this page to “Allow”.',
      'Reload this page.',
    ],
  },
  {
    id: 'android',
    name: 'Android',
    steps: [
      'Tap the icon to the left of the address, then “Permissions”. In the installed app: press and hold its icon, then “App info”.',
      'Allow notifications.',
      'Open this page again.',
    ],
  },
  {
    id: 'apple',
    name: 'iPhone or iPad',
    steps: [
      'Open the Settings of the device → Notifications → replyd.',
      'Switch on “Allow Notifications”.',
      'Open replyd from the home screen, and this page again.',
    ],
  },
]

/** @param canTest some browser is on, with a button for a test */
export function Blocked({ canTest }: { canTest: boolean }) {
  return (
    <section class="card block" aria-labelledby="blocked">
      <h2 id="blocked">If none arrive</h2>
      <p class="meta">
        {canTest
          ? 'Send a test above. If it does not appear, the browser or the device holds it back.'
          : 'The browser or the device may hold them back.'}{' '}
        Check whether “Do not disturb” is on, and whether the device allows notifications from this browser.
        How to allow them:
      </p>
      {browsers.map(({ id, name, steps }) => (
        <details data-browser={id}>
          <summary>{name}</summary>
          <ol class="steps">
            {steps.map((step) => (
              <li>{step}</li>
            ))}
          </ol>
        </details>
      ))}
    </section>
  )
}
