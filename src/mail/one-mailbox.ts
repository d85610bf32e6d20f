/** Which addresses of a large provider are one mailbox, from the providers' help pages. */

import { isMailboxProvider } from './local-parts.ts'

interface Spelling {
  /** Domains, or first labels of a provider's domains. */
  domains: readonly string[]
  /** An account has its address in each of the domains. */
  together: boolean
  /** Characters of the local part that do not count. */
  ignored?: RegExp
  /** What begins a tag, besides `+`. */
  tag?: string
}

const spellings: readonly Spelling[] = [
  { domains: ['gmail.com', 'googlemail.com'], together: true, ignored: /\./g },
  { domains: ['proton.me', 'protonmail.com', 'protonmail.ch', 'pm.me'], together: true, ignored: /[._-]/g },
  { domains: ['icloud.com', 'me.com', 'mac.com'], together: true },
  // A dot and a hyphen are the same there.
  { domains: ['yandex.ru', 'ya.ru', 'yandex'], together: true, ignored: /[.-]/g },
  // Its names hold no hyphen: it begins the keyword of a disposable address.
  { domains: ['yahoo', 'ymail', 'rocketmail.com'], together: false, tag: '-' },
]

/** The same text for all addresses of one mailbox; null where nothing is known. @param local lower case, without `+tag` */
export function oneMailbox(local: string, domain: string): string | null {
  const [label = ''] = isMailboxProvider(domain) ? domain.split('.') : []
  const found = spellings.find(({ domains }) => domains.includes(domain) || domains.includes(label))
  if (!found) return null
  const { domains, together, ignored, tag } = found
  const name = tag === undefined ? local : (local.split(tag, 1)[0] ?? local)
  return `${ignored ? name.replace(ignored, '') : name}@${together ? domains[0] : domain}`
}
