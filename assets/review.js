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

let focused = null
document.addEventListener('htmx:beforeSwap', () => {
  focused = document.activeElement?.getAttribute('href') ?? null
})
document.addEventListener('htmx:afterSwap', () => {
  if (focused) document.querySelector(`a.mail[href="${CSS.escape(focused)}"]`)?.focus()
})

if (document.getElementById('main')) {
  const source = new EventSource('/events')
  source.addEventListener('changed', () => window.htmx?.trigger(document.body, 'changed'))
  addEventListener('pagehide', () => source.close())
}
