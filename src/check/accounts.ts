/** Bank accounts in a text: what they direct is money. */

/** Length of an IBAN by country, after the registry of SWIFT and the countries that use it without being listed. */
const lengths = new Map(
  `AD24 AE23 AL28 AO25 AT20 AZ28 BA20 BE16 BF28 BG22 BH22 BI27 BJ28 BR29 BY28 CF27 CG27 CH21 CI28 CM27 CR22 CV25 CY28 CZ24 DE22
  DJ27 DK18 DO28 DZ26 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GA27 GB22 GE22 GI23 GL18 GQ27 GR27 GT28 GW25 HN28 HR21 HU28 IE22 IL23
  IQ23 IR26 IS26 IT27 JO30 KM27 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MA28 MC27 MD24 ME22 MG27 MK19 ML28 MN20 MR27 MT31
  MU30 MZ25 NE28 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SN28 SO23 ST25
  SV28 TD27 TG28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30`
    .split(/\s+/)
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
)

/** A lookahead, so that a number before an IBAN cannot take its beginning away. */
const candidate = /(?<![\p{L}\p{N}])(?=([a-z]{2}\d{2}(?:[\s./-]{0,2}[a-z\d]){11,30}))/giu
/** In capitals, in groups that are apart by one space or hyphen. */
const usual = /^[A-Z\d]+(?:[ -][A-Z\d]+)*$/
/** In fours, as it is printed: if it breaks off, the rest may follow elsewhere. */
const inFours = /^[A-Z]{2}\d{2}(?:[ -][A-Z\d]{4}){3}(?![a-z\d])/i

/** Its letters and figures alone, in capitals. */
export const bareNumber = (text: string) =>
  text
    .normalize('NFKC')
    .replace(/[^A-Za-z\d]/g, '')
    .toUpperCase()

/** Check digits of ISO 7064, as ISO 13616 applies them. */
function checks(iban: string): boolean {
  let rest = 0
  for (const letter of iban.slice(4) + iban.slice(0, 4))
    for (const digit of String(Number.parseInt(letter, 36))) rest = (rest * 10 + Number(digit)) % 97
  return rest === 1
}

/** A mistyped IBAN must not go out either, but words in capitals after an order number are not one. */
const isMostlyFigures = (iban: string) => iban.replace(/\D/g, '').length * 3 >= iban.length * 2

/** The IBAN at the beginning of the text; undefined if there is none. */
function ibanIn(text: string): string | undefined {
  const length = lengths.get(text.slice(0, 2).toUpperCase())
  if (length === undefined) return undefined
  const [run = ''] = /^[A-Z\d]+/.exec(text) ?? []
  const missed = Math.abs(run.length - length)
  if (missed > 0 && missed <= 2 && isMostlyFigures(run)) return run
  const whole = new RegExp(`^(?:[a-z\\d][\\s./-]{0,2}){${length - 1}}[a-z\\d]`, 'i')
  const isIban = (written: string) => {
    const iban = bareNumber(written)
    const isUsual = usual.test(written) && isMostlyFigures(iban) && !/^[a-z]/.test(text.slice(written.length))
    return isUsual || (iban.length === length && checks(iban))
  }
  return [whole, inFours].flatMap((pattern) => pattern.exec(text)?.[0] ?? []).find(isIban)
}

/**
 * What is an IBAN (ISO 13616) by its country and length. Numbers of orders, parcels and taxpayers begin alike, but
 * are shorter. In any other writing than the usual one, its check digits must be right.
 */
export function accountNumbers(text: string): string[] {
  return [...text.normalize('NFKC').matchAll(candidate)].flatMap(([, found = '']) => ibanIn(found) ?? [])
}
