// One request at a time replaces the panes. A key pressed meanwhile waits, and applies to the mail it was meant for.
/** The request under way: whether it decides about the mail in view, the mail that it opens, and what is opened after it. */
let coming = null
let held = []
let searching = 0
/** Counts replacements of the panes or the list: an answer requested before the latest one is out of date. */
let turn = 0

const idIn = (path) => /^\/replies\/([^/?]+)(?:\?|$)/.exec(path)?.[1] ?? null
const shownId = () => byId('panes')?.dataset.id ?? null
const isDeciding = () => coming?.isDeed ?? false

function mustWait(key) {
  if (coming === null) return false
  if ('ar!'.includes(key)) return chosenPicks().length === 0
  return key === 'e' || ('ujk'.includes(key) && (coming.isDeed || held.length > 0))
}

/** @returns whether the key waits for what is under way */
function holdKey(key) {
  const last = held.at(-1)
  // What is typed after “e” goes into the text.
  if (last?.key === 'e') {
    if (key === 'Escape') held.pop()
    const typed = key === 'Enter' ? '\n' : key
    if (typed.length === 1) last.typed += typed
    return true
  }
  if (!mustWait(key)) return false
  const id = coming.isDeed ? shownId() : coming.opens
  held.push({ key, id: 'aer!'.includes(key) ? id : undefined, typed: '' })
  return true
}

function doHeld() {
  while (coming === null && held.length > 0) {
    const { key, id, typed } = held.shift()
    if (id !== undefined && id !== shownId())
      add(`The key ${key} did nothing: its mail is not open any more.`)
    else {
      keys[key]()
      if (typed) document.execCommand('insertText', false, typed)
    }
  }
}

/** No mail has opened to which these keys could apply. */
function dropHeld() {
  const given = held.map(({ key }) => key).join(' ')
  held = []
  if (given !== '') add(`Not done: ${given}. Press it again.`)
}

/** To the notice, which may hold an Undo. */
function add(words) {
  const place = byId('notice')
  if (!place?.textContent) return say(words)
  place.append(' ', Object.assign(document.createElement('span'), { role: 'status', textContent: words }))
}

// What was opened or decided last counts. A decision is never aborted: a link clicked meanwhile is opened after it.
document.addEventListener('htmx:confirm', (event) => {
  const { target, elt } = event.detail
  if (target?.id !== 'panes' || coming === null) return
  if (coming.isDeed) {
    event.preventDefault()
    coming.next = elt.closest('a.mail')?.dataset.id ?? coming.next
    return
  }
  const { xhr } = coming
  coming = null
  xhr.abort()
  dropHeld()
})

document.addEventListener('htmx:beforeRequest', ({ detail: { target, xhr, requestConfig, pathInfo } }) => {
  if (target?.id === 'mails') {
    turn++
    searching++
    xhr.addEventListener('loadend', endOfSearch)
  }
  if (target?.id !== 'panes') return
  const isDeed = requestConfig.verb === 'post'
  turn++
  coming = { xhr, isDeed, opens: isDeed ? null : idIn(pathInfo.requestPath), next: null }
  target.setAttribute('aria-busy', 'true')
  // Runs after the swap, even if the link or the form has been removed in the meantime.
  xhr.addEventListener('loadend', () => endOf(xhr))
})

/** What it found is put in the place of the list that was there when it began: nothing else may replace that list. */
function endOfSearch() {
  turn++
  searching--
  if (isStale) refresh()
}

function endOf(xhr) {
  if (coming?.xhr !== xhr) return
  const { next } = coming
  coming = null
  turn++
  byId('panes')?.removeAttribute('aria-busy')
  if (next) document.querySelector(`a.mail[data-id="${next}"]`)?.click()
  if (xhr.status === 0 || xhr.status >= 400) dropHeld()
  doHeld()
  if (isStale) refresh()
}
