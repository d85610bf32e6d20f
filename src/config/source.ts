/** What the configuration is read from: a plain document, and the origin of each value. */

export type Path = readonly (string | number)[]

export interface SourcePosition {
  /** Where the owner has to look: `replyd.yaml:7`, or the name of an environment variable; '' for neither. */
  readonly where: string
  /** The file that `where` begins with, if it is one. */
  readonly file?: string
  /** Line for sorting; 0 if there is none. */
  readonly line: number
  /** What the fault is about: `accounts[0].imap.port` in a file, `port` in a URL; '' when `where` says it all. */
  readonly what: string
}

export interface ConfigFault extends SourcePosition {
  readonly message: string
  /** The path in the document, if any. Further findings at or below it are consequences. */
  readonly path?: Path
}

export interface Written {
  readonly path: Path
  readonly text: string
  /** As the owner wrote it: `${NAME}`. */
  readonly raw: string
}

export interface ConfigSource {
  readonly document: unknown
  /** Texts that hold values of variables. */
  readonly written: readonly Written[]
  readonly faults: readonly ConfigFault[]
  /** True when the value at that path holds a variable's value, which is always text at first. */
  isFromVariable(path: Path): boolean
  locate(path: Path): SourcePosition
}

/** `accounts[0].imap.port` */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    return text === '' ? step : `${text}.${step}`
  }, '')
}

export function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at a path of a plain document, or undefined. */
export function valueAt(document: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    document,
  )
}

/** A copy of the document with another value at that path; missing groups are created. */
export function withValue(document: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (Array.isArray(document))
    return document.map((each, i) => (i === step ? withValue(each, rest, value) : each))
  const group = isGroup(document) ? document : {}
  return { ...group, [step]: withValue(group[step], rest, value) }
}

/** True when the path is that one or leads through it. */
export function isWithin(path: Path, above: Path): boolean {
  return above.every((step, depth) => path[depth] === step)
}

/** The paths of a list's entries; none if there is no list. */
export function entries(document: unknown, path: Path): Path[] {
  const list = valueAt(document, path)
  return Array.isArray(list) ? list.map((_, i) => [...path, i]) : []
}
