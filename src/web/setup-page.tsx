/** The fields of the Setup page, each with where its value comes from. */
import type { Origin, SettingPath } from '../config/overlay.ts'
import type { SettingView } from '../review/page-settings.ts'
import type { SettingEdit } from '../store/settings.ts'
import { Token, type View, When } from './layout.tsx'
import { type Field, fieldAt, modes, nameOf, type SectionName, saidOf, typedOf } from './setup-fields.ts'
import { UndoEdit } from './setup-frame.tsx'

/** What somebody typed that was not accepted. */
export interface Refused {
  path: SettingPath
  typed: string
  fault: string
}

interface RowProps {
  view: View
  setting: SettingView
  refused: Refused | null
}

/** Of a field: the place on the page to come back to. */
export const idOf = (path: SettingPath): string =>
  path
    .map((step) => step.toLowerCase().replace(/[^a-z0-9]+/g, '-'))
    .join('_')
    .slice(0, 80)

export function Settings({
  view,
  settings,
  refused,
}: {
  view: View
  settings: readonly SettingView[]
  refused: Refused | null
}) {
  const isRare = ({ path }: SettingView) => fieldAt(path)?.rare === true
  const [rare, usual] = [settings.filter(isRare), settings.filter((each) => !isRare(each))]
  const open = refused !== null && rare.some(({ path }) => idOf(path) === idOf(refused.path))
  const row = (setting: SettingView) => <SettingRow view={view} setting={setting} refused={refused} />
  return (
    <div class="card settings">
      {usual.map(row)}
      {rare.length === 0 ? null : (
        <details open={open || rare.some(({ origin }) => origin.kind === 'page')}>
          <summary>More</summary>
          {rare.map(row)}
        </details>
      )}
    </div>
  )
}

/** A field that can be changed, or its value and why it can't. */
export function SettingRow({ view, setting, refused }: RowProps) {
  const field = fieldAt(setting.path)
  if (field === undefined) return null
  const id = idOf(setting.path)
  const isFixed = setting.lockedBy !== null || view.role !== 'owner'
  const isTall = field.form.kind === 'long' || field.form.kind === 'lines'
  const label = setting.path.at(-3) === 'categories' ? `Replies to “${setting.path.at(-2)}”` : field.label
  return (
    <div class={isTall ? 'setting tall' : 'setting'} id={id}>
      <div class="about">
        {isFixed ? (
          <span class="label" dir="auto">
            {label}
          </span>
        ) : (
          <label for={`${id}-value`} dir="auto">
            {label}
          </label>
        )}
        <small id={`${id}-help`}>{field.help}</small>
      </div>
      <div class="control">
        {isFixed ? (
          <Fixed setting={setting} />
        ) : (
          <FieldForm
            view={view}
            field={field}
            setting={setting}
            refused={refused !== null && idOf(refused.path) === id ? refused : null}
          />
        )}
        {setting.origin.kind === 'default' && !isFixed ? null : (
          <small class={setting.lockedBy === null ? 'origin' : 'origin locked'}>
            <OriginWords view={view} origin={setting.origin} edit={setting.edit} />
          </small>
        )}
      </div>
    </div>
  )
}

function Fixed({ setting: { path, value } }: { setting: SettingView }) {
  const said = value === undefined || value === '' ? 'None' : saidOf(path, value)
  return (
    <span class="fixed" dir="auto">
      {said}
    </span>
  )
}

function FieldForm({ view, field, setting, refused }: RowProps & { field: Field }) {
  const id = idOf(setting.path)
  const own = setting.origin.kind === 'page'
  const typed = refused?.typed ?? (own ? typedOf(setting.value) : '')
  return (
    <form method="post" action="/settings/set" class="field">
      <Token view={view} />
      <input type="hidden" name="path" value={JSON.stringify(setting.path)} />
      <input type="hidden" name="follows" value={setting.edit?.id ?? '0'} />
      <Control field={field} setting={setting} id={id} typed={typed} isWrong={refused !== null} />
      <button type="submit">
        Save<span class="hidden">{` ${field.label}`}</span>
      </button>
      {refused === null ? null : (
        <p class="fault" role="alert" id={`${id}-fault`}>
          {refused.fault}
        </p>
      )}
    </form>
  )
}

interface ControlProps {
  field: Field
  setting: SettingView
  id: string
  typed: string
  isWrong: boolean
}

/** Left empty, the value that applies without the page's own is shown as a hint. */
function Control({ field: { form }, setting, id, typed, isWrong }: ControlProps) {
  const common = {
    id: `${id}-value`,
    name: 'value',
    'aria-describedby': isWrong ? `${id}-fault ${id}-help` : `${id}-help`,
    'aria-invalid': isWrong ? ('true' as const) : undefined,
  }
  const otherwise = setting.origin.kind === 'page' ? '' : typedOf(setting.value)
  if (form.kind === 'choice')
    return (
      <select {...common}>
        <option value="" selected={typed === ''}>
          {unsetWords(setting)}
        </option>
        {form.choices.map(([value, words]) => (
          <option value={value} selected={typed === value}>
            {words}
          </option>
        ))}
      </select>
    )
  const placeholder = otherwise === '' ? form.placeholder : otherwise
  if (form.kind === 'long' || form.kind === 'lines')
    return (
      <textarea
        {...common}
        rows={form.rows}
        dir="auto"
        placeholder={placeholder}
        spellcheck={form.kind === 'long'}
      >
        {typed}
      </textarea>
    )
  return (
    <input
      {...common}
      value={typed}
      placeholder={
        otherwise === '' || setting.origin.kind !== 'default' ? placeholder : `Default: ${placeholder}`
      }
      inputmode={form.kind === 'number' ? 'decimal' : undefined}
      autocomplete="off"
    />
  )
}

function unsetWords({ path, value, origin }: SettingView): string {
  if (origin.kind === 'page') return path[0] === 'accounts' ? 'As for all accounts' : 'Default'
  if (value === undefined) return 'As for all mail'
  return `${origin.kind === 'inherited' ? 'As for all accounts' : 'Default'}: ${saidOf(path, value)}`
}

/** `replyd.yaml:7` as a person says it. */
export function placeWords(where: string): string {
  const [, file, line] = /^(.*):(\d+)$/.exec(where) ?? []
  return file === undefined ? `Set by the variable ${where}` : `Set in ${file.split('/').at(-1)} line ${line}`
}

interface OriginProps {
  view: View
  origin: Origin
  edit: SettingEdit | null
}

export function OriginWords({ view, origin, edit }: OriginProps) {
  if (origin.kind === 'file') return <>{placeWords(origin.where)}</>
  if (origin.kind === 'inherited')
    return (
      <>
        {origin.of.kind === 'file'
          ? `As for all accounts: ${placeWords(origin.of.where)}`
          : 'As for all accounts'}
      </>
    )
  if (origin.kind === 'default') return <>Default</>
  if (edit === null) return <>Set here</>
  return (
    <>
      Set here by {edit.actor}, <When at={edit.at} view={view} />
    </>
  )
}

export interface CategoryTyped {
  name: string
  description: string
  mode: string
}

interface CategoriesProps {
  view: View
  setting: SettingView
  /** Of the categories of the file, which the page can give a mode. */
  ofFile: readonly SettingView[]
  listed: readonly CategoryTyped[]
  fault: string | null
}

export function Categories({ view, setting, ofFile, listed, fault }: CategoriesProps) {
  const isFixed = setting.lockedBy !== null || view.role !== 'owner'
  return (
    <>
      <p class="meta">
        Sort mail into kinds, such as order status, complaint or invoice, to treat each in its own way. The
        description tells the AI what belongs there.
        {setting.origin.kind === 'default' ? null : (
          <>
            {' '}
            <OriginWords view={view} origin={setting.origin} edit={setting.edit} />.
          </>
        )}
      </p>
      {isFixed ? (
        <FixedCategories listed={listed} />
      ) : (
        <form method="post" action="/settings/categories" class="card categories">
          <Token view={view} />
          <input type="hidden" name="path" value={JSON.stringify(setting.path)} />
          <input type="hidden" name="follows" value={setting.edit?.id ?? '0'} />
          {[...listed, { name: '', description: '', mode: '' }].map((each, at) => (
            <CategoryFields category={each} at={at} isNew={at === listed.length} />
          ))}
          {fault === null ? null : (
            <p class="fault" role="alert">
              {fault}
            </p>
          )}
          <button type="submit" class="primary">
            Save categories
          </button>
        </form>
      )}
      {isFixed && ofFile.length > 0 ? (
        <>
          <h2>Replies by category</h2>
          <div class="card settings">
            {ofFile.map((each) => (
              <SettingRow view={view} setting={each} refused={null} />
            ))}
          </div>
        </>
      ) : null}
    </>
  )
}

function FixedCategories({ listed }: { listed: readonly CategoryTyped[] }) {
  if (listed.length === 0) return <p class="nothing">There are none.</p>
  return (
    <dl class="card facts">
      {listed.map(({ name, description }) => (
        <>
          <dt dir="auto">{name}</dt>
          <dd dir="auto">{description}</dd>
        </>
      ))}
    </dl>
  )
}

function CategoryFields({ category, at, isNew }: { category: CategoryTyped; at: number; isNew: boolean }) {
  const { name, description, mode } = category
  return (
    <fieldset>
      <legend>{isNew ? 'New category' : name}</legend>
      <label for={`name-${at}`}>Name</label>
      <input
        id={`name-${at}`}
        name={`name-${at}`}
        value={name}
        maxlength={60}
        dir="auto"
        autocomplete="off"
      />
      <label for={`description-${at}`}>Which mails belong here</label>
      <textarea id={`description-${at}`} name={`description-${at}`} rows={2} maxlength={1000} dir="auto">
        {description}
      </textarea>
      <label for={`mode-${at}`}>What happens to a reply</label>
      <select id={`mode-${at}`} name={`mode-${at}`}>
        <option value="">As for all mail</option>
        {modes.map(([value, words]) => (
          <option value={value} selected={value === mode}>
            {words}
          </option>
        ))}
      </select>
      {isNew ? null : (
        <label class="check">
          <input type="checkbox" name={`remove-${at}`} value="1" />
          Remove this category
        </label>
      )}
    </fieldset>
  )
}

interface ChangesProps {
  view: View
  edits: readonly (SettingEdit & { newest: boolean })[]
  older: string | null
}

export function Changes({ view, edits, older }: ChangesProps) {
  if (edits.length === 0)
    return <p class="nothing">Nothing has been changed here yet. Each change is listed, and can be undone.</p>
  return (
    <>
      <ul class="card rows changes">
        {edits.map((edit) => (
          <Change view={view} edit={edit} />
        ))}
      </ul>
      {older === null ? null : (
        <p class="pages">
          <a href={`/settings/changes?before=${older}`}>Older changes</a>
        </p>
      )}
    </>
  )
}

const from: SectionName = 'changes'

function Change({ view, edit }: { view: View; edit: ChangesProps['edits'][number] }) {
  const path = JSON.parse(edit.path) as SettingPath
  const said = (value: unknown) => (value === null ? 'not set' : saidOf(path, value))
  return (
    <li>
      <span>
        <b dir="auto">{nameOf(path)}</b>
        <span class="change" dir="auto">
          <del>{said(edit.old)}</del> <span aria-hidden="true">→</span> <ins>{said(edit.value)}</ins>
        </span>
        <small>
          {edit.actor}, <When at={edit.at} view={view} />
        </small>
      </span>
      {edit.newest && view.role === 'owner' ? <UndoEdit view={view} id={edit.id} from={from} /> : null}
    </li>
  )
}
