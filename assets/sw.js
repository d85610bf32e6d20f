// Shows notifications, and a page of its own while replyd can't be reached. Keeps nothing that anybody wrote.
const kept = 'offline-1'
const offlinePage = '/assets/offline.html'

self.addEventListener('install', (event) => {
  event.waitUntil(keepOffline().then(() => self.skipWaiting()))
})

async function keepOffline() {
  const cache = await caches.open(kept)
  await cache.addAll([offlinePage, '/assets/review.css', '/assets/icon.svg'])
}

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOlder().then(() => self.clients.claim()))
})

async function dropOlder() {
  for (const name of await caches.keys()) if (name !== kept) await caches.delete(name)
}

self.addEventListener('fetch', (event) => {
  const { method, mode, destination, url } = event.request
  if (method !== 'GET') return
  const isPage = mode === 'navigate' && destination === 'document'
  if (isPage) event.respondWith(fetch(event.request).catch(() => caches.match(offlinePage)))
  else if (new URL(url).pathname === '/assets/review.css')
    event.respondWith(fetch(event.request).catch(() => caches.match('/assets/review.css')))
})

self.addEventListener('push', (event) => {
  const { title, body, path, tag = 'waiting' } = event.data.json()
  const options = { body, tag, renotify: true, icon: '/assets/icon-192.png', data: { path } }
  event.waitUntil(self.registration.showNotification(title, options))
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(openReply(event.notification.data.path))
})

/** A window that shows it already comes to the front; what is typed in another one stays as it is. */
async function openReply(path) {
  const { href, origin } = new URL(path, location.origin)
  if (origin !== location.origin) return
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const shown = windows.find(({ url }) => new URL(url).pathname === new URL(href).pathname)
  await (shown ? shown.focus() : self.clients.openWindow(href))
}
