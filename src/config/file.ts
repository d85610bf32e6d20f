import { basename } from 'node:path'
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  Scalar,
  visit,
  type Document as YamlDocument,
} from 'yaml'
import { type Environment, interpolate } from './interpolation.ts'
import {
  type ConfigFault,
  type ConfigSource,
  formatPath,
  type Path,
  type SourcePosition,
  type Written,
} from './source.ts'

/** A JSONPath such as $.items[*].name between braces: YAML requires quotes around it there, which nobody expects. */
const bracketedPath = /(?<=[{,]\s*[\p{L}\p{N}][\p{L}\p{N} _-]*:[ \t]+)\$[.[][^\s,{}"'#\\]*\][^\s,{}"'#\\]*/gu

/**
 * Parses a configuration file and substitutes variables. Faults are returned, not thrown; after a syntax error the
 * document is null, because faults in half a file are noise.
 * @param label the file's name as the owner wrote it
 */
export function readDocument(label: string, content: string, environment: Environment): ConfigSource {
  const { lines, documents } = documentsIn(content.replace(/^\uFEFF/, ''))
  const [document, second] = documents
  const at = (offset: number | null): SourcePosition => {
    if (offset === null) return { where: label, file: label, line: 0, what: '' }
    const line = lines.linePos(offset).line
    return { where: `${label}:${line}`, file: label, line, what: '' }
  }
  const refused = (...faults: ConfigFault[]): ConfigSource => ({
    document: null,
    written: [],
    faults,
    isFromVariable: () => false,
    locate: () => at(null),
  })
  if (!document?.contents || (isScalar(document.contents) && document.contents.value === null)) {
    return refused({ ...at(null), message: 'the file is empty' })
  }
  if (second)
    return refused({ ...at(second.range[0]), message: 'must contain one YAML document, not several' })
  const faults = syntaxFaults(document, content, at)
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return refused(...faults)
  const { variables, written, unresolved } = putVariablesIn(document, environment)
  const values = toPlain(document)
  if (values instanceof Error) return refused(...faults, { ...at(null), message: inWords(values.message) })
  const locate = (path: Path) => ({ ...at(find(document, path).offset), what: formatPath(path) })
  return {
    document: values,
    written,
    faults: [...faults, ...unresolved.map(({ path, message }) => ({ ...locate(path), path, message }))],
    isFromVariable: (path) => variables.has(find(document, path).node),
    locate,
  }
}

interface ParsedFile {
  lines: LineCounter
  documents: readonly YamlDocument.Parsed[]
}

/** Tried again with quotes around each such JSONPath. If that doesn't help, the original file's faults are reported. */
function documentsIn(content: string): ParsedFile {
  const parse = (text: string): ParsedFile => {
    const lines = new LineCounter()
    const parsed = parseAllDocuments(text, { lineCounter: lines, merge: true, prettyErrors: false })
    return { lines, documents: Array.isArray(parsed) ? parsed : [] }
  }
  const isFaulty = ({ documents }: ParsedFile) => documents.some(({ errors }) => errors.length > 0)
  const asWritten = parse(content)
  if (!isFaulty(asWritten) || content.search(bracketedPath) < 0) return asWritten
  const quoted = parse(content.replace(bracketedPath, '"$&"'))
  return isFaulty(quoted) ? asWritten : quoted
}

/** Multiplying aliases ("billion laughs") and unresolved merges are errors. */
function toPlain(document: YamlDocument): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** One fault per line, without those that the parser reports only because it lost its place. */
function syntaxFaults(
  document: YamlDocument,
  content: string,
  at: (offset: number) => SourcePosition,
): ConfigFault[] {
  const byLine = new Map<number, ConfigFault>()
  for (const { code, message, pos } of document.errors) {
    const place = at(pos[0])
    if (byLine.has(place.line) || (byLine.size > 0 && message.includes('in YAML stream'))) continue
    const line = content.split('\n')[place.line - 1] ?? ''
    byLine.set(place.line, { ...place, message: inWords(message) + hint(code, line) })
  }
  return [...byLine.values()]
}

function hint(code: string, line: string): string {
  if (code === 'UNEXPECTED_TOKEN' && line.includes('${')) return ` (between braces, \${NAME} needs quotes)`
  if (code === 'BLOCK_AS_IMPLICIT_KEY') return ' (text that contains a colon and a space needs quotes)'
  if (code === 'BAD_SCALAR_START') return ' (it needs quotes)'
  return ''
}

/** The parser's message without the text it quotes after a colon: that may be an unquoted secret. */
function inWords(message: string): string {
  const [first = message] = message.split(/:\s|\n/)
  return `not valid YAML: ${first.charAt(0).toLowerCase()}${first.slice(1)}`
}

/** Also finds text that YAML misreads because it begins with * or !, as passwords may. */
function putVariablesIn(document: YamlDocument, environment: Environment) {
  const variables = new Set<unknown>()
  const written: Written[] = []
  const unresolved: { path: Path; message: string }[] = []
  visit(document, {
    Scalar(key, node, ancestors) {
      if (node.tag?.startsWith('!')) {
        unresolved.push({ path: pathOf(ancestors, node), message: 'text that begins with ! needs quotes' })
      }
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return undefined
      const { text, faults } = interpolate(node.value, environment)
      const path = pathOf(ancestors, node)
      for (const message of faults) unresolved.push({ path, message })
      written.push({ path, text, raw: node.value })
      node.value = text
      variables.add(node)
      return undefined
    },
    Alias(_, node, ancestors) {
      if (node.resolve(document)) return undefined
      unresolved.push({ path: pathOf(ancestors, node), message: 'text that begins with * needs quotes' })
      const gap = new Scalar('')
      gap.range = node.range
      return gap
    },
  })
  return { variables, written, unresolved }
}

function pathOf(ancestors: readonly unknown[], node: unknown): Path {
  const chain = [...ancestors, node]
  const path: (string | number)[] = []
  for (const [i, each] of chain.entries()) {
    if (isSeq(each)) path.push(each.items.indexOf(chain[i + 1]))
    else if (isPair(each) && isScalar(each.key)) path.push(String(each.key.value))
  }
  return path
}

/** The node at a path, and the offset of the deepest existing key or entry on the way. */
function find(document: YamlDocument, path: Path): { node: unknown; offset: number | null } {
  let node: unknown = document.contents
  let offset: number | null = null
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      if (!pair) return { node: null, offset }
      offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset
      node = pair.value
    } else if (isSeq(node) && typeof step === 'number') {
      const entry: unknown = node.items[step]
      if (!entry) return { node: null, offset }
      offset = (entry as Node).range?.[0] ?? offset
      node = entry
    } else return { node: null, offset }
  }
  return { node: isAlias(node) ? node.resolve(document) : node, offset }
}

/** The name that messages use for a file: as given, or only its name for the default file. */
export function labelOf(path: string): string {
  return path.startsWith('./') || !path.includes('/') ? basename(path) : path
}
