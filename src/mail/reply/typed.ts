/** To, Cc and Subject as a reviewer types them. */
import type { TypedEnvelope } from '../../base/typed-envelope.ts'
import type { Owner } from '../account.ts'
import { domainPart, type Mailbox, parseAddressList, plainLine } from '../address.ts'
import { comparable, distinct } from '../correspondents.ts'
import type { Message } from '../message.ts'
import { addresseesOf, displayName } from './addressing.ts'
import { replySubject } from './subject.ts'

/** As the form has it; absent: not to be changed, empty: as the rules have it. */
export interface TypedFields {
  to?: string | undefined
  cc?: string | undefined
  subject?: string | undefined
}

/** In To and Cc, and the characters of a subject. */
const [mostAddressees, longestSubject, longestAddress] = [20, 250, 254]

/** To, Cc and Subject of the reply that a person sends, as the rules have them. */
export function standardEnvelope(original: Pick<Message, 'fields'>, owner: Owner) {
  const to = addresseesOf(original, owner, 'draft').map(({ name, address }) => ({
    name: displayName(name),
    address,
  }))
  return { to, cc: [] as Mailbox[], subject: replySubject(original) }
}

/** @returns what then differs from the rules, null for nothing; `unfit` when an address or the subject can't be used */
export function typedEnvelope(
  original: Pick<Message, 'fields'>,
  owner: Owner,
  current: TypedEnvelope | null,
  fields: TypedFields,
): TypedEnvelope | null | 'unfit' {
  const standard = standardEnvelope(original, owner)
  const to = fields.to === undefined ? (current?.to ?? []) : typedMailboxes(fields.to)
  const cc = fields.cc === undefined ? (current?.cc ?? []) : typedMailboxes(fields.cc)
  const subject = plainLine(fields.subject ?? current?.subject ?? '').trim()
  if (to === null || cc === null || to.length + cc.length > mostAddressees) return 'unfit'
  if ([...subject].length > longestSubject) return 'unfit'
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

/** Each part between commas has to be one address; null if one is not. A mistake is refused; nothing is guessed. */
function typedMailboxes(value: string): Mailbox[] | null {
  if (value.length > longestField) return null
  const parts = value.match(/(?:"(?:\\.|[^"\\])*"|[^",;])+/gsu) ?? []
  const found = parts
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [only, ...others] = parseAddressList(part)
      const fits = only && others.length === 0 && isReachable(only.address)
      return fits ? { name: displayName(only.name), address: only.address } : null
    })
  const mailboxes = found.flatMap((each) => each ?? [])
  return mailboxes.length < found.length ? null : distinct(mailboxes)
}

const isReachable = (address: string) =>
  address.length <= longestAddress && !address.startsWith('"') && domainPart(address).includes('.')

/** As they are typed: a name with signs of an address in it stands in quotes. */
export function mailboxesAsText(list: readonly Mailbox[]): string {
  const quoted = (name: string) =>
    /[()<>@,;:\\".[\]]/.test(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : name
  return list.map(({ name, address }) => (name === '' ? address : `${quoted(name)} <${address}>`)).join(', ')
}
