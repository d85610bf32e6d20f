// Turns notifications of this browser on. The service worker (sw.js) shows them.
const form = document.getElementById('push')
const state = document.getElementById('push-state')
const list = document.getElementById('push-steps')

const octetsOf = (key) =>
  Uint8Array.from(atob(key.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))

/** As the server names it: the hash of its address, base64url. */
async function idOf({ endpoint }) {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(endpoint))
  const letters = btoa(String.fromCharCode(...new Uint8Array(hash)))
  return letters.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function say(words, steps = []) {
  state.textContent = words
  list.hidden = steps.length === 0
  list.replaceChildren(
    ...steps.map((step) => Object.assign(document.createElement('li'), { textContent: step })),
  )
}

const agent = navigator.userAgent
const isApplePhone = /iPhone|iPad/.test(agent) || (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1)

function sayUnsupported() {
  if (isApplePhone)
    say('On an iPhone or iPad, notifications come from the home screen:', [
      'In Safari, tap the Share button, then “Add to Home Screen”.',
      'Open replyd from the home screen.',
      'Come back to this page there, and turn notifications on.',
    ])
  else if (!isSecureContext)
    say('Browsers allow notifications only at an address that begins with https, or on this machine itself.')
  else
    say(
      'This browser can’t show notifications, or this is a private window. Use a normal window of Chrome, Edge, Firefox or Safari.',
    )
}

const browserHere = () => {
  if (isApplePhone) return 'apple'
  if (/Android/.test(agent)) return 'android'
  if (/Firefox/.test(agent)) return 'firefox'
  return /Chrome/.test(agent) ? 'chrome' : 'safari'
}

/** A page can't ask a second time, so it shows the steps of every browser. */
function sayDenied() {
  const steps = document.querySelectorAll(`[data-browser="${browserHere()}"] li`)
  say(
    'This browser blocks notifications from replyd. To allow them again:',
    [...steps].map(({ textContent }) => textContent),
  )
}

async function show() {
  if (!('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window))
    return sayUnsupported()
  const worker = await navigator.serviceWorker.getRegistration()
  const subscription = (await worker?.pushManager.getSubscription()) ?? null
  const id = subscription && (await idOf(subscription))
  const isKnown = id !== null && document.querySelector(`[data-device="${id}"]`) !== null
  // Turned off on this page: the push service need not know this browser any more.
  if (subscription && !isKnown) await subscription.unsubscribe()
  form.hidden = isKnown || Notification.permission === 'denied'
  for (const device of document.querySelectorAll('[data-device]'))
    device.classList.toggle('own', device.dataset.device === id)
  if (Notification.permission === 'denied') sayDenied()
  else if (isKnown) say('On: this browser tells you what you chose below.')
  else say('Off: this browser tells you nothing yet.')
}

async function subscribe() {
  const answer = await Notification.requestPermission()
  if (answer === 'denied') return void show()
  if (answer !== 'granted')
    return say('The browser is still waiting for your answer. Press the button again, then choose “Allow”.')
  await navigator.serviceWorker.register('/sw.js')
  const worker = await navigator.serviceWorker.ready
  const subscription = await worker.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: octetsOf(form.dataset.key),
  })
  const { endpoint, keys } = subscription.toJSON()
  for (const [name, value] of Object.entries({ endpoint, ...keys })) form.elements[name].value = value
  form.submit()
}

function sayFailed({ name }) {
  if (name === 'NotAllowedError') return sayDenied()
  say('The push service of this browser did not answer, so notifications are still off.', [
    'Try again in a minute.',
    'Brave: switch on “Use Google services for push messaging” in its privacy settings.',
    'On a company network, ask whether it lets push messages through.',
  ])
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  subscribe().catch(sayFailed)
})
show().catch(sayFailed)
