/** Finds short texts with the same meaning, as far as code can tell, by the runs of letters that they share. */
import { partsOf } from './tokens.ts'

/** The minimum cosine at which two texts may mean the same thing. */
const alikeFrom = 0.5

interface Read {
  /** Runs of letters with their number. */
  parts: ReadonlyMap<string, number>
  length: number
  /** Words that name something: capitalised within the text, or with a figure. */
  names: readonly string[]
}

const words = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu

function read(text: string): Read {
  const found = text.match(words) ?? []
  const parts = new Map<string, number>()
  // Short words of spaced scripts are mostly articles and prepositions.
  for (const word of found.filter((each) => each.length > 3 || !/^\p{Script=Latin}+$/u.test(each)))
    for (const part of partsOf(word)) parts.set(part, (parts.get(part) ?? 0) + 1)
  const names = found.filter((word, at) => /\p{N}/u.test(word) || (at > 0 && /^\p{Lu}\p{Ll}{2}/u.test(word)))
  return { parts, length: Math.hypot(...parts.values()), names }
}

/** Each text names something that the other does not: Norway and Sweden. */
function differ(one: Read, other: Read): boolean {
  const lacks = (names: readonly string[], { parts }: Read) =>
    names.some((name) => {
      const own = partsOf(name)
      return own.filter((part) => parts.has(part)).length * 2 < own.length
    })
  return lacks(one.names, other) && lacks(other.names, one)
}

function likeness(one: Read, other: Read): number {
  let product = 0
  for (const [part, times] of one.parts) product += times * (other.parts.get(part) ?? 0)
  return product === 0 || differ(one, other) ? 0 : product / (one.length * other.length)
}

const sameLetters = (text: string) => text.trim().toLowerCase()

/** How similar two short texts are, 0 to 1. */
export function likenessOf(one: string, other: string): number {
  return sameLetters(one) === sameLetters(other) ? 1 : likeness(read(one), read(other))
}

/** Whether two short texts ask for the same, or say the same. @param from cosine, 0 to 1 */
export function alike(one: string, other: string, from = alikeFrom): boolean {
  return likenessOf(one, other) >= from
}

/**
 * Groups by meaning, in the order of each group's first member. A member is only compared with the first of its group,
 * so that a group does not drift.
 * @param textOf a short text @param from cosine, 0 to 1
 */
export function grouped<T>(all: readonly T[], textOf: (one: T) => string, from = alikeFrom): T[][] {
  const groups: { first: Read; members: T[] }[] = []
  const byPart = new Map<string, number[]>()
  const byLetters = new Map<string, number>()
  const nearest = (one: Read) => {
    const near = new Set([...one.parts.keys()].flatMap((part) => byPart.get(part) ?? []))
    const rated = [...near].map((at) => ({ at, rate: likeness((groups[at] as { first: Read }).first, one) }))
    return rated.filter(({ rate }) => rate >= from).sort((a, b) => b.rate - a.rate || a.at - b.at)[0]?.at
  }
  for (const one of all) {
    const letters = sameLetters(textOf(one))
    const first = read(textOf(one))
    const at = byLetters.get(letters) ?? nearest(first) ?? groups.length
    if (at === groups.length) {
      groups.push({ first, members: [] })
      for (const part of first.parts.keys()) byPart.set(part, [...(byPart.get(part) ?? []), at])
    }
    byLetters.set(letters, at)
    groups[at]?.members.push(one)
  }
  return groups.map(({ members }) => members)
}
