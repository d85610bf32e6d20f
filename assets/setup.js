// Saving is possible once something has changed; the browser warns before unsaved changes are lost.
const forms = document.querySelectorAll('form[data-saves]')
let saving = false

const chosenAtFirst = ({ options }) =>
  Math.max(
    0,
    [...options].findIndex((each) => each.defaultSelected),
  )

function isChanged(field) {
  if (field.tagName === 'SELECT') return field.selectedIndex !== chosenAtFirst(field)
  if (field.type === 'checkbox') return field.checked !== field.defaultChecked
  return field.type !== 'hidden' && field.value !== field.defaultValue
}

function show(form) {
  const changed = [...form.elements].filter((field) => field.name && isChanged(field)).length
  const isOpen = changed > 0 || form.dataset.saves === 'changed'
  form.classList.toggle('unchanged', !isOpen)
  const save = form.querySelector('.save-bar .primary')
  save.disabled = !isOpen
  save.textContent = !isOpen ? 'Nothing to save' : changed > 1 ? `Save ${changed} changes` : 'Save changes'
  return isOpen
}

for (const form of forms) {
  show(form)
  for (const event of ['input', 'change']) form.addEventListener(event, () => show(form))
  form.addEventListener('reset', () => setTimeout(() => show(form)))
  form.addEventListener('submit', () => {
    saving = true
  })
}
addEventListener('pageshow', () => forms.forEach(show))
addEventListener('beforeunload', (event) => {
  if (!saving && [...forms].some(show)) event.preventDefault()
})
