/** Finds out whose record a lookup fetched. All of it may be hostile. */
import { exec, query } from 'jsonpath-rfc9535'
import parse from 'jsonpath-rfc9535/parser'
import { canonicalAddress } from '../../config/fields.ts'

/**
 * Whether all of it belongs to that address: every node that the path selects, at least one in each document, and one
 * in each record of a list or group from which a field is read.
 * @param sender proven author of the mail
 * @param fields JSONPaths of what would be shown
 */
export function isOwnedBy(
  documents: readonly unknown[],
  path: string,
  sender: string,
  fields: readonly string[] = [],
): boolean {
  const wanted = canonicalAddress(sender)
  if (wanted === null || documents.length === 0) return false
  const dividing = dividingSteps(path)
  return documents.every((document) => {
    const owners = nodes(document, path)
    const tree = treeOf(owners.map(({ place }) => place))
    return (
      owners.length > 0 &&
      owners.every(({ value }) => typeof value === 'string' && canonicalAddress(value.trim()) === wanted) &&
      fields
        .flatMap((field) => nodes(document, field))
        .every(({ place }) => isBesideOne(place, tree, dividing))
    )
  })
}

/** Whether the path selects anything at all. */
export const namesOwner = (documents: readonly unknown[], path: string): boolean =>
  documents.some((document) => query(document as Parameters<typeof query>[0], path).length > 0)

type Place = readonly (string | number)[]
type Tree = Map<string | number, Tree>

function nodes(document: unknown, path: string): { value: unknown; place: Place }[] {
  const found: { value: unknown; place: Place }[] = []
  exec(document as Parameters<typeof query>[0], path, (value, place) => found.push({ value, place }))
  return found
}

/** Steps at which the path may select several nodes: below each node is a separate record, numbered or named. */
function dividingSteps(path: string): boolean[] {
  return parse(path).segments.map(({ node }) => {
    if (node.type === 'WildcardSelector') return true
    if (node.type !== 'BracketedSelection') return false
    const [only, ...more] = node.selectors
    return more.length > 0 || !['NameSelector', 'IndexSelector'].includes(only?.type ?? '')
  })
}

/** As a tree, because a list may have thousands of records. */
function treeOf(places: readonly Place[]): Tree {
  const tree: Tree = new Map()
  for (const place of places) {
    let at = tree
    for (const step of place) {
      const below = at.get(step) ?? new Map()
      at.set(step, below)
      at = below
    }
  }
  return tree
}

/** Whether a value is in the same record as one of the owners. */
function isBesideOne(place: Place, owners: Tree, dividing: readonly boolean[]): boolean {
  let at = owners
  for (const [depth, step] of place.entries()) {
    const below = at.get(step)
    const divides = typeof step === 'number' || dividing[depth] === true
    if (!divides && at.size > (below ? 1 : 0)) return true
    if (!below) return false
    at = below
  }
  return true
}
