// The list: what is chosen in it, and, on a phone, where it was left. After review.js.
const chosenPicks = () => [...document.querySelectorAll('[name=pick]:checked')]
const enabledPicks = () => [...document.querySelectorAll('[type=checkbox][name=pick]:enabled')]
const mailOf = (pick) => pick.value.split('.')[0]
const narrow = matchMedia('(max-width: 60rem)')

/** Says before the click what it would do: what is in doubt is not sent together with others. */
function countChosen() {
  const place = byId('chosen')
  if (!place) return
  const chosen = chosenPicks()
  const doubtful = chosen.filter((pick) => 'doubtful' in pick.dataset).length
  const clear = chosen.length - doubtful
  const doubt = clear === 0 ? 'all in doubt' : `${doubtful} in doubt`
  place.textContent =
    chosen.length === 0 ? '' : `${chosen.length} chosen${doubtful === 0 ? '' : `, ${doubt}`}`
  const button = byId('bulk-approve')
  button.textContent = clear > 0 ? `Send ${clear}` : 'Send'
  button.disabled = chosen.length > 0 && clear === 0
  button.title = doubtful === 0 ? '' : 'Replies in doubt stay: open each, and send it yourself'
}

/** A key applies to the chosen mails, if there are any. @returns whether there were */
function decidesChosen(id) {
  const chosen = chosenPicks()
  if (chosen.length === 0) return false
  if (byId(id).disabled) say('Each chosen reply has something in doubt: open it, and send it yourself.')
  else byId(id).click()
  return true
}

/** @returns whether anything was chosen */
function chooseNone() {
  const chosen = chosenPicks()
  for (const pick of chosen) pick.checked = false
  countChosen()
  return chosen.length > 0
}

// The mail that was chosen last: a range begins there.
let begin = null

/** Checks or unchecks all mails from the one clicked last to this one, to match this one. */
function chooseRange(to) {
  const all = enabledPicks()
  const [one, other] = [all.findIndex((pick) => mailOf(pick) === begin), all.indexOf(to)]
  if (one >= 0 && other >= 0)
    for (const pick of all.slice(Math.min(one, other), Math.max(one, other) + 1)) pick.checked = to.checked
  begin = mailOf(to)
  countChosen()
}

const pickHere = () =>
  (document.activeElement?.closest('.row') ?? currentRow()?.closest('.row'))?.querySelector(
    '[name=pick]:enabled',
  )

function chooseToHere() {
  const pick = pickHere()
  if (!pick) return
  pick.checked = true
  chooseRange(pick)
}

document.addEventListener('click', (event) => {
  const { target, shiftKey } = event
  if (target.id === 'all') for (const pick of enabledPicks()) pick.checked = true
  if (target.id === 'all') countChosen()
  if (target.id === 'none') chooseNone()
  if (target.name !== 'pick') return
  if (!shiftKey) begin = mailOf(target)
  chooseRange(target)
})

// Shift+click chooses a range: it must not select text or open a window.
document.addEventListener('mousedown', (event) => {
  if (event.shiftKey && event.target.closest?.('.row')) event.preventDefault()
})
document.addEventListener(
  'click',
  (event) => {
    const pick = event.target.closest?.('a.mail')?.closest('.row').querySelector('[name=pick]:enabled')
    if (!event.shiftKey || !pick || begin === null) return
    event.preventDefault()
    event.stopPropagation()
    pick.checked = true
    chooseRange(pick)
  },
  true,
)

// A phone shows the list or the mail. Both stay in the page, so that the list is as it was left.
let listTop = 0
const isListing = () => document.body.classList.contains('listing')
const filterOf = (address) =>
  ['q', 'show', 'account', 'category'].map((name) => new URL(address).searchParams.get(name) ?? '').join('\n')

function showList() {
  document.body.classList.remove('opened')
  document.body.classList.add('listing', 'returned')
  markCurrent(false)
  scrollTo(0, listTop)
  currentRow()?.scrollIntoView({ block: 'nearest' })
  listen()
}

function showMail() {
  listTop = scrollY
  document.body.classList.replace('listing', 'opened')
  scrollTo(0, 0)
  listen()
}

/** To the entry of the list in this tab's history, if the list is still in the page; otherwise it is an ordinary link. */
function leaveMail(event) {
  const { entries = [], here = 0 } = window.navigation
    ? { entries: navigation.entries(), here: navigation.currentEntry.index }
    : {}
  const list = entries
    .slice(0, here)
    .findLast(({ url, sameDocument }) => sameDocument && new URL(url).pathname === '/')
  if (!list || filterOf(list.url) !== filterOf(location)) return
  event.preventDefault()
  history.go(list.index - here)
}

document.addEventListener('click', (event) => {
  if (narrow.matches && event.target.id === 'back' && byId('mails')) leaveMail(event)
})

// Runs before htmx, which would load the page again.
addEventListener(
  'popstate',
  (event) => {
    const panes = byId('panes')
    if (!panes || !byId('bulk')) return
    event.stopImmediatePropagation()
    const id = /^\/replies\/([^/]+)$/.exec(location.pathname)?.[1]
    if (filterOf(location) !== filterOf(byId('bulk').action)) return location.reload()
    if (id === undefined) {
      if (!narrow.matches) return location.reload()
      return isListing() ? undefined : showList()
    }
    if (id !== panes.dataset.id)
      return void htmx.ajax('GET', `${location.pathname}${location.search}`, {
        target: '#panes',
        select: '#panes',
        swap: 'outerHTML',
      })
    if (isListing() && narrow.matches) showMail()
  },
  true,
)

document.addEventListener('htmx:beforeSwap', ({ detail: { target } }) => {
  if (target?.id === 'panes' && isListing()) listTop = scrollY
})
document.addEventListener('htmx:afterSettle', ({ detail: { elt, requestConfig } }) => {
  if (elt?.id !== 'panes' && requestConfig?.target?.id !== 'panes') return
  if (narrow.matches && location.pathname === '/') showList()
})

countChosen()
if (narrow.matches ? document.body.classList.contains('returned') : true)
  currentRow()?.scrollIntoView({ block: 'center' })
