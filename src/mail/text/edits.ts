/** How different two texts are, to measure what a person changed in a draft. */
import { createTwoFilesPatch, diffArrays } from 'diff'

/** Maximum number of compared words; longer texts are compared as they are. */
const mostWords = 3_000

/**
 * 0 (the same words) to 1 (another text): the larger number of words inserted or removed, divided by the words of the
 * longer text.
 */
export function editShare(before: string, after: string): number {
  const [old, fresh] = [before, after].map((text) => text.split(/\s+/).filter(Boolean).slice(0, mostWords))
  const longest = Math.max(old?.length ?? 0, fresh?.length ?? 0)
  if (longest === 0) return 0
  let added = 0
  let removed = 0
  for (const change of diffArrays(old ?? [], fresh ?? [])) {
    if (change.added) added += change.value.length
    if (change.removed) removed += change.value.length
  }
  return Math.max(added, removed) / longest
}

/** Unified, three lines of context; empty when nothing changed. */
export function unifiedDiff(before: string, after: string): string {
  if (before === after) return ''
  const options = { context: 3 }
  const patch = createTwoFilesPatch(
    'before',
    'after',
    `${before}\n`,
    `${after}\n`,
    undefined,
    undefined,
    options,
  )
  return patch.replace(/^=+\n/, '')
}
