// The reply beside its editor. review.js calls it.
/** What is typed and not saved is marked: at its row, and on a phone the bar offers to save it. */
function markUnsaved() {
  const form = byId('editor')
  const unsaved = form !== null && isTyped()
  document.querySelector('.decide')?.classList.toggle('unsaved', unsaved)
  const place = byId('unsaved')
  if (place) place.dataset.kept ??= place.firstChild.textContent
  const words = unkept.size > 0 ? place?.dataset.unkept : place?.dataset.kept
  if (place && place.firstChild.textContent !== words) place.firstChild.textContent = words
  if (place && place.hidden === unsaved) place.hidden = !unsaved
  for (const row of rows()) {
    const isUnsaved = placesOf(row.dataset.id).some((each) => localStorage.getItem(each) !== null)
    const sign = row.querySelector('.unsaved-sign')
    if (!isUnsaved) sign?.remove()
    if (!isUnsaved || sign) continue
    const made = document.createElement('span')
    made.className = 'unsaved-sign'
    made.textContent = 'Not saved'
    row.querySelector('.why')?.append(' ', made)
  }
}

/** The first press says what is wrong with the draft, the next one sends it. A text that a person typed is sent without a question. */
function askOnce(event) {
  const { asks, asked } = event.target.dataset
  if (!asks || asked || isTyped()) return
  event.preventDefault()
  event.target.dataset.asked = 'yes'
  event.target.textContent = 'Send it anyway'
  say(`${asks} Press again to send it.`)
}

/** Somebody decided while this was typed: it stays in view, to be copied. */
function showUnused() {
  const [place, id] = [byId('unused'), byId('panes')?.dataset.id]
  const typed = localStorage.getItem(placeOf(id))
  if (!place || typed === null) return
  place.querySelector('textarea').value = typed
  place.hidden = false
}

function copyUnused(button) {
  byId('unused').querySelector('textarea').select()
  if (document.execCommand('copy')) button.textContent = 'Copied'
}

function dropUnused() {
  for (const place of placesOf(byId('panes').dataset.id)) localStorage.removeItem(place)
  byId('unused').hidden = true
  markUnsaved()
}

function backToSaved() {
  const area = byId('text')
  for (const field of typedFields()) {
    field.value = field.defaultValue
    unfault(field)
  }
  for (const place of placesOf(area.form.dataset.reply)) {
    keep(place, null)
    sessionStorage.removeItem(place)
  }
  mirror(area)
  offerBefore()
  markUnsaved()
}

// A fault in a field's addresses is shown when the field is left, and removed when something is typed there.
/** The part between commas that is no address, or null. The server looks more closely. */
const unfitPart = (list) =>
  (list.match(/(?:"(?:\\.|[^"\\])*"|[^",;])+/gs) ?? []).find((part) => {
    const bare = part.replace(/\([^()]*\)/g, '').trim()
    const address = /<([^<>]*)>$/.exec(bare)?.[1] ?? bare
    return bare !== '' && !/^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]+$/.test(address.trim())
  }) ?? null

function unfault(field) {
  field.removeAttribute('aria-invalid')
  field.removeAttribute('aria-describedby')
  byId(`${field.id}-fault`)?.remove()
}

function faultOf(field) {
  const part = unfitPart(field.value)
  if (part === null || byId(`${field.id}-fault`)) return
  const said = document.createElement('small')
  said.id = `${field.id}-fault`
  said.className = 'fault'
  said.dir = 'auto'
  said.role = 'alert'
  said.textContent = field.dataset.unfit.replace('…', () => part.trim().slice(0, 80))
  field.setAttribute('aria-invalid', 'true')
  field.setAttribute('aria-describedby', said.id)
  field.after(said)
}

document.addEventListener('input', ({ target }) => {
  if (target.matches('#editor [data-unsaved]')) unfault(target)
})
document.addEventListener('focusout', ({ target }) => {
  if (target.matches?.('#editor [data-unfit]')) faultOf(target)
})

// The previous draft, as long as this tab is open: writing again may have made it worse.
const beforePlace = (id) => `before ${id}`

function offerBefore() {
  const area = byId('text')
  const place = byId('before')
  if (!area || !place) return
  const before = sessionStorage.getItem(beforePlace(area.form.dataset.reply))
  place.hidden = before === null || before === area.value
}

function takeBefore() {
  const area = byId('text')
  const place = beforePlace(area.form.dataset.reply)
  const before = sessionStorage.getItem(place)
  if (before === null) return
  sessionStorage.setItem(place, area.value)
  area.value = before
  area.dispatchEvent(new Event('input', { bubbles: true }))
  area.focus()
}

function settleReply() {
  showUnused()
  offerBefore()
  markUnsaved()
}

document.addEventListener('click', (event) => {
  const { id } = event.target
  if (id === 'approve') askOnce(event)
  if (id === 'before') takeBefore()
  if (id === 'to-saved') backToSaved()
  if (id === 'copy-unused') copyUnused(event.target)
  if (id === 'drop-unused') dropUnused()
})

document.addEventListener('submit', (event) => {
  if (event.target.matches('.rewrite') && byId('text'))
    sessionStorage.setItem(beforePlace(byId('editor').dataset.reply), byId('text').value)
})
