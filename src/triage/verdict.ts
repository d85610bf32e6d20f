/** The model's verdict on a mail: limits and tolerated deviations. Also payment traps, detected without a model. */
import * as z from 'zod'
import { sentiments, spamKinds, type Verdict } from '../base/verdicts.ts'
import { accountNumbers } from '../check/accounts.ts'
import {
  answerLimits,
  flag,
  languageTag,
  level,
  line,
  lines,
  onlyObject,
  share,
  word,
} from '../model/prompts/fields.ts'

/** Category of a mail that fits none of the owner's. */
const otherCategory = 'other'

const spam = z
  .object({ is: flag, kind: word(spamKinds).catch('none'), confidence: share })
  // A kind without spam and spam without a kind are contradictory; `is` decides.
  .transform(({ is, kind, confidence }) => {
    if (!is) return { is, kind: 'none' as const, confidence }
    return { is, kind: kind === 'none' ? ('bulk' as const) : kind, confidence }
  })

/**
 * The verdict's schema for an owner's list of categories.
 * @param categories names as in the configuration; matched in any case
 */
export function verdictSchema(categories: readonly string[]): z.ZodType<Verdict> {
  const key = JSON.stringify(categories)
  const made = schemas.get(key) ?? newVerdictSchema(categories)
  schemas.set(key, made)
  return made
}

/** zod compiles each schema at its first use; there is one per list in the configuration. */
const schemas = new Map<string, z.ZodType<Verdict>>()

function newVerdictSchema(categories: readonly string[]): z.ZodType<Verdict> {
  const known = new Map(categories.map((name) => [name.trim().toLowerCase(), name]))
  const category = z
    .string()
    .meta({ enum: [...known.values(), otherCategory] })
    .nullish()
    .transform((name) => known.get((name ?? '').trim().toLowerCase()) ?? otherCategory)
  const verdict = z.object({
    asks: lines(answerLimits.ask, answerLimits.list),
    search: lines(answerLimits.phrase, answerLimits.phrases),
    spam,
    sentiment: z.object({ label: word(sentiments), intensity: share }),
    language: languageTag,
    category,
    urgency: level(0, 3),
    needs_reply: flag,
    manipulation: flag,
    payment_change: flag.catch(false),
    summary: line(answerLimits.summary),
    confidence: share,
  })
  return z.preprocess(onlyObject, verdict) as z.ZodType<Verdict>
}

/** An account by a word that only banks use, such as an IBAN whose country is unknown. */
const bankAccount =
  /\b(?:iban|sort code|routing (?:no|number)|swift|bic|bankleitzahl|rib|clabe|cbu)\b[^\n]{0,20}\d/iu
/** A customer has such an account at a shop, too. Of their own, it takes words about a bank or a payment. */
const anyAccount = /\b(?:account (?:no|number)|konto(?:nummer|nr))\b[^\n]{0,20}\d/iu
const payment =
  /(?<!\p{L})(?:bank|banks|hausbank|bankverbindung|bank ?konto|sort code|routing|swift|bic|wire|remit\p{L}*|beneficiary|payee|direct deposit|payroll|salary|gehalt|lohn|(?:update|amend|adjust)[^.!?]{0,20} records|überweis\p{L}*|payments? (?:details|information|instructions)|(?:future|upcoming|outstanding|next|all|any) (?:payments?|invoices?|bills?)|(?:künftige|offene|nächste|alle)[nr]? (?:zahlung|rechnung)(?:en)?|(?:pay|paid|deposit|payable|payments?|transfer (?:the |all )?(?:money|funds|sum|amount|payments?|balance))(?!\p{L})[^.!?]{0,60}\b(?:to|into|there)|transfer to|(?:zahl|zahle|zahlen|einzahl\p{L}*|bezahl\p{L}*|zahlung(?:en)?)(?!\p{L})[^.!?]{0,60}\bauf)(?!\p{L})/iu
const ownAccount =
  /(?<!\p{L})(?:I|ich|je|j[’']ai|yo|io|ik)(?!\p{L})[^.!?]{0,40}(?<!\p{L})(?:account|konto|compte|cuenta|conto)(?!\p{L})/iu

/** Says that an account is new or changed, in the languages of such mail. */
const changed =
  /(?<!\p{L})(?:(?:new|changed|updated|different|other) (?:bank|account|payment|iban)|(?:bank|account|payment|iban)[^.\n]{0,40}(?:has|have|is|are) (?:been )?(?:changed|updated|new)|neue[nsr]? (?:bank|konto|iban)|(?:bank|konto|iban)\p{L}*[^.\n]{0,40}(?:geändert|gewechselt|umgestellt|neu)|stellt[^.\n]{0,40}\bum\b|(?:nouve(?:au|lles?|aux)|changement d)[^.\n]{0,20}(?:compte|rib|iban|coordonnées bancaires)|nuev[oa]s?[^.\n]{0,15}(?:cuenta|iban|datos bancarios)|nuov[eoi][^.\n]{0,15}(?:conto|iban|coordinate)|nieuwe? (?:bank|rekening|iban)|nov[oa]s?[^.\n]{0,15}(?:conta|iban|dados banc)|now(?:y|e|ego)[^.\n]{0,15}(?:konto|rachun|iban)|n(?:ytt|ya|y) (?:bank|konto|iban)|nov(?:ý|é|ého)[^.\n]{0,15}(?:účet|účt|iban)|új (?:bank|számla|iban)|yeni (?:banka|hesap|iban)|нов(?:ый|ые|ого|ий|і)[^.\n]{0,20}(?:счет|счёт|рахунок|реквизит|реквізит))/iu

const giftCard =
  /(?<!\p{L})(?:gift ?cards?|geschenkkarten?|cartes? cadeaux?|tarjetas? (?:de )?regalo|carte regalo|cadeaubon(?:nen)?|cartões presente|(?:itunes|google play|steam|amazon|apple|razer)[- ](?:cards?|karten?|codes?|gutschein\p{L}*))(?!\p{L})/iu
/** The reader is asked to buy cards or to lay their codes open; a customer wants to buy one, or has bought it. */
const asked = new RegExp(
  [
    String.raw`(?:(?<!\p{L})(?:you|please|kindly|pls)(?!\p{L})[^.!?]{0,60}|^|[\n,:;] ?)(?<!(?:my|the|a|your|this) )(?<!\p{L})(?:buy|purchase|get|pick up|grab|procure|scratch|handle a purchase)`,
    String.raw`(?<!\p{L})(?:bitte|sie|du|ihr)(?!\p{L})[^.!?]{0,80}(?<!\p{L})(?:kaufen|besorgen|besorgst|holen|freirubbeln|freikratzen)`,
    String.raw`(?:^|[\n,:;] ?)(?:(?:kauf|besorg|hol|rubbel|rubbl)e?|(?:kaufen|besorgen|holen|rubbeln) sie)`,
    String.raw`(?<!\p{L})(?:vous|tu|veuillez|merci|svp|plaît)(?!\p{L})[^.!?]{0,60}(?<!\p{L})(?:acheter|achetiez|achètes|procurer|prendre|gratter)|(?<!\p{L})(?:achetez|achète|procurez|procure-|grattez)`,
    String.raw`(?<!\p{L})(?:puedes?|pueden|podrías?|favor|necesito que|usted|você|pode|poderia)(?!\p{L})[^.!?]{0,60}(?<!\p{L})(?:comprar|compres?|conseguir|consigas?|rascar|raspar)|(?:^|[\n,:;] ?)(?:compra|compre|consigue|consiga|rasca|rasque)`,
    String.raw`(?<!\p{L})(?:puoi|può|potresti|potrebbe|favore|cortesia|devi)(?!\p{L})[^.!?]{0,60}(?<!\p{L})(?:comprare|acquistare|prendere|procurare|grattare)|(?:^|[\n,:;] ?)(?:compri|acquista|acquisti|gratta|gratti)`,
    String.raw`(?<!\p{L})(?:kun|kunt|wil|wilt|je|u|alsjeblieft|alstublieft)(?!\p{L})[^.!?]{0,60}(?<!\p{L})(?:kopen|halen|aanschaffen|krassen)|(?:^|[\n,:;] ?)(?:koop|haal|kras)`,
  ]
    .map((verbs) => `(?:${verbs})(?!\\p{L})`)
    .join('|'),
  'iu',
)
const card =
  /(?<!\p{L})(?:\p{L}*cards?|\p{L}*karten?|cartes?|carta|tarjetas?|cadeaubon(?:nen)?|cartões|cartão|codes?|\p{L}*gutschein\p{L}*)(?!\p{L})/iu
/** What the fraudster wants of it: the codes, for a promise of money, and nobody to be told. */
const handover =
  /(?<!\p{L})(?:(?:send|email|e-mail|mail|text|forward|snap|give|schick\p{L}*|sende\p{L}*|envo\p{L}*|envi\p{L}*|mand\p{L}*|invi\p{L}*|stuur\p{L}*|sturen)(?!\p{L})[^.!?]{0,60}(?<!\p{L})(?:codes?|pins?|photos?|pictures?|pics?|images?|fotos?|foto[’']s|bilder|códigos?|codici)|(?:codes|pins|fotos|foto[’']s|bilder)(?!\p{L})[^.!?]{0,30}(?<!\p{L})(?:schicken|senden|mailen|sturen)|reimburse you|pay you back|refund you|erstatte (?:ich|es|ihnen|dir)|(?:vous|te) rembours\p{L}*|(?:te|le) reembols\p{L}*|(?:ti|la|vi) rimbors\p{L}*|betaal (?:het|je|u) terug|keep (?:this|it) (?:between us|confidential|quiet|secret)|(?:bleibt|behalte\p{L}*) (?:das |es )?unter uns|vertraulich behandel\p{L}*|behandel\p{L}* (?:sie |das |dies |es )*(?:bitte )?vertraulich|reste\p{L}* entre nous|entre nosotros)(?!\p{L})/iu

/** Nobody asks a shop to lay codes open. */
const scratches =
  /(?<!\p{L})(?:scratch (?:off|them|it|each|the (?:cards?|codes?|back))|rubb(?:el[ent]?|le)|freirubbeln|freikratz\p{L}*|gratt(?:er|ez)|rasc(?:ar|a las|ad)|rasque|gratta(?:re|te)|krassen)(?!\p{L})/iu

function isGiftCardErrand(text: string): boolean {
  if (!giftCard.test(text)) return false
  if (scratches.test(text)) return true
  if (!handover.test(text)) return false
  return text
    .split(/[.!?。！？]|\n\s*\n/)
    .some((sentence) => card.test(sentence) && asked.test(sentence.trim()))
}

function statesAccount(text: string): boolean {
  if (bankAccount.test(text) || accountNumbers(text).length > 0) return true
  return anyAccount.test(text) && (payment.test(text) || !ownAccount.test(text))
}

/**
 * Mail that tries to divert money: changed bank details, a different payee, a gift-card errand.
 * @param text new text of the mail, with its subject
 */
export function isPaymentTrap(text: string): boolean {
  const read = text.slice(0, 20_000)
  // `changed` first: it takes a quarter of the time.
  return (changed.test(read) && statesAccount(read)) || isGiftCardErrand(read)
}
