/** A short outline of the knowledge, for the model that writes search phrases; and the names of passages. */
import { languageOf } from '../mail/text/language.ts'

/** What a writer of search phrases should know about the folder. */
export interface Outline {
  /** BCP 47, the most common first; empty if the languages are unknown. */
  languages: readonly string[]
  /** A few of its headings. */
  headings: readonly string[]
}

/** A language with less than this share of the passages is taken for a quotation or a name. */
const leastShare = 0.15
const headingsShown = 2
const headingLength = 40
/** Number of passages whose language is detected. */
const sampled = 1000

export function outlineOf(entries: readonly { heading: string; text: string }[]): Outline {
  const counts = new Map<string, number>()
  const every = Math.ceil(entries.length / sampled)
  for (const { heading, text } of entries.filter((_, at) => at % every === 0)) {
    const { language, confidence } = languageOf(`${heading}\n${text}`)
    if (confidence >= 0.4) counts.set(language, (counts.get(language) ?? 0) + 1)
  }
  const known = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const languages = [...counts]
    .filter(([, count]) => count >= known * leastShare)
    .sort(([, one], [, other]) => other - one)
    .map(([language]) => language)
  const titles = [...new Set(entries.map(({ heading }) => heading.split(' > ').at(-1) ?? ''))].filter(
    (title) => title !== '' && title.length <= headingLength,
  )
  const step = Math.max(1, Math.floor(titles.length / headingsShown))
  return { languages, headings: titles.filter((_, at) => at % step === 0).slice(0, headingsShown) }
}

export const plainLabel = (label: string) =>
  label
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()

/** A file and a heading within it. */
export const placeOf = ({ file, heading }: { file: string; heading: string }) => `${file}\0${heading}`

/** Files and headings by all names of a source. */
export function labelled(
  entries: Iterable<{ file: string; heading: string }>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const labels = new Map<string, Set<string>>()
  const seen = new Set<string>()
  for (const entry of entries) {
    const place = placeOf(entry)
    if (seen.has(place)) continue
    seen.add(place)
    for (const label of labelsOf(entry)) labels.set(label, (labels.get(label) ?? new Set()).add(place))
  }
  return labels
}

/** Names by which a source may be called. */
export function labelsOf({ file, heading }: { file: string; heading: string }): string[] {
  const bare = file.replace(/\.\w+$/, '')
  const last = heading.split(' > ').at(-1) ?? ''
  const labels = [file, bare].flatMap((name) => [name, `${name} > ${heading}`, `${name} > ${last}`])
  return [...labels, heading, last].map(plainLabel)
}
