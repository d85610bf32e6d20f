// Keyboard and live updates. Every page works without this file.
const editing = () =>
  /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '') &&
  document.activeElement.type !== 'checkbox'
const byId = (id) => document.getElementById(id)
const isVisible = (element) => element?.checkVisibility()
const rows = () => [...document.querySelectorAll('a.mail')]
const currentRow = () => document.querySelector('a.mail[aria-current]')

function press(id) {
  const element = byId(id)
  if (isVisible(element)) element.click()
  return isVisible(element)
}

/** A key decides about the open mail while the list shows it: after a search another mail may be open beside the list. */
function decide(id) {
  const isListed = rows().length > 0 || byId('search')?.value
  if (!isListed || !isVisible(byId('mails')) || currentRow()) return press(id)
  say('The open mail is not in this list. Open one from the list first, or use the buttons.')
  return true
}

/** To the next mail of the list; where the panes are shown, it is opened. */
function move(step) {
  const links = rows()
  if (links.length === 0) return
  if (!isVisible(links[0])) return void press(step > 0 ? 'skip' : 'back')
  const at = links.indexOf(document.activeElement?.closest('a.mail') ?? currentRow())
  const next = links[Math.min(Math.max(at + step, 0), links.length - 1)]
  next.focus()
  // The mails after the last one load when their link comes into view.
  if (next === links.at(-1)) document.querySelector('.list a[rel=next]')?.scrollIntoView({ block: 'nearest' })
  if (isVisible(byId('panes')) && next !== currentRow()) next.click()
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  a: () =>
    decidesChosen('bulk-approve') || decide('approve') || document.activeElement?.closest('a.mail')?.click(),
  e: () => byId('text')?.focus(),
  r: () => decidesChosen('bulk-reject') || decide('reject'),
  '!': () => decidesChosen('bulk-junk') || decide('junk'),
  u: () => press('undo'),
  x: () => pickHere()?.click(),
  X: () => chooseToHere(),
  '/': () => byId('search')?.focus(),
  '?': () => byId('keys')?.showModal(),
  Escape: () => chooseNone() || press('back'),
}

document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && document.activeElement?.id === 'text')
    press('approve')
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return
  if (editing()) {
    if (event.key === 'Escape') (currentRow() ?? document.activeElement).focus()
    if (event.key === 'Escape') document.activeElement.blur()
    return
  }
  if (event.repeat && !'jk'.includes(event.key)) return
  const act = keys[event.key]
  if (holdKey(event.key)) event.preventDefault()
  else if (act) {
    event.preventDefault()
    act()
  }
})

document.addEventListener('submit', (event) => {
  // After a logout, nobody else who uses this browser may find the text.
  if (event.target.action.endsWith('/logout'))
    for (const kept of [localStorage, sessionStorage])
      for (const place of Object.keys(kept)) if (/^(?:typed|before) /.test(place)) kept.removeItem(place)
  if (event.target.querySelector('[data-unsaved]')) leaving = true
  const form = event.target
  if (form.matches('#notice form') && /\/(?:replies|inbox)\//.test(form.action))
    form.action = withFilter(form.action)
  const to = event.submitter?.getAttribute('formaction') ?? event.target.getAttribute('action')
  if (to?.startsWith('/inbox/approve')) keepUnsaved(event)
})

/** Several are sent as they were saved: what was typed into one of them since would be left out, and forgotten. */
function keepUnsaved(event) {
  const unsaved = [...event.target.elements].filter(
    (box) =>
      box.name === 'pick' &&
      (box.checked || box.type === 'hidden') &&
      placesOf(mailOf(box)).some((place) => localStorage.getItem(place) !== null),
  )
  if (unsaved.length === 0) return
  event.preventDefault()
  for (const box of unsaved)
    if (box.type === 'hidden') box.remove()
    else box.checked = false
  countChosen()
  say(
    `Nothing was sent yet: ${unsaved.length === 1 ? 'one reply has' : `${unsaved.length} replies have`} text that you typed and did not save. Open it to save or send it; the others are still chosen.`,
  )
}

document.addEventListener('click', (event) => {
  if (event.target.id === 'keep') {
    const { value, form } = byId('text')
    const { greets } = form.dataset
    localStorage.setItem(placeOf('snippet'), greets ? value.replaceAll(greets, '{name}') : value)
    leaving = true
  }
  if (event.target.id === 'edit') {
    event.preventDefault()
    byId('text').focus()
  }
})

// What is typed is kept in this browser from the first letter until it is saved: the text, and the fields above it.
const placeOf = (id, name = 'text') => (name === 'text' ? `typed ${id}` : `typed ${id} ${name}`)
const placesOf = (id) => ['text', 'to', 'cc', 'subject'].map((name) => placeOf(id, name))
const typedFields = () => [...document.querySelectorAll('#text, [data-unsaved]')]
const isTyped = () => typedFields().some((field) => field.value !== field.defaultValue)
let leaving = false
// What a save that is under way sends, by the name of the field; and what was typed since, which stays as not saved.
let sent = new Map()
let late = []

// Places of what this browser could not keep.
const unkept = new Set()

/** Null: nothing is to be kept there. */
function keep(place, value) {
  unkept.delete(place)
  if (value === null) return localStorage.removeItem(place)
  try {
    localStorage.setItem(place, value)
  } catch {
    unkept.add(place)
  }
}

function keepTyped() {
  const area = byId('text')
  const form = area?.form
  if (!form || form.dataset.kept) return
  form.dataset.kept = 'yes'
  unkept.clear()
  for (const field of typedFields()) {
    const place = placeOf(form.dataset.reply, field.name)
    field.value = localStorage.getItem(place) ?? sessionStorage.getItem(place) ?? field.value
    if (field.dataset.unfit && field.value !== field.defaultValue) faultOf(field)
  }
  form.addEventListener('submit', () => {
    leaving = true
  })
  mirror(area)
}

// No warning is needed while the text is safe in this browser.
addEventListener('beforeunload', (event) => {
  if (!leaving && unkept.size > 0 && isTyped()) event.preventDefault()
})

// The text behind the editor: as high as what is typed, with the marks of the sentences that are still there.
function mirror(area) {
  const behind = area.parentElement.querySelector('.mirror')
  area.marks ??= [...behind.childNodes].filter((node) => node.nodeType === 1)
  const parts = []
  let rest = area.value
  for (let at = 0; at < area.marks.length; at++) {
    const mark = area.marks[at]
    if (!mark.matches('.leans, .doubted')) continue
    const start = rest.indexOf(mark.textContent)
    if (start < 0) continue
    parts.push(rest.slice(0, start), mark)
    if (area.marks[at + 1]?.matches('.margin')) parts.push(area.marks[at + 1])
    rest = rest.slice(start + mark.textContent.length)
  }
  behind.replaceChildren(...parts, `${rest}\n`)
}

/** The sources of the sentence in which the cursor stands. */
function showSources(area) {
  const at = area.selectionStart
  let passed = 0
  let here = []
  for (const node of area.parentElement.querySelector('.mirror').childNodes) {
    if (node.nodeType === 1 && node.matches('.margin')) continue
    const end = passed + node.textContent.length
    if (node.nodeType === 1 && at >= passed && at <= end)
      here = [...(node.nextSibling?.querySelectorAll?.('.ref') ?? [])].map((ref) => ref.getAttribute('href'))
    passed = end
  }
  for (const item of document.querySelectorAll('.sources li'))
    item.classList.toggle('here', here.includes(`#${item.id}`))
}

document.addEventListener('input', ({ target }) => {
  if (target.form?.id !== 'editor') return
  const place = placeOf(target.form.dataset.reply, target.name)
  keep(place, target.value === target.defaultValue ? null : target.value)
  if (target.id === 'text') mirror(target)
  if (target.id === 'text') offerBefore()
  markUnsaved()
})
document.addEventListener('selectionchange', () => {
  if (document.activeElement?.id === 'text') showSources(document.activeElement)
})

// It is safe on the server, or not wanted: the copy is removed. For an undo it is kept as long as this tab is open.
function forgetTyped() {
  const here = new URL(location.href).searchParams
  const done = here.get('done')
  for (const place of (here.get('id') ?? '').split('.').flatMap(placesOf)) {
    const typed = localStorage.getItem(place)
    if (['edit', 'approve', 'rewrite'].includes(done)) sessionStorage.removeItem(place)
    else if (!['reject', 'junk'].includes(done)) continue
    else if (typed !== null) sessionStorage.setItem(place, typed)
    localStorage.removeItem(place)
  }
}

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
setInterval(countDown, 1000)

/** The open mail's row; its place in the list is kept in view. */
function markCurrent(focus) {
  const id = byId('panes')?.dataset.id
  for (const row of rows()) {
    if (row.dataset.id === id) row.setAttribute('aria-current', 'true')
    else row.removeAttribute('aria-current')
  }
  const row = currentRow()
  if (!focus || !isVisible(row) || !isVisible(byId('panes'))) return
  row.focus({ preventScroll: true })
  row.scrollIntoView({ block: 'nearest' })
}

function settle() {
  forgetTyped()
  if (new URL(location.href).searchParams.get('done') === 'edit')
    for (const [place, value] of late) keep(place, value)
  late = []
  keepTyped()
  settleReply()
  countDown()
}

// One at a time: while a hundred mails are decided, updates arrive faster than a page is read.
let reading = null
let isStale = false
function refresh() {
  const isBusy = coming !== null || searching > 0
  isStale = reading !== null || isBusy
  if (isBusy) return
  reading ??= readAgain().finally(() => {
    reading = null
    if (isStale) refresh()
  })
}

/** Only what has changed is replaced, and never what somebody is typing. */
async function readAgain() {
  const wanted = new URL(location.href)
  const begun = turn
  if (rows().length > 0) wanted.searchParams.set('rows', rows().length)
  const answer = await fetch(wanted, { signal: AbortSignal.timeout(60_000) }).catch(() => null)
  if (answer === null || !answer.ok) return
  if (new URL(answer.url).pathname === '/login') return void location.assign('/login')
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
  // Somebody has searched, opened or decided meanwhile, so this is older than what is shown.
  if (turn !== begun || filterOf(location) !== filterOf(wanted)) {
    isStale = true
    return
  }
  const focused = document.activeElement?.closest('a.mail')?.dataset.id
  const chosen = new Set(chosenPicks().map(({ value }) => value))
  for (const place of [
    '#mails',
    '#status',
    '#state:not([open], .lost)',
    '#waiting',
    '#lacking',
    '#headline',
    '#tabs:not(:focus-within)',
    '#live',
  ])
    replace(place, fresh)
  for (const pick of enabledPicks()) pick.checked = chosen.has(pick.value)
  countChosen()
  refreshReply(fresh)
  markCurrent(false)
  showOthers()
  markUnsaved()
  if (focused) document.querySelector(`a.mail[data-id="${focused}"]`)?.focus({ preventScroll: true })
  countDown()
}

// Who else looks at which mail.
let others = {}
const lookWords = (names) =>
  `${names.length > 2 ? `${names.length} others` : names.join(' and ')} ${names.length > 1 ? 'are' : 'is'} looking at this`

function showOthers() {
  const here = others[byId('panes')?.dataset.id] ?? []
  const place = byId('looking')
  if (place && place.textContent !== (here.length > 0 ? lookWords(here) : '')) {
    place.hidden = here.length === 0
    place.textContent = here.length > 0 ? lookWords(here) : ''
  }
  for (const row of rows()) {
    const names = others[row.dataset.id] ?? []
    row.querySelector('.looker')?.remove()
    if (names.length === 0) continue
    const looker = document.createElement('span')
    looker.className = 'looker'
    looker.textContent = names.length > 1 ? `${names[0]} +${names.length - 1}` : names[0]
    looker.title = lookWords(names)
    row.querySelector('.why').append(' ', looker)
  }
}

function replace(place, fresh) {
  const [old, next] = [document.querySelector(place), fresh.querySelector(place)]
  if (old === null || next === null || old.isEqualNode(next)) return
  old.replaceWith(next)
  window.htmx?.process(next)
}

/** A text that can be sent is never replaced automatically: nobody should send what they have not seen. */
function refreshReply(fresh) {
  const [old, next] = [byId('reply'), fresh.getElementById('reply')]
  if (fresh.getElementById('panes')?.dataset.id !== byId('panes')?.dataset.id) return
  if (old === null || next === null || old.dataset.mark === next.dataset.mark) return
  const differs = (id) => byId(id)?.defaultValue !== fresh.getElementById(id)?.defaultValue
  const [wasOpen, isOpen, typed] = [byId('text') !== null, fresh.getElementById('text') !== null, isTyped()]
  const { deed = 'This reply was changed elsewhere.' } = next.dataset
  if (wasOpen && isOpen && ['text', 'to', 'cc', 'subject'].some(differs)) {
    if (old.dataset.told === next.dataset.mark) return
    old.dataset.told = next.dataset.mark
    say(typed ? `${deed} What you typed is kept. ` : `${deed} `)
    const link = document.createElement('a')
    link.href = location.pathname
    link.textContent = 'Show it'
    byId('notice').append(link)
    return
  }
  if (typed && isOpen) return
  replace('#reply', fresh)
  if (wasOpen && !isOpen) say(typed ? `${deed} What you typed is kept below.` : deed)
  else if (!wasOpen && isOpen) endNotice()
  settle()
}

document.addEventListener('htmx:beforeRequest', ({ detail }) => {
  if (!detail.elt.closest?.('#reply') || detail.requestConfig.verb !== 'post') return
  sent = new Map(typedFields().map(({ name, value }) => [name, value]))
})

/** With what the list shows now: a search changes that while the mail beside it stays open. */
function withFilter(address) {
  const to = new URL(address, location.href)
  const here = new URL(location.href).searchParams
  for (const name of ['q', 'show', 'account', 'category']) {
    to.searchParams.delete(name)
    if (here.get(name)) to.searchParams.set(name, here.get(name))
  }
  return `${to.pathname}${to.search}`
}

// A search leaves the open mail open, and names it; a decision leaves the search.
document.addEventListener('htmx:configRequest', ({ detail }) => {
  const { elt } = detail
  if (elt.matches('.search') && location.pathname.startsWith('/replies/')) detail.path = location.pathname
  if (!elt.closest('#reply') || !/^\/(?:replies\/|$|\?)/.test(detail.path)) return
  // The mail after the open one is known only for the list in which it was opened.
  const first = elt.id === 'skip' && !currentRow() ? rows()[0] : null
  detail.path = first?.getAttribute('href') ?? withFilter(detail.path)
})
document.addEventListener('htmx:beforeSwap', (event) => {
  const { xhr, target } = event.detail
  if (target?.id !== 'panes') return
  late = typedFields()
    .filter(({ name, value }) => isDeciding() && sent.has(name) && sent.get(name) !== value)
    .map(({ name, value, form }) => [placeOf(form.dataset.reply, name), value])
  // Refused, with what was typed still in the page.
  if (xhr.status >= 400 && xhr.responseText.includes('id="panes"')) {
    event.detail.shouldSwap = true
    event.detail.isError = false
    return
  }
  if (xhr.status >= 400) {
    leaving = false
    say(new DOMParser().parseFromString(xhr.responseText, 'text/html').body.textContent)
    return
  }
  // A page other than the inbox, for example the login: it is opened as a whole.
  if (!xhr.responseText.includes('id="panes"')) {
    event.detail.shouldSwap = false
    leaving = true
    location.assign(xhr.responseURL)
  }
})
document.addEventListener('htmx:afterSettle', ({ detail: { elt, requestConfig } }) => {
  if (elt?.id !== 'panes' && requestConfig?.target?.id !== 'panes') return
  leaving = false
  document.body.classList.replace('listing', 'opened')
  settle()
  markCurrent(true)
  showOthers()
  listen()
  if (requestConfig?.verb === 'post') refresh()
})
document.addEventListener('htmx:sendError', ({ detail: { requestConfig } }) => {
  leaving = false
  const missing = requestConfig.verb === 'post' ? 'Not confirmed: there is no' : 'No'
  say(`${missing} connection to replyd. Try again when it is back; what you typed is kept.`)
  byId('notice').dataset.lost = ''
})

/** Removes a notice whose announcement no longer applies; one that offers an undo stays. */
function endNotice() {
  const place = byId('notice')
  if (!place?.querySelector('#undo'))
    place?.replaceWith(Object.assign(document.createElement('div'), { id: 'notice' }))
}

function say(words) {
  const place = byId('notice')
  if (!place) return
  place.className = 'notice'
  place.setAttribute('role', 'status')
  delete place.dataset.lost
  place.textContent = words
}

settle()
const begun = localStorage.getItem(placeOf('snippet'))
if (begun !== null && byId('new-text')) {
  byId('new-text').value = begun
  localStorage.removeItem(placeOf('snippet'))
}
// On a phone the menu of Setup is closed until it is asked for, and a list has no row in focus.
const isNarrow = matchMedia('(max-width: 60rem)').matches
if (isNarrow) document.querySelector('.setup-nav')?.removeAttribute('open')
// The first mail is open beside the list: the address names it, so that it stays open when another one comes first.
if (currentRow() && document.body.classList.contains('listing') && isVisible(byId('panes'))) {
  const { search } = new URL(currentRow().href)
  const given = new URLSearchParams(location.search)
  for (const [name, value] of new URLSearchParams(search)) given.set(name, value)
  given.delete('at')
  history.replaceState(
    history.state,
    '',
    `${new URL(currentRow().href).pathname}${given.size > 0 ? `?${given}` : ''}`,
  )
  document.body.classList.replace('listing', 'opened')
}
markCurrent(document.activeElement === document.body)

// Live updates. The address names the open mail, so that others see who looks at it.
let mark = byId('main')?.dataset.mark ?? ''
let source = null
let told = null

function listen() {
  const mail = document.hidden || !isVisible(byId('panes')) ? '' : (byId('panes').dataset.id ?? '')
  if (source !== null && told === mail) return
  source?.close()
  told = mail
  source = new EventSource(`/events?since=${encodeURIComponent(mark)}&mail=${encodeURIComponent(mail)}`)
  source.addEventListener('error', () => lost(true))
  source.addEventListener('open', () => {
    if (byId('state').classList.contains('lost')) refresh()
    if ('lost' in (byId('notice')?.dataset ?? {})) endNotice()
    lost(false)
  })
  source.addEventListener('changed', ({ data }) => {
    mark = data
    refresh()
  })
  source.addEventListener('ready', () => {
    others = {}
    showOthers()
  })
  source.addEventListener('looking', ({ data }) => {
    others = JSON.parse(data)
    showOthers()
  })
}

function lost(isLost) {
  const [state, words] = [byId('state'), byId('connection')]
  if (state.classList.contains('lost') === isLost) return
  if (isLost) words.dataset.before = words.textContent
  words.textContent = isLost ? 'Reconnecting …' : words.dataset.before
  state.classList.toggle('lost', isLost)
}

if (byId('main')) {
  listen()
  document.addEventListener('visibilitychange', listen)
  addEventListener('pagehide', () => source?.close())
  // A page that comes back from the history.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) source = null
    if (persisted) listen()
  })
}
