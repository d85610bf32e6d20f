/** Limits for one document. Beyond them it is omitted entirely: half a document may lack the exception that matters. */
export const limits = {
  /** Octets of the file. */
  file: 20_000_000,
  /** Characters of the text that it becomes. */
  text: 2_000_000,
  /** Octets of one part of a DOCX, unpacked. */
  part: 30_000_000,
  pages: 3_000,
  /** For the conversion, milliseconds. */
  withinMs: 60_000,
  /** Heap of the worker, and growth of the whole process while it works. Megabytes. */
  heap: 256,
  growth: 400,
} as const

/** To be raised when the same document or page would be converted to a different text. */
export const textVersion = 3

/** Depth of nested elements: each level makes the parsers slower. */
export const deepest = 1_000

/** Why a document is left out, in words for the owner. */
export class DocumentFault extends Error {
  override name = 'DocumentFault'
}

/** @throws DocumentFault when it is too long */
export function shortEnough(text: string): string {
  if (text.length > limits.text) throw new DocumentFault(`it has more than ${limits.text} characters`)
  return text
}

/** Names of the files that are converted. */
export const documentPattern = /\.(pdf|docx|html?|csv|tsv|eml)$/i

/** Limits for one picture. */
export const imageLimits = {
  /** Of the original picture. Decoded, each takes four octets, twice. */
  pixels: 25_000_000,
  /** Of the longer side, in pixels: the most that a model gets, and the least that shows anything. */
  side: 1024,
  leastSide: 100,
  /** JPEG quality. */
  quality: 80,
} as const
