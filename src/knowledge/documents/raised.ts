/** Raised text: cents, units, powers and marks of footnotes would otherwise run into the figure before them. */

const raisedDigits = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** Digits as superscripts; other text as it is. */
export const raised = (text: string): string =>
  /^\s*\d+\s*$/.test(text)
    ? text.trim().replace(/\d/g, (digit) => raisedDigits[Number(digit)] ?? digit)
    : text

const lowered = (text: string) => [...text].map((digit) => raisedDigits.indexOf(digit)).join('')

const currency = String.raw`(?:\p{Sc}|(?:EUR|USD|GBP|CHF|euros?|Fr\.?|kr|zł|Kč)(?!\p{L}))`
const cents = new RegExp(
  String.raw`(?<before>${currency}\s?[\d.,' ]*\d)[.,]?(?<first>[⁰¹²³⁴-⁹]{2})(?![⁰¹²³⁴-⁹])|(?<figure>\d)[.,]?\s?(?<second>[⁰¹²³⁴-⁹]{2})(?=\s?${currency})`,
  'giu',
)

/** `12⁹⁹ €` is `12.99 €`; behind any other figure they are a footnote: `30 [1] days`. `m²` stays. */
export function readRaised(text: string): string {
  if (!/[⁰¹²³⁴-⁹]/u.test(text)) return text
  return text
    .replace(cents, (_, before, first, figure, second) => `${before ?? figure}.${lowered(first ?? second)}`)
    .replace(/(?<=\d[.,:]?)\s?([⁰¹²³⁴-⁹]+)/gu, (_, digits: string) => ` [${lowered(digits)}]`)
}
