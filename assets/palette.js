// Ctrl+K: everything that can be done here, by name; and the saved texts of the reply.
const dialog = document.createElement('dialog')
dialog.id = 'palette'
dialog.setAttribute('aria-label', 'Commands and saved texts')
dialog.innerHTML =
  '<input type="text" role="combobox" aria-expanded="true" aria-controls="commands" aria-autocomplete="list" autocomplete="off" spellcheck="false" enterkeyhint="go"><ul id="commands" role="listbox" aria-label="Commands"></ul><p class="meta" hidden>No saved text has that name.</p>'
const field = dialog.querySelector('input')
const list = dialog.querySelector('ul')
const nothing = dialog.querySelector('p')
let found = []
let at = 0

const isThere = (element) => element?.checkVisibility()
const goTo = (address) => () => location.assign(address)

/** Of the page, with their keys: what can be undone least comes last. */
const buttons = [
  ['approve', 'a'],
  ['save', ''],
  ['skip', 'j'],
  ['undo', 'u'],
  ['junk', '!'],
  ['reject', 'r'],
]

/** In place of them while mails are chosen. */
const bulkButtons = [
  ['bulk-approve', 'a'],
  ['skip', 'j'],
  ['undo', 'u'],
  ['bulk-junk', '!'],
  ['bulk-reject', 'r'],
]
const subject = () => document.querySelector('#panes .subject')?.textContent.trim() ?? ''

/** Each names what it is about: the mails that are chosen, or the one that is open. The search ignores this. */
function decisions() {
  const chosen = document.querySelectorAll('[name=pick]:checked').length
  return (chosen > 0 ? bulkButtons : buttons).flatMap(([id, key]) => {
    const button = document.getElementById(id)
    if (!isThere(button) || button.disabled) return []
    const what = id.startsWith('bulk') ? document.getElementById('chosen').textContent : subject()
    const about = id === 'skip' || id === 'undo' ? '' : what
    return [{ words: button.textContent.trim(), hint: '', about, key, run: () => button.click() }]
  })
}

/** Places, by the words that people look for. */
const places = [
  ['/', 'Inbox', 'mails that wait'],
  ['/junk', 'Junk', 'spam'],
  ['/history', 'History', 'every mail, search'],
  ['/insight', 'Insight', 'figures, cost, statistics'],
  ['/teach', 'Teach: missing facts', 'questions without an answer'],
  ['/teach/learned', 'Teach: learned', 'style, edits'],
  ['/teach/knowledge', 'Teach: knowledge', 'files, upload, sources'],
  ['/teach/playground', 'Teach: playground', 'try a change, prompt'],
  ['/settings', 'Setup: accounts', 'pause sending, resume, test, sign in, status'],
  ['/settings/replies', 'Setup: replies', 'drafts or automatic, undo time, signature, business hours'],
  ['/settings/instructions', 'Setup: instructions', 'tone, rules for the writer'],
  ['/settings/categories', 'Setup: categories', 'kinds of mail'],
  ['/settings/senders', 'Setup: senders', 'allow, block, deny'],
  ['/settings/budget', 'Setup: budget', 'cost, limit, time zone'],
  ['/settings/people', 'Setup: people', 'colleagues, roles, add user'],
  ['/settings/changes', 'Setup: changes', 'history of settings, undo'],
  ['/devices', 'Setup: devices and tokens', 'log out everywhere, API, backup, forget'],
  ['/notifications', 'Setup: notifications', 'push, quiet hours'],
  ['/you', 'Setup: your password', 'login, lock'],
]

function texts() {
  const own = [...document.querySelectorAll('#texts > li')].map((each) => ({
    words: each.dataset.name,
    hint: each.textContent,
    run: () => insert(each.textContent),
  }))
  if (document.querySelector('#texts'))
    own.push({ words: 'Saved texts', hint: 'write, change, remove', run: goTo('/snippets') })
  return own
}

/** Buttons of the page, its saved texts, filters, mails of the list, and all pages. */
function commands() {
  const doable = decisions()
  if (isThere(document.getElementById('text')))
    doable.splice(1, 0, {
      ...{ words: 'Edit the reply', hint: '', about: subject(), key: 'e' },
      run: () => document.getElementById('text').focus(),
    })
  const filters = [...document.querySelectorAll('.list .tabs a')].map((link) => ({
    words: link.firstChild.textContent.trim(),
    hint: 'show in the list',
    run: () => location.assign(link.href),
  }))
  const mails = [...document.querySelectorAll('a.mail')].map((mail) => ({
    words: mail.querySelector('.who').textContent.trim(),
    hint: mail.querySelector('b').textContent,
    run: () => mail.click(),
  }))
  const pages = places.map(([address, words, hint]) => ({ words, hint, run: goTo(address) }))
  const keys = { words: 'Keyboard shortcuts', hint: '', key: '?', run: showKeys }
  return [...doable, ...texts(), ...filters, ...pages, keys, ...mails]
}

const showKeys = () => document.getElementById('keys').showModal()

/** Inserts at the cursor and into the field's undo history, so that Ctrl+Z undoes it. */
function insert(text) {
  const area = document.getElementById('text')
  if (!area) return
  area.focus()
  if (cursor !== null) area.setSelectionRange(...cursor)
  if (!document.execCommand('insertText', false, text))
    area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end')
  area.dispatchEvent(new Event('input', { bubbles: true }))
}

/** 0 for the beginning of the name, 1 of a word of it, 2 of a word of the hint; null: it is something else. */
function rankOf({ words, hint }, wanted) {
  const [name, more] = [words.toLowerCase(), hint.toLowerCase()]
  const begins = (text, word) =>
    text.startsWith(word) || new RegExp(`[^\\p{L}\\p{N}]${escaped(word)}`, 'u').test(text)
  if (name.startsWith(wanted.join(' '))) return 0
  if (wanted.every((word) => begins(name, word))) return 1
  return wanted.every((word) => begins(name, word) || begins(more, word)) ? 2 : null
}
const escaped = (word) => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

let all = []
let cursor = null
let hasSearch = false
function show() {
  const typed = field.value.trim()
  const wanted = typed.toLowerCase().split(/\s+/)
  found = all
    .map((command) => ({ command, rank: rankOf(command, wanted) }))
    .filter(({ rank }) => rank !== null)
    .sort((one, other) => one.rank - other.rank)
    .map(({ command }) => command)
  if (hasSearch && typed !== '')
    found.push({
      words: `Search all mail for “${typed}”`,
      hint: '',
      run: goTo(`/history?q=${encodeURIComponent(typed)}`),
    })
  at = Math.min(at, Math.max(0, found.length - 1))
  list.replaceChildren(...found.map(rowOf))
  nothing.hidden = found.length > 0
  field.setAttribute('aria-activedescendant', found.length > 0 ? `command-${at}` : '')
  list.children[at]?.scrollIntoView({ block: 'nearest' })
}

function rowOf({ words, hint, about = hint, key }, index) {
  const row = document.createElement('li')
  row.role = 'option'
  row.id = `command-${index}`
  row.ariaSelected = String(index === at)
  const [name, more] = [document.createElement('b'), document.createElement('span')]
  name.dir = 'auto'
  more.dir = 'auto'
  name.textContent = words
  more.textContent = about.slice(0, 120)
  row.append(name, more)
  if (key) row.append(Object.assign(document.createElement('kbd'), { textContent: key }))
  return row
}

function run(index) {
  const command = found[index]
  if (!command) return
  dialog.close()
  command.run()
}

function open(onlyTexts) {
  const area = document.getElementById('text')
  cursor = area === null ? null : [area.selectionStart, area.selectionEnd]
  if (!dialog.isConnected) document.body.append(dialog)
  all = onlyTexts ? texts() : commands()
  hasSearch = !onlyTexts
  at = 0
  field.value = ''
  field.placeholder = onlyTexts ? 'Insert a saved text' : 'What do you want to do?'
  field.ariaLabel = field.placeholder
  dialog.showModal()
  show()
}

field.addEventListener('input', () => {
  at = 0
  show()
})
field.addEventListener('keydown', (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (event.key === 'Enter') run(at)
  if (step) at = (at + step + found.length) % Math.max(1, found.length)
  if (step) show()
  if (step || event.key === 'Enter') event.preventDefault()
})
list.addEventListener('click', ({ target }) => run([...list.children].indexOf(target.closest('li'))))
dialog.addEventListener('click', ({ target }) => {
  if (target === dialog) dialog.close()
})
document.addEventListener('click', ({ target }) => {
  if (target.id === 'insert') open(true)
})
// Another mail has been opened meanwhile: the commands are about that one.
document.addEventListener('htmx:afterSettle', () => {
  if (!dialog.open) return
  all = hasSearch ? commands() : texts()
  show()
})
document.addEventListener('keydown', (event) => {
  if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey) return
  event.preventDefault()
  if (dialog.open) dialog.close()
  else if (!document.querySelector('dialog[open]')) open(false)
})
