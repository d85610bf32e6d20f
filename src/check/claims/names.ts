/** Names of people and products: words capitalised where the language does not require it. */

import { memoized } from '../../base/lru.ts'
import type { Found } from './found.ts'
import { monthByName, weekdayByName } from './vocabulary.ts'

/** A word, hyphens and inner apostrophes included. */
const wordPattern = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:[-'’&+.][\p{L}\p{N}][\p{L}\p{M}\p{N}]*)*/gu

const elision = /^(?:[ldjnsmtc]|qu)['’](?=\p{L}{3})/iu

interface Word {
  text: string
  index: number
  /** At the start of a sentence, line, bullet or quotation. */
  initial: boolean
  /** Between quotation marks. */
  quoted: boolean
}

/** Forms of address and other words that are capitalised without being names, in lower case. */
const ordinary = new Set(
  `i i'm i'll i've i'd mr mrs ms miss dr prof sir madam herr herrn frau familie dame damen herren monsieur madame mademoiselle mme mlle
  m señor señora señorita sr sra srta don doña usted ustedes ud uds sie ihnen ihr ihre ihrem ihren ihrer ihres du dir dich dein deine deinem
  deinen deiner euch euer eure dear hello hi hey hallo liebe lieber guten tag morgen abend moin bonjour bonsoir cher chère hola estimado estimada
  buenos buenas querido querida regards wishes sincerely best kind warm yours thanks thank cheers greetings cordialement salutations bien
  saludos atentamente cordialmente grüße grüßen gruß freundliche freundlichen beste viele herzliche mit team support service services customer
  customers care sales help desk helpdesk office company department kundenservice kundendienst kundenbetreuung supportteam serviceteam équipe client
  clientèle clients equipo atención cliente clientes soporte servicio ok pdf faq faqs vat id ids pin sms url eu usa us uk tv pc gps api csv html wifi wi-fi
  iban bic sepa iso gdpr dsgvo rgpd agb ust mwst tva iva nif cif qr usb lcd led asap fyi eta am pm internet e-mail email mail web online ps p.s
  not all must only never always please no yes and or english german french spanish italian portuguese dutch polish chinese japanese russian
  turkish european american british ceo cto cfo hr deutsch englisch französisch spanisch christmas easter god cet gmt utc uhr nr no order number subject re`
    .split(/\s+/)
    .filter((word) => word !== ''),
)

/** Function words that start sentences: a capital after them may begin a name; they themselves never do. */
const starters = new Set(
  `the a an our your their this that these those if when while since for from to in on at by as it its we you they he she my all both each every
  however also please then there here what how why who which der die das den dem des ein eine einen einem einer unser unsere unserem unseren
  wir er es sie ich wenn falls da für von zu zum zur im in am an auf bei nach seit vor über leider gerne gern hier dort bitte auch damit le la les un
  une des du de nos notre vos votre leur ce cet cette ces je tu il elle nous vous ils elles on si pour dans sur avec par en au aux el los las una
  unos unas nuestro nuestra nuestros nuestras su sus tu tus mi mis este esta estos estas yo se te le les lo nos si para con por al del sí no`
    .split(/\s+/)
    .filter((word) => word !== ''),
)

const sentenceEnd = /(?:[.!?:;…。！？]["'”’»)\]]*|^|\n|[-–—•*|([¿¡]|["“”„«‹'‘])\s*$/u
const abbreviation =
  /(?<!\p{L})(?:[Mm]rs?|[Mm]s|[DdSs]r|[Pp]rof|[Ss]ra|[Ss]rta|[Ss]t|[Nn]r|[Nn]o|bzw|ca|Mme|Tel|tel|[Ii]nc|[Ll]td|[Cc]o|\p{Lu})\.\s*$/u
const greeting =
  /^\s*(?:dear|hello|hi|hey|hallo|liebe|lieber|sehr|guten|bonjour|bonsoir|cher|chère|hola|estimad[oa]|querid[oa]|buenos|buenas)\b[^,\n]{0,40},\s*$/iu

function wordsOf(text: string): Word[] {
  return [...text.matchAll(wordPattern)].map((match) => {
    // L'équipe is an article and an ordinary word, d'Anna a preposition and a name.
    const elided = elision.exec(match[0])?.[0].length ?? 0
    const word = match[0].slice(elided)
    const index = match.index + elided
    const before = text.slice(Math.max(0, index - 60), index)
    const line = before.slice(before.lastIndexOf('\n') + 1)
    const initial =
      (sentenceEnd.test(before) && !abbreviation.test(before)) || index === 0 || greeting.test(line)
    const afterElision = elided > 0 && /^\p{Ll}/u.test(match[0])
    const quoted = /["“”„«‹]\s?$/u.test(before)
    return { text: word, index, initial: initial && !afterElision, quoted: quoted && !afterElision }
  })
}

const bare = (word: string) => word.replace(/['’]s?$/u, '')

/** Lower case, accents removed: how words of draft and sources are compared. */
function folded(word: string): string {
  return bare(word)
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/ß/g, 'ss')
}

const capital = (word: string) => /^\p{Lu}/u.test(word)
const isOrdinary = (word: string) => {
  const lower = bare(word).toLowerCase()
  return ordinary.has(lower) || monthByName.has(lower) || weekdayByName.has(lower) || lower.length < 2
}

/** `XR-200`, `iPhone`, `BlitzSchutz`, `ACME`: no ordinary word looks like this in any language. */
function productLike(word: string): boolean {
  if (isOrdinary(word)) return false
  const mixed =
    /\p{L}/u.test(word) &&
    /\p{N}/u.test(word) &&
    !/^\d+(?:st|nd|rd|th|er|e|h|x|km|kg|g|cm|mm|m|l|ml|gb|mb|tb)$/i.test(word)
  return mixed || /\p{Ll}\p{Lu}/u.test(word) || /^\p{Lu}{3,}$/u.test(word)
}

/** German capitalises every noun, so a capital means nothing there. */
function capitalisesNouns(text: string): boolean {
  const german = text.match(
    /(?<!\p{L})(?:der|die|das|und|nicht|ist|sind|wir|Sie|für|auf|mit|eine?|einen|Ihnen|Ihre?|bitte|haben|werden)(?!\p{L})/gu,
  )
  const others = text.match(
    /(?<!\p{L})(?:the|and|is|you|your|we|to|of|le|la|les|des|est|vous|nous|et|el|los|las|que|y|su|en)(?!\p{L})/gu,
  )
  return (german?.length ?? 0) > (others?.length ?? 0)
}

/** Words after which a capital marks a name even in German. */
const cue =
  /(?<!\p{L})(?:Herrn?|Frau|Familie|Dr\.|Prof\.|Kollegen?|Kollegin|Ansprechpartner(?:in)?|Mitarbeiter(?:in)?|namens|Hallo|Liebe|Lieber|Hi|Hey|Moin|Modell|Marke|Produkt|Tarif)\s+$/u

/** Runs of capitalised words separated only by spaces. */
function runs(words: readonly Word[], text: string, starts: (word: Word) => boolean): Word[][] {
  const found: Word[][] = []
  let last: Word | null = null
  for (const word of words) {
    const joined: boolean =
      last !== null && /^[ \u00a0]+$/.test(text.slice(last.index + last.text.length, word.index))
    const starter = starters.has(word.text.toLowerCase())
    const named = (capital(word.text) || productLike(word.text)) && !isOrdinary(word.text) && !starter
    if (named && joined && found.at(-1)?.at(-1) === last) found.at(-1)?.push(word)
    else if (named && starts(word)) found.push([word])
    last = word
  }
  return found
}

/** A line with only one to three capitalised words: the name under a reply. */
function isSignature(word: Word, text: string): boolean {
  const start = text.lastIndexOf('\n', word.index - 1) + 1
  const stop = text.indexOf('\n', word.index)
  const line = text.slice(start, stop < 0 ? text.length : stop).trim()
  const before = text.slice(0, start).trimEnd()
  const above = before.slice(before.lastIndexOf('\n') + 1)
  // The line above is a closing such as `Best regards,`, not the greeting.
  if (start === 0 || greeting.test(above) || !/[,\p{L}]$/u.test(above)) return false
  return line.length < 40 && /^(?:\p{Lu}[\p{L}.'’-]*[\p{L}]\s?){1,3}$/u.test(line)
}

function candidates(text: string): Word[][] {
  const words = wordsOf(text)
  const german = capitalisesNouns(text)
  const following = new Map(words.map((word, at) => [word, words[at + 1]]))
  const twice = (word: Word) => {
    const next = following.get(word)
    return (
      next !== undefined &&
      capital(next.text) &&
      !isOrdinary(next.text) &&
      text.slice(word.index + word.text.length, next.index) === ' '
    )
  }
  return runs(words, text, (word) => {
    if (productLike(word.text) || word.quoted) return true
    if (cue.test(text.slice(Math.max(0, word.index - 30), word.index)) || isSignature(word, text)) return true
    if (german) return !word.initial && twice(word)
    return !word.initial || twice(word)
  })
}

/** @returns one claim per run of capitalised words; its keys are the words, all of which must be known */
export function findNames(text: string): (Found & { words: string[] })[] {
  return candidates(text).flatMap((run) => {
    const first = run[0]
    const last = run.at(-1)
    if (!first || !last) return []
    const claim = text.slice(first.index, last.index + last.text.length)
    const kind = run.some(({ text: word }) => productLike(word)) || first.quoted ? 'product' : 'name'
    return [
      { claim, kind, keys: [], index: first.index, words: run.map(({ text: word }) => folded(word)) },
    ] as const
  }) as (Found & { words: string[] })[]
}

/** People addressed in Japanese: the characters before 様 and さん, except in forms that address everybody. */
export function findHonorifics(text: string): (Found & { words: string[] })[] {
  return [...text.matchAll(/([\p{Script=Han}\p{Script=Katakana}ー]{1,8}?)(?:様|さん)/gu)]
    .filter(([, name]) => name !== undefined && !/^(?:客|お客|皆|各位|神|担当者|方|同)$/.test(name))
    .map((match) => ({
      claim: match[0],
      kind: 'name',
      keys: [],
      index: match.index,
      words: [match[1] ?? ''],
    }))
}

/** Words of the sources, folded; compounds also in their parts. */
export function knownWords(sources: readonly string[]): Set<string> {
  return new Set(sources.flatMap(foldedWordsOf))
}

const foldedWordsOf = memoized((source: string): readonly string[] =>
  [...source.matchAll(wordPattern)].flatMap(({ 0: word }) => [
    folded(word),
    ...word.split(/[-'’&+.]/).map(folded),
  ]),
)

const endings = ['s', 'es', 'n', 'en', 'e', 'er']

/** The word itself, an inflected form, or a compound of known parts. */
export function isKnown(word: string, known: ReadonlySet<string>): boolean {
  if (known.has(word)) return true
  if (
    word.length >= 4 &&
    endings.some(
      (end) => known.has(word + end) || (word.endsWith(end) && known.has(word.slice(0, -end.length))),
    )
  )
    return true
  const parts = word.split(/[-'’&+.]/).filter((part) => part !== '')
  return parts.length > 1 && parts.every((part) => isKnown(part, known) || ordinary.has(part))
}
