// Keyboard and live updates. Every page works without this file.
const editing = () => /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '')
const press = (id) => document.getElementById(id)?.click()

function move(step) {
  const links = [...document.querySelectorAll('a.mail')]
  if (links.length === 0) return
  const at = links.indexOf(document.activeElement)
  links[Math.min(Math.max(at + step, 0), links.length - 1)].focus()
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  a: () => press('approve'),
  e: () => press('edit'),
  r: () => press('reject'),
  u: () => press('undo'),
  '/': () => document.getElementById('search')?.focus(),
  '?': () => document.getElementById('keys')?.showModal(),
  Escape: () => press('back'),
}

document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && document.activeElement?.id === 'text')
    document.activeElement.form.querySelector('[name=approve]').click()
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return
  if (editing()) {
    if (event.key === 'Escape') document.activeElement.blur()
    return
  }
  const act = keys[event.key]
  if (!act) return
  event.preventDefault()
  act()
})

document.getElementById('text')?.focus()

// What is typed is kept in this browser from the first letter until it is saved.
const placeOf = (id) => `typed ${id}`

function keepTyped(form) {
  const area = form.elements.text
  const place = placeOf(form.dataset.reply)
  const said = form.querySelector('.typed')
  const written = area.value
  let leaving = false
  const kept = localStorage.getItem(place)
  if (kept !== null && kept !== written) {
    area.value = kept
    said.hidden = false
    said.textContent = 'This is what you typed before. '
    const back = document.createElement('button')
    back.type = 'button'
    back.textContent = 'Back to the saved text'
    back.addEventListener('click', () => {
      area.value = written
      localStorage.removeItem(place)
      said.hidden = true
    })
    said.append(back)
  }
  area.addEventListener('input', () => localStorage.setItem(place, area.value))
  form.addEventListener('submit', () => {
    leaving = true
  })
  addEventListener('beforeunload', (event) => {
    if (!leaving && area.value !== written) event.preventDefault()
  })
}

for (const form of document.querySelectorAll('form[data-reply]')) keepTyped(form)

// It is safe on the server, or decided: the copy is not needed any more.
const here = new URL(location.href).searchParams
if (['edit', 'approve', 'reject'].includes(here.get('done'))) localStorage.removeItem(placeOf(here.get('id')))
// Nobody who uses this browser after a log-out finds the words.
document.querySelector('form[action="/logout"]')?.addEventListener('submit', () => {
  for (const place of Object.keys(localStorage))
    if (place.startsWith('typed ')) localStorage.removeItem(place)
})

// The stated time as a count-down. Outside of live regions, so that nobody is told every second.
function countDown() {
  for (const time of document.querySelectorAll('[data-until]')) {
    const seconds = Math.ceil((Number(time.dataset.until) - Date.now()) / 1000)
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
    time.textContent =
      seconds <= 0
        ? 'Sending now'
        : seconds < 60
          ? `Sending in ${seconds} s`
          : seconds < 5400
            ? `Sending in ${clock} min`
            : time.textContent
  }
}
countDown()
setInterval(countDown, 1000)

let focused = null
document.addEventListener('htmx:beforeSwap', () => {
  focused = document.activeElement?.getAttribute('href') ?? null
})
document.addEventListener('htmx:afterSwap', () => {
  countDown()
  if (focused) document.querySelector(`a.mail[href="${CSS.escape(focused)}"]`)?.focus()
})

if (document.getElementById('main')) {
  const source = new EventSource('/events')
  const say = (words) => {
    const place = document.getElementById('connection')
    if (place) place.textContent = words
  }
  source.addEventListener('error', () => say('Connection: lost, reconnecting…'))
  source.addEventListener('open', () => say(''))
  source.addEventListener('changed', () => window.htmx?.trigger(document.body, 'changed'))
  addEventListener('pagehide', () => source.close())
}
