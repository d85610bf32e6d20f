/** Values of the Setup page: typed text to configuration values, and those to text that can be typed or read. */
import { addressOrDomain } from '../config/fields.ts'
import type { SettingPath, Shown } from '../config/overlay.ts'
import { type Field, type FieldForm, fieldAt, yesNo } from './setup-fields.ts'
import {
  durationSaid,
  durationTyped,
  hoursFault,
  hoursSaid,
  hoursTyped,
  numberTyped,
  senderTyped,
  shareSaid,
  shareTyped,
} from './typed-values.ts'
import { dollars } from './words.ts'

/** The typed text as a value of the configuration; undefined if it is empty. */
export function valueTyped({ form }: Field, typed: string): unknown {
  const text = typed.replaceAll('\r\n', '\n').trim()
  if (text === '') return undefined
  if (form.kind === 'dollars') return numberTyped(text)
  if (form.kind === 'share') return shareTyped(text)
  if (form.kind === 'hours') return hoursTyped(text)
  if (form.kind === 'duration') return durationTyped(text, form.unit)
  if (form.kind === 'lines') return entriesIn(text).map(senderTyped)
  if (form.kind === 'choice' && form.choices === yesNo) return text === 'true'
  return text
}

const entriesIn = (text: string) =>
  text
    .split(/[\n,;]/)
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** A value as it would be typed. */
export function typedOf(path: SettingPath, value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.join('\n')
  const kind = fieldAt(path)?.form.kind
  if (kind === 'share' && typeof value === 'number') return shareSaid(value)
  if (kind === 'hours') return hoursSaid(String(value))
  return kind === 'duration' ? durationSaid(String(value)) : String(value)
}

/** A value for people, on one line. */
export function saidOf(path: SettingPath, value: unknown): string {
  const form = fieldAt(path)?.form
  if (form?.kind === 'choice')
    return form.choices.find(([each]) => each === String(value))?.[1] ?? String(value)
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((each) => (isNamed(each) ? each.name : each)).join(', ')
  if (typeof value === 'object' && value !== null) return Object.values(value).join(' / ')
  return form?.kind === 'dollars' && typeof value === 'number' ? dollars(value) : typedOf(path, value)
}

/** Null: nothing applies, and the field has no text for that. */
export function saidOrUnset(path: SettingPath, value: unknown): string | null {
  return value === undefined || value === null || value === ''
    ? (fieldAt(path)?.unset ?? null)
    : saidOf(path, value)
}

/** What applies with an edit. @param value null: the page sets nothing, and `without` applies, if it is still known */
export function appliedSaid(path: SettingPath, value: unknown, without: Shown | null): string {
  if (value !== null) return saidOf(path, value)
  const said = without === null ? null : saidOrUnset(path, without.value)
  if (said === null) return 'not set'
  const from = {
    default: 'default',
    inherited: 'same as for all accounts',
    file: 'replyd.yaml',
    page: 'set here',
  }
  return `${said} (${from[without?.origin.kind ?? 'default']})`
}

const isNamed = (value: unknown): value is { name: string } =>
  typeof value === 'object' && value !== null && 'name' in value

/** Why what was typed does not fit, as a sentence. @param words of the configuration: `must be …` */
export function faultWords(path: SettingPath, typed: string, words: string): string {
  const form = fieldAt(path)?.form
  const own = form === undefined ? null : ownWords(form, typed, words)
  if (own !== null) return own
  const plain = form?.kind === 'duration' ? durationSaid(words) : words
  const whole = /^(?:must|is|needs|names|unknown)\b/.test(plain) ? `This ${plain}` : plain
  return /[.!?]$/.test(whole) ? whole : `${whole}.`
}

function ownWords({ kind }: FieldForm, typed: string, words: string): string | null {
  if (kind === 'hours') return hoursFault(typed)
  if (kind === 'share') return 'Type a percentage from 0 to 100, such as 80 %.'
  if (kind === 'lines') return listFault(typed)
  if (kind === 'dollars' && words.includes('amount')) return 'Type an amount, such as 2 or 2.50.'
  return kind === 'duration' && words.includes('with its unit')
    ? 'Type a time with its unit, such as 60 seconds or 5 minutes.'
    : null
}

function listFault(typed: string): string | null {
  const odd = entriesIn(typed).find((entry) => !addressOrDomain().safeParse(senderTyped(entry)).success)
  return odd === undefined
    ? null
    : `“${odd}” is neither an address nor a domain. Type one per line, such as ann@example.com or example.com.`
}
