/**
 * Mail that tries to divert money: changed bank details, another payee, a gift-card errand. Detected without a model.
 */

/** IBAN (ISO 13616), or an account next to its routing or sort code. */
const accountNumber =
  /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?:[ \u00a0-]?[A-Z0-9]{2,4}){3,8}(?![\p{L}\p{N}])|\b(?:sort code|routing (?:no|number)|account (?:no|number)|swift|bic|bankleitzahl|konto(?:nummer|nr)|rib|clabe|cbu)\b[^\n]{0,20}\d/iu

/** Says that an account is new or changed, in the languages of such mail. */
const changed =
  /(?<!\p{L})(?:(?:new|changed|updated|different|other) (?:bank|account|payment|iban)|(?:bank|account|payment|iban)[^.\n]{0,40}(?:has|have|is|are) (?:been )?(?:changed|updated|new)|neue[nsr]? (?:bank|konto|iban)|(?:bank|konto|iban)\p{L}*[^.\n]{0,40}(?:geändert|gewechselt|umgestellt|neu)|stellt[^.\n]{0,40}\bum\b|(?:nouve(?:au|lles?|aux)|changement d)[^.\n]{0,20}(?:compte|rib|iban|coordonnées bancaires)|nuev[oa]s?[^.\n]{0,15}(?:cuenta|iban|datos bancarios)|nuov[eoi][^.\n]{0,15}(?:conto|iban|coordinate)|nieuwe? (?:bank|rekening|iban)|nov[oa]s?[^.\n]{0,15}(?:conta|iban|dados banc)|now(?:y|e|ego)[^.\n]{0,15}(?:konto|rachun|iban)|n(?:ytt|ya|y) (?:bank|konto|iban)|nov(?:ý|é|ého)[^.\n]{0,15}(?:účet|účt|iban)|új (?:bank|számla|iban)|yeni (?:banka|hesap|iban)|нов(?:ый|ые|ого|ий|і)[^.\n]{0,20}(?:счет|счёт|рахунок|реквизит|реквізит))/iu

const giftCard =
  /(?<!\p{L})(?:gift ?cards?|geschenkkarten?|cartes? cadeaux?|tarjetas? (?:de )?regalo|carte regalo|cadeaubon(?:nen)?|cartões presente|(?:itunes|google play|steam|amazon|apple|razer)[- ](?:cards?|karten?|codes?|gutschein\p{L}*))(?!\p{L})/iu
/** Requests about gift cards that fraudsters make and customers do not. */
const errand =
  /(?<!\p{L})(?:scratch|codes?|pins?|photos? of|pictures? of|fotos?|rubbel\p{L}*|freikratz\p{L}*|gratte\p{L}*|rasca\p{L}*|reimburse you|erstatte (?:ich|es)|keep (?:this|it) (?:between us|confidential)|vertraulich)(?!\p{L})/iu

/** @param text new text of the mail, with its subject */
export function isPaymentTrap(text: string): boolean {
  const read = text.slice(0, 20_000)
  return (accountNumber.test(read) && changed.test(read)) || (giftCard.test(read) && errand.test(read))
}
