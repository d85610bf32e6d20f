// Ctrl+K: everything that can be done here, by name; and the saved texts of the reply.
const dialog = document.createElement('dialog')
dialog.id = 'palette'
dialog.setAttribute('aria-label', 'Commands and saved texts')
dialog.innerHTML =
  '<input type="search" role="combobox" aria-expanded="true" aria-controls="commands" aria-autocomplete="list" autocomplete="off"><ul id="commands" role="listbox" aria-label="Commands"></ul><p class="meta" hidden>Nothing is called that.</p>'
const field = dialog.querySelector('input')
const list = dialog.querySelector('ul')
const nothing = dialog.querySelector('p')
let found = []
let at = 0

const isThere = (element) => element !== null && element.checkVisibility()

/** Buttons of the page, its menus, and the texts. */
function commands(onlyTexts) {
  const texts = [...document.querySelectorAll('#texts > li')].map((each) => ({
    words: each.dataset.name,
    hint: each.textContent,
    run: () => insert(each.textContent),
  }))
  if (document.querySelector('#texts'))
    texts.push({
      words: 'Saved texts: write, change, remove',
      hint: '',
      run: () => location.assign('/snippets'),
    })
  if (onlyTexts) return texts
  const buttons = ['approve', 'save', 'skip', 'reject', 'junk', 'undo'].flatMap((id) => {
    const button = document.getElementById(id)
    return isThere(button) ? [{ words: button.textContent.trim(), hint: '', run: () => button.click() }] : []
  })
  const links = [...document.querySelectorAll('.top nav a:not(.brand), .setup-menu a, .list .tabs a')].map(
    (link) => ({
      words: link.firstChild.textContent.trim(),
      hint: link.closest('.tabs') ? 'Filter' : 'Go to',
      run: () => location.assign(link.href),
    }),
  )
  const keys = { words: 'Keyboard', hint: 'Help', run: () => document.getElementById('keys').showModal() }
  return [...buttons, ...texts, ...links, keys]
}

/** At the cursor, and into the history of the field, so that Ctrl+Z takes it back. */
function insert(text) {
  const area = document.getElementById('text')
  if (!area) return
  area.focus()
  if (cursor !== null) area.setSelectionRange(...cursor)
  // biome-ignore lint: no other way keeps the undo of the field
  if (!document.execCommand('insertText', false, text))
    area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end')
  area.dispatchEvent(new Event('input', { bubbles: true }))
}

let all = []
let cursor = null
function show() {
  const wanted = field.value.toLowerCase().split(/\s+/)
  found = all.filter(({ words, hint }) =>
    wanted.every((word) => `${words} ${hint}`.toLowerCase().includes(word)),
  )
  at = Math.min(at, Math.max(0, found.length - 1))
  list.replaceChildren(
    ...found.map(({ words, hint }, index) => {
      const row = document.createElement('li')
      row.role = 'option'
      row.id = `command-${index}`
      row.ariaSelected = String(index === at)
      const name = document.createElement('b')
      const more = document.createElement('span')
      name.dir = 'auto'
      more.dir = 'auto'
      name.textContent = words
      more.textContent = hint.slice(0, 120)
      row.append(name, more)
      return row
    }),
  )
  nothing.hidden = found.length > 0
  field.setAttribute('aria-activedescendant', found.length > 0 ? `command-${at}` : '')
  list.children[at]?.scrollIntoView({ block: 'nearest' })
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
  all = commands(onlyTexts)
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
document.addEventListener('keydown', (event) => {
  if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey) return
  event.preventDefault()
  if (dialog.open) dialog.close()
  else if (!document.querySelector('dialog[open]')) open(false)
})
