/** Signatures: the lines below the author's words that identify the author. In case of doubt it is text. */
import { domainPart } from '../address.ts'
import { isMailboxProvider } from '../local-parts.ts'
import { isClosing } from '../reply/sign-off.ts'
import { isRule } from './attribution.ts'
import { type Known, wordsOfName } from './known.ts'
import { isFooter } from './notices.ts'

/** Their form, not only a verb: `Sent you two mails` is a sentence. */
const sentFromStart =
  /^(?:(?:sent|posted|written|typed) (?:from|via|with|using|by(?! (?:e-?mail|mail|post)))\b|from my\b|envoy[ée]e? (?:de|du|d[’']un|depuis|à partir|à l[’']aide|avec|via)\b|(?:gesendet|versendet|verschickt|geschrieben) (?:von|mit|vom|über|aus|via)\b|(?:von|vom|mit|via) .{3,60}(?:gesendet|versendet|verschickt|geschickt|geschrieben|verfasst)$|diese (?:nachricht|e-?mail) .{3,80}(?:gesendet|versendet|verschickt|geschickt|geschrieben|verfasst)\b|hol(?:en|e) sie sich (?:\S+ ){1,3}für\b|outlook (?:für|for|pour|para|per|voor)\b|(?:enviad[oa]|enviat) (?:desde|de|do|da|des|com|con|amb|via|vía|através)\b|inviat[oa] (?:da|dal|dall[’']|con|tramite|via)|(?:verzonden|verstuurd|gestuurd) (?:vanaf|vanuit|van|via|met)\b|dit bericht .{3,80}(?:verzonden|verstuurd|gestuurd)\b|(?:skickat|skickad|skickades) (?:från|med|via)|sendt (?:fra|med|via)|få outlook|lähetetty|hanki|wysłan\p{L} (?:z|ze|za|przez)\b|wiadomość wysłana|odesláno (?:z|ze|pomocí)\b|odoslané|odoslan|(?:отправлено|надіслано|відправлено) (?:с|со|из|з|зі|із|через)(?!\p{L})|ізіс|trimis|elküldve|küldve|gönder|στάλθηκε|εστάλη|نشر|أرسل|تم ال|נשלח|发自|發自|从我的|從我的|寄自|[来來]自(?:我的|\s*[a-z])|傳送自|gửi từ|được gửi|dikirim|poslano|isprati|изпратено|saadetud|išsiųsta|nosūtīts)/iu

/** `Get Outlook for iOS`: the name of a program and its system. */
const getProgram =
  /^(?:get|download|obten\p{L}+|t[ée]l[ée]charge[rz]|obt[ée]n|descarg\p{L}+|obter|baixe|ottieni|scarica|hämta|hent|skaff|pobierz|získ\p{L}+|stáhn\p{L}+|получ\p{L}+|скача\p{L}+|αποκτήστε|获取|取得)(?=.{0,60}(?:outlook|mail|app|(?:for|pour|para|per|für|för|til|pro|для) (?:i-?os|android|iphone|ipad|windows|mac)))(?=.{0,60}(?:i-?os|android|iphone|ipad|windows|mac))/iu

/** The author writes about themselves, or when something was sent: mail programs do neither. */
const told =
  /(?<!\p{L})(?:I|we|you|ich|wir|sie(?! sich)|je|nous|yo|io|ik|wij|vous|yesterday|today|last|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|gestern|heute|am \p{L}+tag|hier|aujourd[’']hui|ayer|hoy|ieri|oggi|gisteren|vandaag)(?!\p{L})/iu

/** Negations and adverbs are only in sentences; so are these verbs, except in `This mail was sent …`. */
const goesOn =
  /(?<!\p{L})(?:not|never|already|again|twice|because|but|nicht|kein\p{L}*|nichts|nie|noch|schon|bereits|leider|mehrfach|\p{L}*mal|pas|jamais|déjà|encore|ya|todavía|aún|nunca|non|già|ancora|não|já|ainda|niet|geen|nog|nooit|al|już|jeszcze|не|уже|ещё|еще)(?!\p{L})|n[’']t(?!\p{L})/iu
const verb =
  /(?<!\p{L})(?:is|are|was|were|does|did|can|cannot|has|have|had|will|works?|fails?|shows?|crash(?:es|ed)|freezes|ist|sind|war|wird|wurden?|kann|hat|haben|geht|funktioniert|zeigt|stürzt|est|sont|fonctionne|plante|es|son|está|funciona|è|sono|funziona|werkt|wordt)(?!\p{L})/iu
const thisMail = /^(?:this|diese|dit)(?!\p{L})/iu

const sentFromEnd =
  /(?:から送信(?:されました)?|を入手|에서 보냄|에서 보냈습니다|gönderildi|傳送|发送|發送|dan gönderildi|küldve)$/iu

/** `Ann Lee via iPhone`: names. `It does not play on my iPhone` is a sentence. */
const mobile =
  /^(?:[Ss]ent on |(?:\p{Lu}[\p{L}'.-]{0,20} ){1,4}(?:[Ff]rom|[Vv]ia) )(?:[Mm]y )?(?:[Mm]obile|i?[Pp]hone|i[Pp]ad|[Cc]ell)(?: [Pp]hone| [Dd]evice)?$/u

const device =
  /i-?phon|i-?pad|i-?pod|\bmac\b|android|samsung|galaxy|huawei|xiaomi|redmi|\boppo\b|\bhtc\b|nokia|xperia|motorola|\bmoto\b|oneplus|nexus|\bpixel\b|alcatel|blackberry|windows|outlook|mail|mobil|mobiel|móvil|phone|fone|telefon|telefono|téléphone|teléfono|телефон|смартфон|мобильн|mobiln|handy|gerät|appareil|dispositiv|device|\bcell\b|tablet|puhelim|\bios\b|app\b|yahoo|yandex|яндекс|proton|thunderbird|spark|kindle|手机|手機|携帯|スマ|휴대|ti-\d|from my|mon |mi |minun /iu

const excuse =
  /excuse|typo|brevity|forgive|sorry|apolog|mistake|autocorrect|short|entschuldig|tippfehler|kürze|excus|faute|brièveté|disculp|brevedad|scus|breve|desculp|excuus|ursäkta|undskyld|beklager|извин|опечат/iu

/** Without links, brackets and emphasis. */
function bareLine(line: string): string {
  return line
    .replace(/\[([^\]]{0,200})\]\([^)]{0,300}\)/g, '$1')
    .replace(/<?https?:\/\/\S*|<[^<>]{0,300}@?[^<>]{0,300}>$/g, '')
    .replace(/^[\s<(*_~|>-]+|[\s>)*_~|.!]+$/g, '')
    .trim()
}

/**
 * Lines that phones and mail programs put under a message: `Sent from my iPhone`, in many languages.
 * @param line one line of the author's text; only short lines are examined
 */
function isSentFrom(line: string): boolean {
  if (line.length > 400) return false
  const wrapped = /^\s*<<([^<>]{1,80})>>\s*$/.exec(line)?.[1]
  const bare = wrapped ?? bareLine(line)
  if (bare.length < 4 || bare.length > 110) return false
  if (mobile.test(bare)) return true
  if (![sentFromStart, getProgram, sentFromEnd].some((form) => form.test(bare))) return false
  // `Sent from my desk, is much easier than my phone.` continues like prose; `..., please excuse typos` does not.
  const [clause = '', ...rest] = bare.split(/[,;!]|\.\s/)
  const more = rest.join(' ').trim()
  if (more !== '' && !excuse.test(more)) return false
  const long = /gesendet$|verzonden$/.test(clause) ? 13 : 9
  const isProse = goesOn.test(clause) || (verb.test(clause) && !thisMail.test(clause))
  const isTerse = clause.split(/\s+/).length <= long && !told.test(clause) && !isProse
  return device.test(clause) && isTerse && !/[?]/.test(bare)
}

/** Lines of programs below which the author goes on are the author's, too. */
function withoutFollowed(
  lines: readonly string[],
  sentFrom: readonly boolean[],
  marked: boolean[],
): boolean[] {
  const lastOwn = lines.findLastIndex((line, at) => !marked[at] && line.trim() !== '')
  return marked.map((isMarked, at) => isMarked && !(sentFrom[at] && at < lastOwn))
}

/** Lines that a signature below `--` may have; a longer one is more likely the second half of the message. */
const mostLines = 25

const contact =
  /@|https?:\/\/|www\.|\+?\d[\d ()/.-]{6,}\d|mailing list|unsubscribe|signature|\b(?:tel|phone|fax|mobile?|gmbh|inc|ltd|llc|s\.?a\.?r\.?l)\b/i

/** The lines from `start` that are neither blank nor marked, at most one more than a signature may have. */
function tailOf(lines: readonly string[], start: number, marked: readonly boolean[]): string[] {
  const tail: string[] = []
  for (let at = start; at < lines.length && tail.length <= mostLines; at++) {
    const line = lines[at] ?? ''
    if (!marked[at] && line.trim() !== '') tail.push(line)
  }
  return tail
}

/** `Name: Ann`, `【お名前】山田`, `Message:`. A time of day and a web address have a colon, too. */
const labelled =
  /^\s*(?:[【［[]([^】］\]]{1,24})[】］\]]|([\p{L}*](?:[\p{L}\p{M}\p{N} _.*/()'’-]{0,38}[\p{L}\p{M}\p{N}_.*)’])? {0,2})[:：](?!\/\/|\d\d))/u

/** What signatures and the footers of firms label. Any other label is taken for a field of a form. */
const ownLabel =
  /(?<!\p{L})(?:t[ée]l|tel[ée]fon\p{L}*|telefoon|t[ée]l[ée]phone|phone|ph|fon|fax|telefax|mob|mobile?|mobil(?:telefon|nummer)?|cell|cellulare|handy|gsm|portable|móvil|e-?mail|mail|courriel|correo|web|web-?site|url|https?|www|internet|site|sitio|sito|home-?page|blog|skype|icq|linkedin|twitter|whatsapp|[tmefwp]|office|work|direct|address|adresse|indirizzo|dirección|adres|position|title|ceo|öffnungszeiten|opening hours|vat|ust|ust-?id\p{L}*|tax|siret|siren|rcs|naf|nif|cif|iva|kvk|btw|hrb|handelsregister|registergericht|amtsgericht|geschäftsführ\p{L}*|sitz|iban|bic|bank|notice|disclaimer|confiden\p{L}*)(?!\p{L})|電話|携帯|ファックス|メール|住所/iu

/** An article of an order, or a point of a list. */
const quantity =
  /^\s*(?:[-•·]\s+\S|\*\s+[^*]{1,80}$|\d{1,4}\s?(?:[x×*]|st(?:ü|k|c)\p{L}*\.?|pcs?\.?|pi[eè]ces?|pezzi|stuks?|個|本|枚|点)(?!\p{Script=Latin})|\S.{0,80}\s[x×]\s?\d{1,4}\s*$|.{1,60}\d{1,4}\s?[個本枚点台]\s*$)/iu

/** The author's own words below a rule: a field of a form, an article of an order, a question. */
function isContent(line: string): boolean {
  if (line.length > 200 || /[?？]/.test(line.replace(/https?:\/\/\S*/g, '')) || quantity.test(line))
    return true
  const found = labelled.exec(line)
  const label = found?.[1] ?? found?.[2]
  return label !== undefined && !ownLabel.test(label) && !/@|https?:\/\/|www\./i.test(line)
}

/** Ends like a sentence and is too long for a motto. */
const isSentence = (line: string) => /[.!。！]\s*$/.test(line) && line.trim().split(/\s+/).length > 4

/** What a list or a scanner adds; its sentences are not the author's. */
const isNotice = (lines: readonly string[]) =>
  isFooter(lines) || /subscri|mailing list/i.test(lines.join(' '))

/** What providers without a price add to mail. */
const advertisement = /^\W*(?:this .{0,20}e-?mail is sponsored by|do you yahoo|(?:powered|sponsored) by)/i

/** Whether a line has the author's name, or what looks like a name if the header has none. */
function isNamed(lines: readonly string[], { names }: Known): boolean {
  if (names.length === 0) return lines.some(isName)
  return lines.some((line) => [...wordsOfName(line)].some((word) => names.some((own) => own.has(word))))
}

/** True when lines below a rule of dashes or underscores are a signature or a footer. */
function looksSigned(rule: string, lines: readonly string[], known: Known): boolean {
  if (lines.length === 0) return true
  // RFC 3676 section 4.3.
  if (rule === '-- ') return lines.length <= mostLines
  if (advertisement.test(lines[0] ?? '')) return lines.length <= 4
  // The space is often lost on the way; a form would label the name.
  const signs = (line: string) => isName(line) && known.names.length > 0 && isNamed([line], known)
  if (rule === '--' && lines.slice(0, 2).some(signs)) return lines.length <= mostLines
  // A rule below encloses what stands between the two: a form, an order.
  if (lines.some((line) => isContent(line) || isSeparator(line))) return false
  if (lines.length > (rule === '--' ? mostLines : 12)) return false
  if (rule === '--') return !lines.some(isSentence) || isNotice(lines) || isCard(lines)
  const short = lines.every((line) => line.trim().length <= 60 && !/[.!:,]\s*$/.test(line.trim()))
  const named = short && isNamed(lines, known)
  const hasContact = lines.some((line) => contact.test(line))
  if (/^\s*[-\u2010-\u2015]{1,3}\s*$/.test(rule)) return short && lines.length <= 6 && (named || hasContact)
  if (/^_{10,}$/.test(rule) && lines.length <= 2) return true
  if (lines.some(isSentence) && !isNotice(lines)) return false
  return (named && lines.length <= 4) || hasContact
}

/** A name with telephone, address or web below it, and perhaps a slogan. */
const isCard = (lines: readonly string[]) =>
  isName(lines[0] ?? '') && lines.some((line) => contact.test(line))

/** A line that may separate a signature: `-- `, a long dash, a row of underscores. */
function isSeparator(line: string): boolean {
  return (
    line.length < 120 && /^\s{0,2}(?:-- ?|[\u2013-\u2015]|[-_=*~\u2013-\u2015]{2,}|\u1427)\s*$/.test(line)
  )
}

/** Parts of names that many families share. */
const particle = /^(?:von|van|de|der|den|da|di|du|del|la|le)$/

/** `John E. Doe, Ph.D.`: a few capitalised words and nothing that a sentence has. */
function isName(line: string): boolean {
  const words = line.trim().split(/\s+/)
  if (words.length > 5 || line.length > 50 || /[?!:;@]|\d{3}/.test(line)) return false
  return (
    words.length > 1 && words.every((word) => /^[\p{Lu}(][\p{L}.'’,)-]*$/u.test(word) || particle.test(word))
  )
}

/** Whether a block that begins with `name` is the author's: by an address, the domain of a page, or the name. */
function isAuthors(name: string, block: readonly string[], { author, names }: Known): boolean {
  if (author.size === 0) return true
  const text = block.join(' ').toLowerCase()
  if ([...author].some((address) => text.includes(address))) return true
  if (!text.includes('@') && [...author].some((address) => namesPageOf(domainPart(address), text)))
    return true
  const words = [...wordsOfName(name)].filter((word) => !particle.test(word))
  // A shared family name alone may be a relative's; a given name is enough if the header says no more.
  const isShort = names.every((own) => own.size === 1)
  return names.some((own) => {
    const shared = words.filter((word) => own.has(word)).length
    return shared >= 2 || (isShort && words.length > 1 && own.has(words[0] ?? ''))
  })
}

/** `www.firm.example` or `https://firm.example/about` in `text`. Strangers share the pages of a mailbox provider. */
function namesPageOf(domain: string, text: string): boolean {
  if (domain === '' || isMailboxProvider(domain)) return false
  return text.split(/[\s/|,;]+/).some((word) => word === domain || word.endsWith(`.${domain}`))
}

/**
 * Number of lines at the end of a text that are the author's block of name and contact, 0 if there is none. Names and
 * numbers of somebody else, for example a recipient of goods, belong to the text.
 */
function contactBlock(lines: readonly string[], known: Known): number {
  let start = lines.length
  while (start > 0 && (lines[start - 1] ?? '').trim() !== '') start--
  const block = lines.slice(start)
  const above = lines.slice(Math.max(0, start - 20), start).filter((line) => line.trim() !== '')
  const before = above.at(-1)
  if (block.length < 3 || block.length > 8 || before === undefined || /[:：]\s*$/.test(before)) return 0
  // A farewell above the name belongs to the text.
  const farewell = /^\p{Lu}[^.?!]{2,40},\s*$/u.test(block[0] ?? '') ? 1 : 0
  const name = block[farewell] ?? ''
  if (!isName(name) || block.some((line) => line.length > 70 || /[?!]\s*$/.test(line))) return 0
  const alone = /^(?:[\p{L}. -]{1,12}[:.]?\s*)?(?:\S+@\S+|(?:https?:\/\/|www\.)\S+|\+?[\d ()/.-]{7,})$/u
  const contacts = block.filter((line) => alone.test(line.trim())).length
  if (contacts === 0) return 0
  const signed = farewell > 0 || isFarewell(block[0] ?? '') || isBelowFarewell(name, above)
  // Without a farewell, an author's postal address may be what the mail is about: a new one, or where to deliver. Ways to
  // reach the author by telephone, mail and web together are a signature.
  const isMatter =
    contacts < 2 && !above.slice(1).slice(-2).some(isFarewell) && block.some((line) => postcode.test(line))
  const isOwn = () => !isMatter && isAuthors(name, block, known)
  return signed || isOwn() ? block.length - farewell : 0
}

/** With the town next to it, as in most countries. */
const postcode =
  /(?<![\d+(/.-])\d{4,6}(?![\d/-]) \p{L}{2}|\p{L},? \d{4,6}(?:-\d{3,4})?\s*$|(?<!\p{L})[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}(?!\p{L})/u

/**
 * A farewell ends the lines above, perhaps with the short form of `name` below it. The first line of a text greets, and
 * somebody else's name below the author's is what the mail is about.
 */
function isBelowFarewell(name: string, above: readonly string[]): boolean {
  const words = wordsOfName(name)
  const given = [...wordsOfName(above.at(-1) ?? '')]
  const isGiven = given.length > 0 && given.every((word) => words.has(word))
  const at = above.length - (isGiven ? 2 : 1)
  return at > 0 && isFarewell(above[at] ?? '')
}

/** `Best regards,`, in any language that has a comma there or a well-known formula. */
function isFarewell(line: string): boolean {
  return (
    isClosing(line.trim()) ||
    (/^\p{Lu}[^.?!,]{2,40},\s*$/u.test(line) && line.trim().split(/\s+/).length <= 4)
  )
}

/**
 * Which lines of one unbroken stretch of the author's text are signature.
 * @param last nothing of the author's follows, so that a block without separator may end it
 */
export function signatureLines(lines: readonly string[], last: boolean, known: Known): boolean[] {
  const sentFrom = lines.map((line) => isSentFrom(line))
  const marked = [...sentFrom]
  const end = lines.findLastIndex((line) => line.trim() !== '')
  let separators = 0
  for (let at = lines.length - 1; at >= 0 && separators < 20; at--) {
    const line = lines[at] ?? ''
    if (!isSeparator(line)) continue
    separators++
    // A rule at the end closes a frame. It goes by itself; marked, it would not be seen from the rule above.
    if (isRule(line) && at >= end) continue
    if (looksSigned(line, tailOf(lines, at + 1, marked), known)) marked.fill(true, at)
  }
  if (!last) return withoutFollowed(lines, sentFrom, marked)
  const own = lines.findLastIndex((line, at) => !marked[at] && line.trim() !== '') + 1
  const block = contactBlock(lines.slice(0, own), known)
  if (block > 0) marked.fill(true, own - block, own)
  return withoutFollowed(lines, sentFrom, marked)
}
