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

/** An account by a word for it, such as an IBAN whose country is unknown. */
const namedAccount =
  /\b(?:iban|sort code|routing (?:no|number)|account (?:no|number)|swift|bic|bankleitzahl|konto(?:nummer|nr)|rib|clabe|cbu)\b[^\n]{0,20}\d/iu

/** Says that an account is new or changed, in the languages of such mail. */
const changed =
  /(?<!\p{L})(?:(?:new|changed|updated|different|other) (?:bank|account|payment|iban)|(?:bank|account|payment|iban)[^.\n]{0,40}(?:has|have|is|are) (?:been )?(?:changed|updated|new)|neue[nsr]? (?:bank|konto|iban)|(?:bank|konto|iban)\p{L}*[^.\n]{0,40}(?:geändert|gewechselt|umgestellt|neu)|stellt[^.\n]{0,40}\bum\b|(?:nouve(?:au|lles?|aux)|changement d)[^.\n]{0,20}(?:compte|rib|iban|coordonnées bancaires)|nuev[oa]s?[^.\n]{0,15}(?:cuenta|iban|datos bancarios)|nuov[eoi][^.\n]{0,15}(?:conto|iban|coordinate)|nieuwe? (?:bank|rekening|iban)|nov[oa]s?[^.\n]{0,15}(?:conta|iban|dados banc)|now(?:y|e|ego)[^.\n]{0,15}(?:konto|rachun|iban)|n(?:ytt|ya|y) (?:bank|konto|iban)|nov(?:ý|é|ého)[^.\n]{0,15}(?:účet|účt|iban)|új (?:bank|számla|iban)|yeni (?:banka|hesap|iban)|нов(?:ый|ые|ого|ий|і)[^.\n]{0,20}(?:счет|счёт|рахунок|реквизит|реквізит))/iu

const giftCard =
  /(?<!\p{L})(?:gift ?cards?|geschenkkarten?|cartes? cadeaux?|tarjetas? (?:de )?regalo|carte regalo|cadeaubon(?:nen)?|cartões presente|(?:itunes|google play|steam|amazon|apple|razer)[- ](?:cards?|karten?|codes?|gutschein\p{L}*))(?!\p{L})/iu
/** Requests about gift cards that fraudsters make and customers do not. */
const errand =
  /(?<!\p{L})(?:scratch|codes?|pins?|photos? of|pictures? of|fotos?|rubbel\p{L}*|freikratz\p{L}*|gratte\p{L}*|rasca\p{L}*|reimburse you|erstatte (?:ich|es)|keep (?:this|it) (?:between us|confidential)|vertraulich)(?!\p{L})/iu

const statesAccount = (text: string) => namedAccount.test(text) || accountNumbers(text).length > 0

/**
 * Mail that tries to divert money: changed bank details, a different payee, a gift-card errand.
 * @param text new text of the mail, with its subject
 */
export function isPaymentTrap(text: string): boolean {
  const read = text.slice(0, 20_000)
  // `changed` first: it takes a quarter of the time.
  return (changed.test(read) && statesAccount(read)) || (giftCard.test(read) && errand.test(read))
}
