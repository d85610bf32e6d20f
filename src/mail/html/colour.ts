/** Colours as mail writes them, as far as is needed to see that text has the colour of its ground. */

export type Colour = readonly [red: number, green: number, blue: number]

const named: Readonly<Record<string, Colour>> = {
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
export function parseColour(written: string): Colour | 'clear' | null {
  const text = written.trim().toLowerCase().slice(0, 60)
  if (text === 'transparent') return 'clear'
  const hex = /^#?([0-9a-f]{3,8})$/.exec(text)?.[1]
  if (hex !== undefined && (text.startsWith('#') || hex.length === 6)) {
    if ((hex.length === 8 && hex.endsWith('00')) || (hex.length === 4 && hex.endsWith('0'))) return 'clear'
    return hexColour(hex)
  }
  const call = /^rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)(?:[\s,/]+([\d.]+)%?)?\s*\)$/.exec(text)
  if (!call) return named[text] ?? null
  if (call[4] !== undefined && Number(call[4]) < 0.05) return 'clear'
  return [Number(call[1]), Number(call[2]), Number(call[3])]
}

/** True when no reader could tell the two apart. */
export function sameColour(a: Colour, b: Colour): boolean {
  return a.every((channel, index) => Math.abs(channel - (b[index] ?? 0)) < 16)
}
