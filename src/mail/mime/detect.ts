/** Guesses the charset of unlabelled octets. */

import chardet from 'chardet'

/** Octets examined: more do not improve the guess. */
const sample = 4096

/** Confidence in percent from which a guess is better than windows-1252. */
const convincing = { otherScript: 25, latinScript: 60 }

/** Charsets of the Latin script that differ from windows-1252 in letters. */
const latin = /^(?:iso-8859-2|windows-1250|iso-8859-9|windows-1254|windows-1257)$/i

const otherScripts = /^(?:shift_jis|euc-jp|euc-kr|gb18030|big5|koi8-r|windows-125[1356]|iso-8859-[5678])$/i

/** True when letters beyond ASCII outnumber the others, as in every script but the Latin one. */
function isOtherScript(octets: Buffer): boolean {
  const text = octets.toString('latin1')
  const beyond = text.match(/[^\0-\x7f]/g)?.length ?? 0
  return beyond >= 4 && beyond > (text.match(/[a-z]/gi)?.length ?? 0)
}

/** Null when no guess is convincing: then windows-1252 is what most senders mean. */
export function detectCharset(octets: Buffer): string | null {
  const start = octets.subarray(0, sample)
  const beyond = isOtherScript(start)
  const least = beyond ? convincing.otherScript : convincing.latinScript
  const candidates = beyond ? otherScripts : latin
  const [best, ...others] = chardet.analyse(start)
  if (!best || best.confidence < least) return null
  // Of the Latin script only a guess that leads clearly.
  if (!beyond && others.some(({ confidence }) => confidence > best.confidence / 2)) return null
  return candidates.test(best.name) ? best.name.toLowerCase() : null
}
