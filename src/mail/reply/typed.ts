/** To, Cc and Subject as a reviewer types them. */
import type { TypedEnvelope } from '../../base/typed-envelope.ts'
import type { Owner } from '../account.ts'
import { domainPart, type Mailbox, parseAddressList, plainLine } from '../address.ts'
import { comparable, distinct } from '../correspondents.ts'
import type { Message } from '../message.ts'
import { addresseesOf, displayName, named } from './addressing.ts'
import { replySubject } from './subject.ts'

/** As the form submits it. Absent: unchanged; empty: according to the rules. */
export interface TypedFields {
  to?: string | undefined
  cc?: string | undefined
  subject?: string | undefined
}

/** Addressees in To and Cc; characters of a subject and of an address. */
const [mostAddressees, longestSubject, longestAddress] = [20, 250, 254]

/** To, Cc and Subject of a reply that a person sends, according to the rules. */
export function standardEnvelope(original: Pick<Message, 'fields'>, owner: Owner) {
  const to = named(addresseesOf(original, owner, 'draft'))
  return { to, cc: [] as Mailbox[], subject: replySubject(original) }
}

/** A field that can't be used, and why, for a person. */
export class UnfitField {
  readonly field: 'to' | 'cc' | 'subject'
  readonly why: string
  constructor(field: UnfitField['field'], why: string) {
    this.field = field
    this.why = why
  }
}

/** @returns what then differs from the rules; null if nothing does */
export function typedEnvelope(
  original: Pick<Message, 'fields'>,
  owner: Owner,
  current: TypedEnvelope | null,
  fields: TypedFields,
): TypedEnvelope | null | UnfitField {
  const standard = standardEnvelope(original, owner)
  const shown = [...standard.to, ...(current?.to ?? []), ...(current?.cc ?? [])]
  const known = new Set(shown.map(({ address }) => comparable(address)))
  const to = fields.to === undefined ? (current?.to ?? []) : typedMailboxes('to', fields.to, known)
  const cc = fields.cc === undefined ? (current?.cc ?? []) : typedMailboxes('cc', fields.cc, known)
  const subject = plainLine(fields.subject ?? current?.subject ?? '').trim()
  if (to instanceof UnfitField) return to
  if (cc instanceof UnfitField) return cc
  if (to.length + cc.length > mostAddressees)
    return new UnfitField(cc.length > 0 ? 'cc' : 'to', `To and Cc take up to ${mostAddressees} addresses.`)
  if ([...subject].length > longestSubject)
    return new UnfitField('subject', `A subject can have up to ${longestSubject} characters.`)
  const typed: TypedEnvelope = {
    ...(to.length > 0 && keyOf(to) !== keyOf(standard.to) ? { to } : {}),
    ...(cc.length > 0 ? { cc } : {}),
    ...(subject !== '' && subject !== standard.subject ? { subject } : {}),
  }
  return Object.keys(typed).length === 0 ? null : typed
}

const keyOf = (list: readonly Mailbox[]) => list.map(({ address }) => comparable(address)).join()

/** Characters of a field with as many addresses as fit, each with a name. */
const longestField = mostAddressees * 2 * longestAddress

/**
 * Each part between commas has to be one address. A mistake is refused; nothing is guessed.
 * @param known addresses that the form shows: they are accepted even if a typed one of that form would not be
 */
function typedMailboxes(
  field: 'to' | 'cc',
  value: string,
  known: ReadonlySet<string>,
): Mailbox[] | UnfitField {
  if (value.length > longestField) return new UnfitField(field, 'This is too long for a list of addresses.')
  const parts = (value.match(/(?:"(?:\\.|[^"\\])*"|[^",;])+/gsu) ?? []).filter((part) => part.trim() !== '')
  const mailboxes: Mailbox[] = []
  for (const part of parts) {
    const [only, ...others] = parseAddressList(part)
    const isFit = (address: string) => isReachable(address) || known.has(comparable(address))
    if (!only || others.length > 0 || !isFit(only.address))
      return new UnfitField(field, notWhole(shortened(part)))
    mailboxes.push({ name: displayName(only.name), address: only.address })
  }
  return distinct(mailboxes)
}

export const notWhole = (part: string): string =>
  `“${part}” is not a complete address. Write it like name@example.org, and separate several with commas.`

/** On one line, short enough for a sentence. */
const shortened = (part: string): string => plainLine(part).trim().slice(0, 80)

const isReachable = (address: string) =>
  address.length <= longestAddress && !address.startsWith('"') && domainPart(address).includes('.')

/** As they are typed: a name that contains characters of an address is quoted. */
export function mailboxesAsText(list: readonly Mailbox[]): string {
  const quoted = (name: string) =>
    /[()<>@,;:\\".[\]]/.test(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : name
  return list.map(({ name, address }) => (name === '' ? address : `${quoted(name)} <${address}>`)).join(', ')
}
