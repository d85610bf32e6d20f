/** The few CSS rules that decide whether text is visible. Anything not understood counts as visible. */
/** Colours as mail writes them, as far as needed to see that text has the colour of its background. */
type Colour = readonly [red: number, green: number, blue: number]

const namedColours: Readonly<Record<string, Colour>> = {
  white: [255, 255, 255],
  snow: [255, 250, 250],
  ivory: [255, 255, 240],
  ghostwhite: [248, 248, 255],
  floralwhite: [255, 250, 240],
  whitesmoke: [245, 245, 245],
  azure: [240, 255, 255],
  mintcream: [245, 255, 250],
  black: [0, 0, 0],
  silver: [192, 192, 192],
  lightgray: [211, 211, 211],
  lightgrey: [211, 211, 211],
  gray: [128, 128, 128],
  grey: [128, 128, 128],
  red: [255, 0, 0],
  green: [0, 128, 0],
  blue: [0, 0, 255],
  navy: [0, 0, 128],
  yellow: [255, 255, 0],
  orange: [255, 165, 0],
  purple: [128, 0, 128],
}

function hexColour(digits: string): Colour | null {
  const full =
    digits.length < 6 ? [...digits.slice(0, 3)].map((digit) => digit + digit).join('') : digits.slice(0, 6)
  const value = Number.parseInt(full, 16)
  return full.length === 6 ? [value >> 16, (value >> 8) & 255, value & 255] : null
}

/** The colour, `clear` for a fully transparent one, or null if it is not understood. */
function parseColour(written: string): Colour | 'clear' | null {
  const text = written.trim().toLowerCase().slice(0, 60)
  if (text === 'transparent') return 'clear'
  const hex = /^#?([0-9a-f]{3,8})$/.exec(text)?.[1]
  if (hex !== undefined && (text.startsWith('#') || hex.length === 6)) {
    if ((hex.length === 8 && hex.endsWith('00')) || (hex.length === 4 && hex.endsWith('0'))) return 'clear'
    return hexColour(hex)
  }
  const call = /^rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)(?:[\s,/]+([\d.]+)%?)?\s*\)$/.exec(text)
  if (!call) return namedColours[text] ?? null
  if (call[4] !== undefined && Number(call[4]) < 0.05) return 'clear'
  return [Number(call[1]), Number(call[2]), Number(call[3])]
}

/** True when no reader could tell the two apart. */
function sameColour(a: Colour, b: Colour): boolean {
  return a.every((channel, index) => Math.abs(channel - (b[index] ?? 0)) < 16)
}

type Declarations = ReadonlyMap<string, string>

/** What an element passes on to its children. */
export interface Look {
  hidden: boolean
  /** Font too small to read; unlike the others a child may undo it. */
  tiny: boolean
  /** Null when unknown. */
  colour: Colour | null
  ground: Colour | null
}

export const plainLook: Look = { hidden: false, tiny: false, colour: [0, 0, 0], ground: [255, 255, 255] }

const mostRules = 2_000

/** Declarations of a style attribute or rule, lower case; a later one outranks an earlier one. */
export function parseDeclarations(style: string): Declarations {
  const found = new Map<string, string>()
  for (const declaration of style.toLowerCase().split(';', 200)) {
    const colon = declaration.indexOf(':')
    if (colon < 0) continue
    const value = declaration.slice(colon + 1).replace(/!\s?important/, '')
    found.set(declaration.slice(0, colon).trim(), value.trim())
  }
  return found
}

export interface Sheet {
  /** Declarations by simple selector: `p`, `.x`, `p.x`, `#x`. */
  rules: Map<string, Declarations>
  /** A rule that is not understood sets the background, so that colours can't be compared. */
  groundsUnknown: boolean
}

/** Adds the rules of a style element. At-rules only apply under conditions and are skipped. Linear time. */
export function addRules(sheet: Sheet, css: string): void {
  const text = withoutComments(css.replace(/<!--|-->/g, ''))
  let at = 0
  while (at < text.length && sheet.rules.size < mostRules) {
    const open = text.indexOf('{', at)
    if (open < 0) return
    const prelude = text.slice(at, open).trim()
    if (prelude.startsWith('@')) {
      const semicolon = prelude.indexOf(';')
      at = semicolon >= 0 ? text.indexOf(';', at) + 1 : blockEnd(text, open)
      continue
    }
    const close = text.indexOf('}', open)
    const end = close < 0 ? text.length : close
    addRule(sheet, prelude.slice(-1_000), parseDeclarations(text.slice(open + 1, end)))
    at = end + 1
  }
}

function withoutComments(css: string): string {
  const kept: string[] = []
  let at = 0
  for (let open = css.indexOf('/*'); open >= 0; open = css.indexOf('/*', at)) {
    kept.push(css.slice(at, open))
    const close = css.indexOf('*/', open + 2)
    if (close < 0) return kept.join('')
    at = close + 2
  }
  kept.push(css.slice(at))
  return kept.join('')
}

function addRule(sheet: Sheet, prelude: string, declarations: Declarations): void {
  for (const selector of prelude.toLowerCase().split(',')) {
    const simple = selector.trim()
    if (/^[a-z0-9]*([.#][\w-]+)?$/.test(simple)) {
      sheet.rules.set(simple, new Map([...(sheet.rules.get(simple) ?? []), ...declarations]))
    } else if (declarations.has('background') || declarations.has('background-color'))
      sheet.groundsUnknown = true
  }
}

/** Index after the block that opens at `open`, blocks inside it included. */
function blockEnd(text: string, open: number): number {
  const brace = /[{}]/g
  brace.lastIndex = open
  let depth = 0
  for (let match = brace.exec(text); match; match = brace.exec(text)) {
    depth += match[0] === '{' ? 1 : -1
    if (depth === 0) return brace.lastIndex
  }
  return text.length
}

/** All that applies to an element: rules by rising weight, then its style attribute. */
function declarationsFor(name: string, attributes: ReadonlyMap<string, string>, sheet: Sheet): Declarations {
  const style = attributes.get('style')
  const inline = style ? parseDeclarations(style) : new Map<string, string>()
  if (sheet.rules.size === 0) return inline
  const classes = (attributes.get('class') ?? '').toLowerCase().split(/\s+/, 20)
  const id = (attributes.get('id') ?? '').toLowerCase()
  const keys = [
    name,
    ...classes.flatMap((one) => (one ? [`.${one}`, `${name}.${one}`] : [])),
    `#${id}`,
    `${name}#${id}`,
  ]
  const merged = new Map<string, string>()
  for (const key of keys)
    for (const [property, value] of sheet.rules.get(key) ?? []) merged.set(property, value)
  for (const [property, value] of inline) merged.set(property, value)
  return merged
}

/** Length in pixels, roughly; NaN if it is not a length. */
function pixels(value: string | undefined): number {
  const match = /^(-?\d*\.?\d+)\s*(px|pt|em|rem|ex|%|cm|mm|in|vw|vh)?$/.exec(value ?? '')
  if (!match) return Number.NaN
  const scale = { pt: 1.33, em: 16, rem: 16, ex: 8, cm: 38, mm: 3.8, in: 96, vw: 10, vh: 10 }[match[2] ?? '']
  return Number(match[1]) * (scale ?? 1)
}

const offScreen = ['left', 'top', 'right', 'bottom', 'margin-left', 'margin-top', 'text-indent']

/** True if the element's box is invisible, regardless of its children. */
function isInvisible(css: Declarations): boolean {
  if (css.size === 0) return false
  if (css.get('display') === 'none' || /^(hidden|collapse)$/.test(css.get('visibility') ?? '')) return true
  if (css.get('mso-hide') === 'all' || pixels(css.get('opacity')) < 0.05) return true
  if (/opacity\(\s*0%?\s*\)/.test(css.get('filter') ?? '')) return true
  if (/scale[xy]?\(\s*0\s*[,)]|translate[xy]?\([^)]{0,20}-\d{4}/.test(css.get('transform') ?? '')) return true
  if (/rect\(\s*0(px)?[\s,]+0(px)?[\s,]+0|rect\(\s*1px[\s,]+1px[\s,]+1px/.test(css.get('clip') ?? ''))
    return true
  if (/inset\(\s*(50|100)%/.test(css.get('clip-path') ?? '')) return true
  if (offScreen.some((property) => pixels(css.get(property)) <= -400)) return true
  const clipped = /hidden|clip/.test(css.get('overflow') ?? css.get('overflow-y') ?? '')
  return (
    clipped &&
    ['height', 'max-height', 'width', 'max-width'].some((property) => pixels(css.get(property)) <= 1)
  )
}

function fontSize(css: Declarations): string | undefined {
  return (
    css.get('font-size') ??
    /(?:^|\s)(\d*\.?\d+(?:px|pt|em|rem|%)?)(?:\/\S+)?\s/.exec(css.get('font') ?? '')?.[1]
  )
}

function tinyAfter(css: Declarations, inherited: boolean): boolean {
  const written = fontSize(css)
  const size = pixels(written)
  if (written === undefined || Number.isNaN(size))
    return inherited && !/^(small|medium|large|x)/.test(written ?? '')
  if (/(em|ex|%)$/.test(written) && !written.endsWith('rem')) return inherited || size <= 1
  return size <= 1
}

function groundAfter(
  css: Declarations,
  attributes: ReadonlyMap<string, string>,
  inherited: Colour | null,
): Colour | null {
  if (attributes.has('background') || /url\(|gradient/.test(css.get('background-image') ?? '')) return null
  const shorthand = css.get('background')
  if (shorthand !== undefined && /url\(|gradient/.test(shorthand)) return null
  const written = css.get('background-color') ?? shorthand ?? attributes.get('bgcolor')
  if (written === undefined || /^(none|inherit|initial|unset|)$/.test(written)) return inherited
  const colour = parseColour(written) ?? parseColour(written.split(/\s+(?![^(]*\))/, 1)[0] ?? '')
  return colour === 'clear' ? inherited : colour
}

function colourAfter(
  name: string,
  css: Declarations,
  attributes: ReadonlyMap<string, string>,
  inherited: Look,
): Look['colour'] | 'clear' {
  const written = css.get('color') ?? (name === 'font' ? attributes.get('color') : undefined)
  if (written !== undefined && !/^(inherit|currentcolor|unset|initial|)$/.test(written))
    return parseColour(written)
  if (name === 'body' && attributes.has('text')) return parseColour(attributes.get('text') ?? '')
  // Links have their own colour unless the mail says otherwise.
  return name === 'a' ? [0, 0, 238] : inherited.colour
}

/** The look of an element inside a parent of the look `parent`. */
export function lookOf(
  name: string,
  attributes: ReadonlyMap<string, string>,
  parent: Look,
  sheet: Sheet,
): Look {
  if (parent.hidden) return parent
  const css = declarationsFor(name, attributes, sheet)
  const colour = colourAfter(name, css, attributes, parent)
  return {
    hidden: attributes.has('hidden') || colour === 'clear' || isInvisible(css),
    tiny: tinyAfter(css, parent.tiny),
    colour: colour === 'clear' ? null : colour,
    ground: groundAfter(css, attributes, parent.ground),
  }
}

/** True when text with this look can be read by a person. */
export function isReadable(look: Look, sheet: Sheet): boolean {
  if (look.hidden || look.tiny) return false
  if (sheet.groundsUnknown || look.colour === null || look.ground === null) return true
  return !sameColour(look.colour, look.ground)
}
