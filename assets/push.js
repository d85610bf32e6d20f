// Turns notifications of this browser on. The service worker (sw.js) shows them.
const form = document.getElementById('push')
const state = document.getElementById('push-state')

const octetsOf = (key) =>
  Uint8Array.from(atob(key.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))

/** As the server names it: the hash of its address, base64url. */
async function idOf({ endpoint }) {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(endpoint))
  const letters = btoa(String.fromCharCode(...new Uint8Array(hash)))
  return letters.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

async function show() {
  if (!('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window)) return
  const worker = await navigator.serviceWorker.getRegistration()
  const subscription = (await worker?.pushManager.getSubscription()) ?? null
  const id = subscription && (await idOf(subscription))
  const isKnown = id !== null && document.querySelector(`[data-device="${id}"]`) !== null
  // Turned off on this page: the push service need not know this browser any more.
  if (subscription && !isKnown) await subscription.unsubscribe()
  form.hidden = isKnown || Notification.permission === 'denied'
  state.textContent = isKnown
    ? 'On: this browser tells you when a reply waits, even while no page of replyd is open.'
    : Notification.permission === 'denied'
      ? 'The browser blocks notifications of this page. Allow them in its settings for this site, then reload.'
      : 'Be told when a reply waits, even while no page of replyd is open.'
}

async function subscribe() {
  if ((await Notification.requestPermission()) !== 'granted') return void show()
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

form.addEventListener('submit', (event) => {
  event.preventDefault()
  subscribe().catch(({ message }) => {
    state.textContent = `The browser could not turn notifications on: ${message}`
  })
})
show()
