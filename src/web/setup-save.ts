/** What a form of the Setup page changes, whether it is valid, and whether replyd would start to send automatically. */
import * as z from 'zod'
import { type SettingPath, widerPath } from '../config/overlay.ts'
import type { PageSettings, SettingView } from '../review/page-settings.ts'
import { Refusal } from '../review/review.ts'
import { BadRequest } from './bodies.ts'
import type { CategoryTyped } from './setup-categories.tsx'
import { fieldAt } from './setup-fields.ts'
import type { Refused } from './setup-page.tsx'
import { faultWords, saidOf, valueTyped } from './setup-values.ts'

export interface SettingChange {
  path: SettingPath
  /** undefined: the page no longer sets it. */
  value: unknown
  /** Id of the edit that the person saw, `0` for none. */
  follows: string
  typed: string
}

type Body = Readonly<Record<string, unknown>>

const mostRows = 41
const numbers = Array.from({ length: mostRows }, (_, at) => at)
const plain = (value: unknown) => (typeof value === 'string' ? value.replaceAll('\r\n', '\n').trim() : '')

/** @throws BadRequest when it is no list of names */
export function pathIn(written: unknown): SettingPath {
  try {
    return z
      .array(z.string())
      .min(1)
      .max(6)
      .parse(JSON.parse(plain(written)))
  } catch (cause) {
    throw new BadRequest('The form names no setting.', { cause, fields: ['path'] })
  }
}

function followsIn(written: unknown): string {
  if (typeof written === 'string' && /^\d{1,18}$/.test(written)) return written
  throw new BadRequest('The form does not say which value it changes.', { fields: ['follows'] })
}

/** The changed fields; for the categories, the whole list. @throws BadRequest @throws Refusal */
export function changesIn(body: Body): SettingChange[] {
  if (body.path !== undefined) {
    const listed = categoriesIn(body)
    const value = listed.length === 0 ? undefined : listed.map(withoutEmptyMode)
    const typed = JSON.stringify(listed)
    return [{ path: pathIn(body.path), value, follows: followsIn(body.follows), typed }]
  }
  return numbers
    .filter((at) => body[`path-${at}`] !== undefined)
    .filter((at) => plain(body[`value-${at}`]) !== plain(body[`was-${at}`]))
    .map((at) => {
      const path = pathIn(body[`path-${at}`])
      const field = fieldAt(path)
      if (field === undefined) throw new Refusal('unknown-setting')
      const typed = plain(body[`value-${at}`])
      return { path, value: valueTyped(field, typed), follows: followsIn(body[`follows-${at}`]), typed }
    })
}

const withoutEmptyMode = ({ name, description, mode }: CategoryTyped) =>
  mode === '' ? { name, description } : { name, description, mode }

/** The rows of the form, without those that are empty or to be removed. */
function categoriesIn(body: Body): CategoryTyped[] {
  const at = (name: string, row: number) => plain(body[`${name}-${row}`])
  return numbers
    .filter((row) => at('remove', row) === '' && `${at('name', row)}${at('description', row)}` !== '')
    .map((row) => ({ name: at('name', row), description: at('description', row), mode: at('mode', row) }))
}

/** The value of the file or the page, as a list. */
export function categoriesOf({ value }: Pick<SettingView, 'value'>): CategoryTyped[] {
  if (!Array.isArray(value)) return []
  return (value as Partial<CategoryTyped>[]).map(({ name = '', description = '', mode = '' }) => ({
    ...{ name, description, mode },
  }))
}

/** Why each can't be saved, in words; null if it can. @throws Refusal when the page may not change it */
export function faultsOf(settings: PageSettings, changes: readonly SettingChange[]): (string | null)[] {
  const faults = settings.faults(changes)
  return changes.map(({ path, follows, typed }, at) => {
    const { edit, value } = settings.placed(path)
    const fault = faults[at] ?? null
    if ((edit?.id ?? '0') === follows) return fault === null ? null : faultWords(path, typed, fault)
    const now = value === undefined || value === '' ? '' : ` It is now: ${saidOf(path, value)}.`
    return `${new Refusal('setting-changed').message}${now}`
  })
}

export const refusedOf = (changes: readonly SettingChange[], faults: readonly (string | null)[]): Refused[] =>
  changes.map(({ path, typed }, at) => ({ path, typed, fault: faults[at] ?? null }))

/** Whether replies that would have waited for a person are sent automatically after the change. */
export function startsSending(
  settings: PageSettings,
  { path, value }: Pick<SettingChange, 'path' | 'value'>,
): boolean {
  const before = settings.view(path).value
  if (path.at(-1) === 'categories') {
    const sent = new Set(sendingNames(before))
    return sendingNames(value).some((name) => !sent.has(name))
  }
  if (path.at(-1) !== 'mode') return false
  const wider = widerPath(path)
  const after = value ?? (wider === null ? undefined : settings.view(wider).value)
  return after === 'send' && before !== 'send'
}

/** Categories whose replies are sent automatically. */
export const sendingNames = (value: unknown): string[] =>
  categoriesOf({ value }).flatMap(({ name, mode }) => (mode === 'send' ? [name.toLowerCase()] : []))

/** Whether the change ends all judging and answering. */
export const stopsAll = ({ path, value }: Pick<SettingChange, 'path' | 'value'>): boolean =>
  path.at(-2) === 'budget' && path.at(-1) === 'perDay' && value === 0
