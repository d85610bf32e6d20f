/** Letters that are read as others. */

/** Cyrillic and Greek letters, by the Latin letter that they are read as. */
const readAsLatin = {
  a: '\u0430\u03b1',
  d: '\u0501',
  e: '\u0435\u03b5',
  i: '\u0456\u03b9',
  l: '\u04cf',
  m: '\u043c',
  n: '\u043f\u03b7',
  o: '\u043e\u03bf',
  p: '\u0440\u03c1',
  r: '\u0433',
  s: '\u0455',
  t: '\u0442\u03c4',
  w: '\u051d\u0461\u0448\u03c9',
  y: '\u0443\u03b3',
}
const latinOf = new Map(
  Object.entries(readAsLatin).flatMap(([latin, letters]) => [...letters].map((letter) => [letter, latin])),
)

/** @param text in lower case, without accents */
export const inLatin = (text: string): string =>
  [...text].map((letter) => latinOf.get(letter) ?? letter).join('')
