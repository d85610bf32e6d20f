/** What people type for a value, in the form that the configuration has. What is not understood stays as it is, and is refused. */

interface Unit {
  /** As the configuration has it. */
  short: string
  /** For people. */
  name: string
  words: RegExp
}

const units: readonly Unit[] = [
  { short: 's', name: 'second', words: /^(?:s|secs?|seconds?|sek|sekunden?)$/ },
  { short: 'm', name: 'minute', words: /^(?:m|mins?|minutes?|minuten?)$/ },
  { short: 'h', name: 'hour', words: /^(?:h|hrs?|hours?|std|stunden?|heures?)$/ },
  { short: 'd', name: 'day', words: /^(?:d|days?|tage?|jours?)$/ },
  { short: 'w', name: 'week', words: /^(?:w|weeks?|wochen?|semaines?)$/ },
]

/** `5 minutes` as `5m`. @param unit of a bare number: `s` */
export function durationTyped(text: string, unit: string): string {
  const [, amount, word = ''] = /^(\d+(?:[.,]\d+)?)\s*([a-z]*)\.?$/i.exec(text) ?? []
  const meant = word === '' ? unit : units.find(({ words }) => words.test(word.toLowerCase()))?.short
  return amount === undefined || meant === undefined ? text : `${amount.replace(',', '.')}${meant}`
}

/** Each duration in it for people: `5m` as `5 minutes`. It can be typed again. */
export const durationSaid = (text: string): string =>
  text.replace(/\b(\d+(?:\.\d+)?)\s*([smhdw])\b/g, (_, amount: string, short: string) => {
    const name = units.find((unit) => unit.short === short)?.name
    return `${amount} ${name}${amount === '1' ? '' : 's'}`
  })

/** `$2,50` as 2.5. */
export function numberTyped(text: string): number | string {
  const [, amount] = /^\$?\s*(-?\d+(?:[.,]\d+)?|-?[.,]\d+)\s*\$?$/.exec(text) ?? []
  return amount === undefined ? text : Number(amount.replace(',', '.'))
}

/** `80 %`, `80` and `0.8` as 0.8. From more than 1 on it is a percentage. */
export function shareTyped(text: string): number | string {
  const [, amount, percent] = /^(\d+(?:[.,]\d+)?|[.,]\d+)\s*(%|percent|prozent)?$/i.exec(text) ?? []
  if (amount === undefined) return text
  const number = Number(amount.replace(',', '.'))
  return percent !== undefined || number > 1 ? Number((number / 100).toPrecision(12)) : number
}

/** 0.8 as `80 %`. */
export const shareSaid = (share: number): string => `${Number((share * 100).toPrecision(12))} %`

/** An entry of a list of senders as the configuration has it: `Ann <ann@x.example>` and `*@x.example` as well. */
export const senderTyped = (text: string): string =>
  (/<([^<>]+)>\s*$/.exec(text)?.[1] ?? text).trim().replace(/^(?:\*?@|\*\.)/, '')
