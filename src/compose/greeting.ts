/**
 * A greeting as a template: `Hi {first name},`. There is no template if a word is neither a greeting nor the
 * addressee's name.
 */
import type { Mailbox } from '../mail/address.ts'

const longest = 60

/** Words of greetings, in lower case. */
const words = new Set(
  `hi hello hey dear good morning afternoon evening day there all everyone team folks sir madam or mr mrs ms miss mx dr prof and the to whom it may concern
  hallo guten gute tag morgen mittag abend moin servus grüezi grüß gott liebe lieber liebes sehr geehrte geehrter geehrtes verehrte damen und herren herr
  herrn frau familie zusammen ihr lieben bonjour bonsoir salut cher chère chers chères madame monsieur mesdames messieurs et à tous hola buenos buenas días
  tardes noches estimado estimada estimados estimadas querido querida señor señora señores don doña sr sra y muy buongiorno buonasera salve ciao gentile
  gentili gentilissimo gentilissima egregio egregia spettabile caro cara cari signor signora dott dottor dottoressa a tutti olá oi bom boa dia tarde noite
  prezado prezada prezados caro cara senhor senhora senhores exmo exma hoi geachte beste lieve heer mevrouw goedemorgen goedemiddag goedenavond goedendag
  allemaal hej hejsan tjena god dag kära bästa kære kjære hei heisann hyvä hyvää päivää huomenta moi cześć dzień dobry szanowny szanowna szanowni panie pani
  panowie państwo witam witaj drogi droga dobrý den ahoj vážený vážená vážení pane paní dámy a pánové merhaba selam sayın iyi günler bună ziua stimate
  stimată stimați domnule doamnă szia kedves tisztelt jó napot γεια σας αγαπητέ αγαπητή καλημέρα καλησπέρα здравствуйте здравствуй привет добрый день доброе
  утро вечер уважаемый уважаемая уважаемые дорогой дорогая вітаю добридень добрий доброго ранку дня вечора шановний шановна halo selamat pagi siang sore
  yth bapak ibu xin chào kính gửi anh chị`
    .split(/\s+/)
    .filter((word) => word !== ''),
)

const punctuation = /[\s,!.:;،、，！：–—-]+$/u

/**
 * @param line the first line of the text, and whether it stands alone
 * @param to the mail's recipients: only their names become placeholders
 * @returns null when the line greets nobody
 */
export function greetingTemplate(
  [line, alone]: readonly [string, boolean],
  to: readonly Mailbox[],
): string | null {
  if (line === '' || line.length > longest || (!alone && !punctuation.test(line))) return null
  const honorific = /^\S{1,12}?\s?(様|さま|さん|님|先生|女士)([、,，]?)$/u.exec(line)
  if (honorific) return `{name}${honorific[1]}${honorific[2]}`
  if (/^(?:您好|你好|안녕하세요|お世話になっております)[。！!，,、.]?$/u.test(line)) return line
  const names = namesOf(to)
  let greets = false
  let named = false
  const template = line.replace(/\p{L}[\p{L}\p{M}'’-]*\.?/gu, (whole) => {
    const word = whole.replace(/\.$/, '').toLowerCase()
    // A name outranks a word: Dag, Don and Anh are both.
    const placeholder = names.get(word)
    if (placeholder !== undefined) {
      named = true
      return placeholder
    }
    if (!words.has(word)) return '\0'
    greets = true
    return whole
  })
  // A number, an address or an unknown word: no greeting, or the name of somebody not in the header.
  if (/[\0\p{N}@]/u.test(template) || !(greets || (named && punctuation.test(line)))) return null
  return template
    .replace('{first name} {last name}', '{full name}')
    .replace(/\{name\}(?:[\s-]+\{name\})+/g, '{name}')
}

/** Words of the addressees' names, or of their addresses if there is no name. */
function namesOf(to: readonly Mailbox[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const { name, address } of to) {
    const parts = name.toLowerCase().match(/\p{L}[\p{L}\p{M}'’-]*/gu) ?? []
    // `Sand, Kim` has the reverse order.
    const ordered = /^[^,]+,[^,]+$/.test(name) ? [...parts.slice(1), parts[0] ?? ''] : parts
    const local = address.slice(0, address.lastIndexOf('@')).toLowerCase()
    for (const part of local.match(/\p{L}{2,}/gu) ?? []) found.set(part, '{name}')
    ordered.forEach((part, at) => {
      found.set(part, at === 0 ? '{first name}' : at === ordered.length - 1 ? '{last name}' : '{name}')
    })
  }
  return found
}
