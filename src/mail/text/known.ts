/** What a mail's header says about its text: the author, the recipients, and the topic. */

import { decodeWords, parseAddressList } from '../address.ts'
import { fieldValues, type Message } from '../message.ts'

export interface Known {
  /** Addresses of the author, lower case. */
  author: ReadonlySet<string>
  /** Words of the author's names, and of the local parts of the author's addresses, lower case. */
  names: readonly ReadonlySet<string>[]
  /** Addresses that the mail is for, lower case: ours, and those of other readers. */
  addressees: ReadonlySet<string>
  /** Without prefixes, lower case. */
  subject: string
}

export const nothingKnown: Known = { author: new Set(), names: [], addressees: new Set(), subject: '' }

/** Characters examined of one header value; no sender needs more. */
const longestValue = 10_000

/** Maximum number of addresses of one message. */
const mostAddresses = 100

/** A subject without what programs put before it, in any language: short words that end in a colon, and counters. */
export function bareSubject(subject: string): string {
  const prefix = /^\s*\p{L}[\p{L}\p{M}]{0,11}\.?\s?(?:[[(^*]?\d{1,4}[\])]?)?\s?[:：]\s*/u
  let left = subject.slice(0, 1000)
  for (let found = prefix.exec(left); found; found = prefix.exec(left)) left = left.slice(found[0].length)
  return left.replace(/\s+/g, ' ').trim().toLowerCase()
}

export const wordsOfName = (name: string): ReadonlySet<string> =>
  new Set(name.toLowerCase().match(/[\p{L}\p{M}]{2,}/gu) ?? [])

/** Never throws, even if the fields are malformed. */
export function knownOf(message: Partial<Pick<Message, 'fields'>>): Known {
  const { fields } = message
  if (!fields) return nothingKnown
  const listed = (name: string) =>
    fieldValues({ fields }, name).flatMap((value) => parseAddressList(value.slice(0, longestValue)))
  const authors = listed('from')
  const addressees = ['to', 'cc', 'delivered-to', 'x-original-to'].flatMap(listed)
  const lower = (list: readonly { address: string }[]) =>
    list.slice(0, mostAddresses).map(({ address }) => address.toLowerCase())
  const [subject = ''] = fieldValues({ fields }, 'subject')
  return {
    author: new Set(lower(authors)),
    names: authors
      .slice(0, 3)
      .flatMap(({ name, address }) => [name, address.slice(0, address.lastIndexOf('@'))])
      .map(wordsOfName)
      .filter((words) => words.size > 0),
    addressees: new Set(lower(addressees)),
    subject: bareSubject(decodeWords(subject)),
  }
}
