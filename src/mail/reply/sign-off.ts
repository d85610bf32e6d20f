/**
 * Avoids two sign-offs: either the writer ends with a closing formula and the signature follows, or the signature
 * contains its own.
 */

/** Beginnings of closing formulas, in the languages that owners sign in. Folded: lower case, no accents. */
const formulas =
  /^mit (?:freundlich|best|herzlich|lieb)|^(?:freundliche|herzliche|beste|viele|liebe|schone)n?\b[^.!?]{0,30}(?:gruss|wunsche)|^(?:gruss|grusse|hochachtungsvoll)\b|^(?:mfg|lg|vg)(?: \p{L}+){0,2}[,.!]?$|^(?:(?:kind|best|warm|warmest|kindest) )?regards|^yours(?: (?:sincerely|faithfully|truly|respectfully|cordially|ever)\b|\s*(?:,|$))|^(?:sincerely|best wishes|cheers|cordially|respectfully)\b|^(?:bien )?cordialement|^(?:cordiales? |meilleures |sinceres )?salutations|^bien a vous|^(?:un )?(?:cordial |afectuoso )?saludos?\b|^atentamente|^(?:cordiali|distinti) saluti|^saluti|^(?:met )?(?:vriendelijke|hartelijke) groet|^(?:hartelijke )?groet|^(?:com os )?(?:melhores )?cumprimentos|^atenciosamente|^(?:z )?(?:powazaniem|pozdrowieniami)|^pozdrawia|^(?:med )?(?:vanlig|venlig|vennlig|basta|beste)[a-z]* h[ai]lsning|^(?:vanliga )?halsningar|^s pozdravem|^ystavallisin|^(?:tisztelettel|udvozlettel)|^saygilar|^з повагою|^с уважением|^敬具|^此致|^よろしく/u

const folded = (text: string) =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/ß/g, 'ss')
    .trim()

export const isClosing = (line: string) => line.length <= 60 && formulas.test(folded(line))

/** What replyd appends to a reply: nothing, a signature, or one that begins with a closing formula. */
export function signatureKind(signature: string): 'none' | 'signature' | 'closing' {
  const first = signature.split('\n').find((line) => line.trim() !== '')
  if (first === undefined) return 'none'
  return isClosing(first) ? 'closing' : 'signature'
}

interface Signatures {
  /** For every language without its own. */
  readonly signature: string
  /** By BCP 47 primary tag. */
  readonly signatures: Readonly<Record<string, string>>
}

/** @param language BCP 47; null if unknown */
export function signatureFor({ signature, signatures }: Signatures, language: string | null): string {
  return signatures[language?.toLowerCase().split('-')[0] ?? ''] ?? signature
}

export function signaturesOf({ signature, signatures }: Signatures): string[] {
  return [...new Set([signature, ...Object.values(signatures)])].filter((text) => text.trim() !== '')
}
