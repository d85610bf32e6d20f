/** Passages as they are kept: texts as UTF-8 outside the heap, because a large folder has tens of thousands. */
import { roughTokens } from '../model/prompts/untrusted.ts'
import { passagesOf } from './passages.ts'
import type { Fields } from './term-index.ts'

export class KeptPassage {
  readonly #octets: Buffer
  readonly file: string
  /** Headings above it, joined by ` > `; empty for none. */
  readonly heading: string
  readonly number: number
  /** Rough tokens with its label. */
  readonly tokens: number

  /** @param octets its text */
  constructor(
    octets: Buffer,
    { file, heading, number, tokens }: Pick<KeptPassage, 'file' | 'heading' | 'number' | 'tokens'>,
  ) {
    this.#octets = octets
    this.file = file
    this.heading = heading
    this.number = number
    this.tokens = tokens
  }

  get id(): string {
    return String(this.number)
  }

  get text(): string {
    return this.#octets.toString()
  }

  get fields(): Fields {
    const headings = this.heading.split(' > ')
    const path = [this.file.replace(/\.\w+$/, ''), ...headings.slice(0, -1)].join(' ')
    return { path, heading: headings.at(-1) ?? '', text: this.text }
  }
}

/** @param first number of the first passage; the others follow */
export function keptPassages(file: string, content: string, first: number): KeptPassage[] {
  const passages = passagesOf(content, !/\.(txt|text)$/i.test(file))
  // One piece of memory for the file. A heading that was cut out of the content would keep all of it.
  const octets = Buffer.from(passages.map(({ text }) => text).join(''))
  const headings = new Map<string, string>()
  let start = 0
  return passages.map(({ heading, text }, at) => {
    const kept = headings.get(heading) ?? Buffer.from(heading).toString()
    headings.set(kept, kept)
    const end = start + Buffer.byteLength(text)
    const tokens = roughTokens(`[${file} > ${heading}]\n${text}\n\n`)
    const passage = new KeptPassage(octets.subarray(start, end), {
      file,
      heading: kept,
      number: first + at,
      tokens,
    })
    start = end
    return passage
  })
}

/** Sorts by file, and as in the file. */
export function inFolder(one: KeptPassage, other: KeptPassage): number {
  if (one.file !== other.file) return one.file < other.file ? -1 : 1
  return one.number - other.number
}
