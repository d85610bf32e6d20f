/**
 * The local filter's view of a mail: header facts and words, as short strings. A token only says that something
 * occurs.
 */
import { decodeWords, domainPart, parseAddressList } from '../mail/address.ts'
import { fieldValues, firstField, type Message, type Part } from '../mail/message.ts'
import { relaysOf, shapesOf, sizesOf } from './header-shapes.ts'

/** UTF-16 units of text and of HTML that are read. */
const longestText = 30_000
const longestHtml = 120_000
/** Tokens of one mail. */
const mostTokens = 1_500

/** Fields written by filters: learning from them would copy another filter's opinion or a sender's claim. */
const filterField =
  /^(?:x-(?:spam|virus|antispam|antivirus|barracuda|ms-exchange|forefront|microsoft-antispam|ses-|rspam)|authentication-results|arc-)/

/** Every distinct token, the header's first. */
export function spamTokens(message: Message): string[] {
  const found = new Set<string>()
  const add = (kind: string, values: Iterable<string>) => {
    for (const value of values) {
      if (found.size >= mostTokens) return
      found.add(kind === '' ? value : `${kind}:${value}`)
    }
  }
  add('field', fieldNames(message))
  add('shape', shapesOf(message))
  addCorrespondents(message, add)
  const subject = decodeWords(firstField(message, 'subject') ?? '')
  add('subject', [...words(subject), ...shoutsOf(subject)])
  for (const name of ['x-mailer', 'user-agent', 'content-type', 'content-transfer-encoding', 'mime-version'])
    add(
      name,
      fieldValues(message, name).flatMap((value) => words(value)),
    )
  add('received', fieldValues(message, 'received').flatMap(hosts))
  add('relay', relaysOf(message))
  add('part', partTypes(message.structure))
  const text = message.text.slice(0, longestText)
  add('', words(text))
  // Tags and colours are ignored: wanted newsletters have them as well, and they cost more than they contribute.
  const html = message.html?.slice(0, longestHtml) ?? ''
  add(
    'link',
    [...text.matchAll(linkHost), ...html.matchAll(linkHost)].flatMap(([, host = '']) =>
      parents(host.toLowerCase()),
    ),
  )
  const shouts = shoutsOf(text.slice(0, 2_000))
  add('fact', [...(message.hiddenText ? ['hidden-text'] : []), ...sizesOf(message), ...shouts])
  return [...found]
}

/** Whether a token was found in the header; words of the text have no kind. */
export function isOfHeader(token: string): boolean {
  return token.includes(':') && !/^(?:part|link|fact):/.test(token)
}

type Add = (kind: string, values: Iterable<string>) => void

function fieldNames(message: Message): string[] {
  return message.fields.map(({ name }) => name.slice(0, 40)).filter((name) => !filterField.test(name))
}

function addCorrespondents(message: Message, add: Add): void {
  const addresses = (name: string) => fieldValues(message, name).flatMap(parseAddressList)
  const from = addresses('from')
  for (const { address, name } of from) {
    add('from', [address.slice(0, 100), ...parents(domainOf(address))])
    add('name', words(name))
  }
  const authors = new Set(from.map(({ address }) => domainOf(address)))
  const elsewhere = (name: string) => addresses(name).some(({ address }) => !authors.has(domainOf(address)))
  const named = firstField(message, 'message-id') ?? ''
  add('message-id', parents(/@([^>\s]+)/.exec(named)?.[1]?.toLowerCase() ?? 'none'))
  add('fact', [
    ...(elsewhere('reply-to') ? ['reply-elsewhere'] : []),
    ...(elsewhere('return-path') ? ['envelope-elsewhere'] : []),
    `recipients-${Math.min(addresses('to').length + addresses('cc').length, 5)}`,
  ])
}

const domainOf = (address: string) => domainPart(address)

/** `a.b.example.org` also counts as `b.example.org` and `example.org`. */
function parents(host: string): string[] {
  const labels = host.slice(0, 100).split('.')
  return labels
    .slice(0, -1)
    .map((_, at) => labels.slice(at).join('.'))
    .slice(-4)
}

const linkHost = /https?:\/\/(?:[^\s/@"'<>]{1,80}@)?([a-z0-9.-]{3,80})/gi

/** Hosts named in a Received field. */
function hosts(value: string): string[] {
  return [...value.slice(0, 1_000).matchAll(/\b(?:[a-z0-9-]{1,60}\.){1,6}[a-z]{2,12}\b/gi)].flatMap(
    ([host]) => parents(host.toLowerCase()),
  )
}

/** Lower case, letters of any script; long runs of Chinese, Japanese and Thai are cut into pairs. */
function words(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{M}\p{N}$€£%!'_-]{2,}/gu) ?? [])
    .flatMap((word) => {
      if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(word))
        return [...word].slice(0, 40).map((letter, at, all) => letter + (all[at + 1] ?? ''))
      return word.length <= 30 ? [word.replace(/^['_-]+|['_-]+$/g, '')] : []
    })
    .filter((word) => word.length > 1 && !/^\p{N}+$/u.test(word))
}

/** Capitals and exclamation marks, if there are many. */
function shoutsOf(text: string): string[] {
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  const capitals = text.match(/\p{Lu}/gu)?.length ?? 0
  return [
    ...(letters > 8 && capitals * 2 > letters ? ['*capitals*'] : []),
    ...(/!!/.test(text) ? ['*exclaims*'] : []),
    ...(/[$€£]\s?\d/.test(text) ? ['*money*'] : []),
  ]
}

function partTypes(part: Part): string[] {
  const own = [
    part.type,
    ...(part.parameters.charset ? [`charset=${part.parameters.charset.toLowerCase()}`] : []),
  ]
  return [...own, ...part.children.slice(0, 20).flatMap(partTypes)]
}
