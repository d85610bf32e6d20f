/** The fields of the Setup page, each with the origin of its value. */
import { actorName } from '../base/reasons.ts'
import type { Origin, SettingPath, Shown } from '../config/overlay.ts'
import type { SettingView } from '../review/page-settings.ts'
import type { SettingEdit } from '../store/settings.ts'
import { Token, type View, When } from './layout.tsx'
import { type Field, fieldAt, nameOf, type SectionName } from './setup-fields.ts'
import { UndoEdit } from './setup-frame.tsx'
import { appliedSaid, saidOf, saidOrUnset, typedOf } from './setup-values.ts'

/** Input that was not saved, and why; null if another field was the reason. */
export interface Refused {
  path: SettingPath
  typed: string
  fault: string | null
}

/** A field's HTML id, to return to its place on the page. */
export const idOf = (path: SettingPath): string =>
  path
    .map((step) => step.toLowerCase().replace(/[^a-z0-9]+/g, '-'))
    .join('_')
    .slice(0, 80)

const refusedOf = (refused: readonly Refused[], { path }: SettingView): Refused | null =>
  refused.find((each) => idOf(each.path) === idOf(path)) ?? null

export const isFixed = (view: View, setting: SettingView) =>
  setting.lockedBy !== null || view.role !== 'owner'

interface SettingsProps {
  view: View
  /** The URL to which the form is posted: that of its page. */
  to: string
  settings: readonly SettingView[]
  refused: readonly Refused[]
}

/** One form for all fields: only those that were changed are saved. */
export function Settings({ view, to, settings, refused }: SettingsProps) {
  const isRare = ({ path }: SettingView) => fieldAt(path)?.rare === true
  const rare = settings.filter(isRare)
  const isOpen = rare.some((each) => each.origin.kind === 'page' || refusedOf(refused, each) !== null)
  const row = (setting: SettingView) => (
    <SettingRow
      view={view}
      setting={setting}
      at={settings.indexOf(setting)}
      refused={refusedOf(refused, setting)}
    />
  )
  const rows = (
    <>
      {settings.filter((each) => !isRare(each)).map(row)}
      {rare.length === 0 ? null : (
        <details open={isOpen}>
          <summary>More</summary>
          {rare.map(row)}
        </details>
      )}
    </>
  )
  if (settings.every((each) => isFixed(view, each))) return <div class="card settings">{rows}</div>
  return (
    <form method="post" action={to} class="card settings" data-saves={refused.length > 0 ? 'changed' : ''}>
      <Token view={view} />
      {rows}
      <SaveBar wrong={refused.filter(({ fault }) => fault !== null)} />
    </form>
  )
}

/** With JavaScript it is enabled once something has changed (assets/setup.js). @param wrong to be corrected first */
export function SaveBar({ wrong = [] }: { wrong?: readonly Pick<Refused, 'path'>[] }) {
  return (
    <div class="save-bar">
      {wrong.length === 0 ? null : (
        <p class="fault">
          Nothing is saved yet. Correct first:{' '}
          {wrong.map(({ path }, at) => (
            <>
              {at === 0 ? '' : ', '}
              <a href={`#${idOf(path)}`}>{nameOf(path)}</a>
            </>
          ))}
        </p>
      )}
      <button type="submit" class="primary">
        Save changes
      </button>
      <button type="reset">Discard</button>
    </div>
  )
}

interface RowProps {
  view: View
  setting: SettingView
  /** Its number in the form. */
  at: number
  refused: Refused | null
}

/** A field that can be changed, or its value and why it can't. */
function SettingRow({ view, setting, at, refused }: RowProps) {
  const field = fieldAt(setting.path)
  if (field === undefined) return null
  const id = idOf(setting.path)
  const isTall = field.form.kind === 'long' || field.form.kind === 'lines'
  const label = setting.path.at(-3) === 'categories' ? `Replies to “${setting.path.at(-2)}”` : field.label
  const fixed = isFixed(view, setting)
  return (
    <div class={isTall ? 'setting tall' : 'setting'} id={id}>
      <div class="about">
        {fixed ? (
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
        {fixed ? (
          <Fixed setting={setting} />
        ) : (
          <FieldInput field={field} setting={setting} at={at} refused={refused} />
        )}
        {setting.origin.kind === 'default' && !fixed ? null : (
          <small class={setting.lockedBy === null ? 'origin' : 'origin locked'}>
            <OriginWords view={view} origin={setting.origin} edit={setting.edit} />
          </small>
        )}
      </div>
    </div>
  )
}

function Fixed({ setting: { path, value } }: { setting: SettingView }) {
  const said = saidOrUnset(path, value) ?? 'None'
  return (
    <span class="fixed" dir="auto">
      {said}
    </span>
  )
}

function FieldInput({ field, setting, at, refused }: Omit<RowProps, 'view'> & { field: Field }) {
  const id = idOf(setting.path)
  const stands = setting.origin.kind === 'page' ? typedOf(setting.path, setting.value) : ''
  const fault = refused?.fault ?? null
  return (
    <>
      <input type="hidden" name={`path-${at}`} value={JSON.stringify(setting.path)} />
      <input type="hidden" name={`follows-${at}`} value={setting.edit?.id ?? '0'} />
      <input type="hidden" name={`was-${at}`} value={stands} />
      <Control
        field={field}
        setting={setting}
        id={id}
        name={`value-${at}`}
        typed={refused?.typed ?? stands}
        isWrong={fault !== null}
      />
      {fault === null ? null : (
        <p class="fault" role="alert" id={`${id}-fault`}>
          {fault}
        </p>
      )}
    </>
  )
}

interface ControlProps {
  field: Field
  setting: SettingView
  id: string
  name: string
  typed: string
  isWrong: boolean
}

/** Left empty, the value that applies without the page's own is shown as a hint. */
function Control({ field: { form, unset }, setting, id, name, typed, isWrong }: ControlProps) {
  const common = {
    id: `${id}-value`,
    name,
    autofocus: isWrong || undefined,
    'aria-describedby': isWrong ? `${id}-fault ${id}-help` : `${id}-help`,
    'aria-invalid': isWrong ? ('true' as const) : undefined,
  }
  const otherwise = setting.origin.kind === 'page' ? '' : typedOf(setting.path, setting.value)
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
  const standard = otherwise === '' || setting.origin.kind !== 'default' ? otherwise : `Default: ${otherwise}`
  const example = unset ?? ('placeholder' in form ? form.placeholder : undefined)
  const placeholder = standard === '' ? example : standard
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
      placeholder={placeholder}
      inputmode={form.kind === 'dollars' ? 'decimal' : undefined}
      autocomplete="off"
    />
  )
}

function unsetWords({ path, value, origin }: SettingView): string {
  if (origin.kind === 'page') return path[0] === 'accounts' ? 'Same as for all accounts' : 'Default'
  if (value === undefined) return fieldAt(path)?.unset ?? 'Default'
  return `${origin.kind === 'inherited' ? 'Same as for all accounts' : 'Default'}: ${saidOf(path, value)}`
}

/** `replyd.yaml:7` in words. */
function placeWords(where: string): string {
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
          ? `Same as for all accounts: ${placeWords(origin.of.where)}`
          : 'Same as for all accounts'}
      </>
    )
  if (origin.kind === 'default') return <>Default</>
  if (edit === null) return <>Set here</>
  return (
    <>
      Set here by {actorName(edit.actor)}, <When at={edit.at} view={view} />
    </>
  )
}

interface ChangesProps {
  view: View
  edits: readonly (SettingEdit & { newest: boolean; without: Shown | null })[]
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
  const said = (value: unknown) => appliedSaid(path, value, edit.without)
  return (
    <li>
      <span>
        <b dir="auto">{nameOf(path)}</b>
        <span class="change" dir="auto">
          <del>{said(edit.old)}</del> <span aria-hidden="true">→</span> <ins>{said(edit.value)}</ins>
        </span>
        <small>
          {actorName(edit.actor)}, <When at={edit.at} view={view} />
        </small>
      </span>
      {edit.newest && view.role === 'owner' ? <UndoEdit view={view} id={edit.id} from={from} /> : null}
    </li>
  )
}
