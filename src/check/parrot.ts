/**
 * Whether a reply repeats the mail instead of answering it: otherwise the sender would choose what the owner says.
 */

import { languageOf } from '../mail/text/language.ts'
import { runsAmong, runsOf } from './runs.ts'

/** This many words in a row, or characters in scripts without spaces, are a repetition. */
const repeated = { words: 5, characters: 10 }
/** Share of the reply. */
const leastShare = 0.5

const joined = /[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}\p{Script=Thai}ー]/u
const tokenPattern =
  /[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}\p{Script=Thai}ー]|[\p{L}\p{M}]+|\p{N}+/gu

const tokensOf = (text: string): string[] => text.normalize('NFKC').toLowerCase().match(tokenPattern) ?? []

/** Tags, escaped line ends and Markdown link targets: a model that repeats a mail omits them, or they are removed. */
const markup = /<[^<>]{1,300}>|\\[rnt]|\]\([^()\s]{1,500}\)/g

/** Sentences with the mark that ends them, over the line ends of a program that wraps long lines. */
const piecesOf = (text: string) =>
  text.replace(/(?<=[^\n]{50})(?<![.!?。！？:])\n(?=[^\n])/gu, ' ').match(/[^.!?。！？\n]+[.!?。！？]*/gu) ??
  []

const asks = /[?？]|[すうんたのいる]か[。！]*\s*$/u
/**
 * A question that brings the words of the answer: after a verb of saying, a colon or in quotation marks, or with
 * nothing to ask but whether they are right. What somebody wants to be told (`tell me when …`) does not count.
 */
const dictates = new RegExp(
  [
    String.raw`:(?!\d)|["“„«「『][^"“”»」』]{12,}`,
    String.raw`(?<!\p{L})(?:tell|say|write|confirm|state|reply|respond|answer|assure|promise|repeat|agree|acknowledge)(?!\p{L})(?! (?:me |us )?(?:if|whether|when|where|what|which|who|how|why)(?!\p{L}))`,
    String.raw`(?<!\p{L})(?:sag|schreib|bestätig|antwort|versprech|versprich|wiederhol|zusag|erklär|mitteil)\p{L}*(?!\p{L})(?!,? (?:ob|wann|wo|was|welche\p{L}*|wer|wie|warum)(?!\p{L}))|versichern`,
    String.raw`(?<!\p{L})(?:écri[rstv]|confirm|répond|répét|assur|promet|affirm|conferm|scriv|rispond|ripet|assicur|escrib|respond|repit|repet|asegur|bevestig|schrijf|schrijv|antwoord|herhaal|beloof|belov|verklaar)\p{L}*`,
    String.raw`(?<!\p{L})(?:dire|dites|dis|decir\p{L}*|diga|di|digan|dirmi|dica|zeg|zeggen) (?:que|qu[’']|che|dat)`,
    'と(?:書|言|伝|返|答|回答|確認|約束|明記)',
    // The sender speaks for the owner.
    String.raw`(?:(?<!\p{L})(?:that|dass|que|qu[’']|che|dat) ?|, ?|^[^\p{L}]*)(?:we|wir|nous|nosotros|noi|wij)(?!\p{L})`,
    String.raw`^[^\p{L}]*(?!pod|ten|deb|neces|quer|pens|poss|vogl|dobb|abb|v[eio]n)\p{L}+(?:[aei]mos|iamo)(?!\p{L})`,
    '当店|弊社|当社|当方|私ども',
    `, ?(?:(?:is that |isn['’]t it |all )?(?:right|ok|okay|yes|correct|true|agreed|deal)|isn['’]t it|oder|richtig|ja|nicht wahr|stimmt['’]?s|oui|non|d[’']accord|n[’']est-ce pas|verdad|vale|de acuerdo|sí|no|vero|giusto|sì|d[’']accordo|toch|klopt dat|hè) ?[?？]`,
  ].join('|'),
  'iu',
)
/** More words are no question that an answer has to take up. */
const longestQuestion = { words: 30, characters: 90 }

/** Both sides use the same courtesies; without room for anything else in them. */
const courtesies = [
  /^\s*(?:いつも)?(?:大変)?お世話になって(?:おり|い)ます[。]?\s*$/u,
  /^\s*(?:どうぞ|何卒)?(?:よろしく|宜しく)お(?:願|ねが)い(?:いた|致|申し上げ)?(?:し)?ます[。]?\s*$/u,
  /^\s*(?:je vous prie|nous vous prions|veuillez) (?:d[’'])?(?:agréer|recevoir|croire|accepter),?(?: (?:chère?s?|madame|monsieur|mesdames|messieurs|et|ou),?){0,4} (?:à )?(?:l[’'](?:expression|assurance) de )?(?:mes|nos|ma|toute ma)(?: (?:salutations|sentiments|considération|les|plus|meilleure?s|distinguée?s?|respectueux|respectueuses|cordiales|cordiaux|dévoués|haute|sincères)){1,6}\.?\s*$/iu,
]

const isCourtesy = (piece: string) => courtesies.some((formula) => formula.test(piece))

/** Languages in which a question has other words or another order than the statement. */
const inverts: ReadonlySet<string> = new Set(['en', 'de', 'nl', 'sv', 'da'])

const textOf = (tokens: readonly string[]) => ` ${tokens.join(' ')} `

/**
 * What the sender may have dictated: without courtesies and questions, for the answer to `Can I pay by card?` has its
 * words. A question that the reply repeats as a whole is an echo, and stays.
 */
function dictation(mail: string, repeats: readonly string[]): string {
  const stays = (piece: string) => {
    if (isCourtesy(piece)) return false
    if (!asks.test(piece) || dictates.test(piece)) return true
    const tokens = tokensOf(piece)
    const most = joined.test(piece) ? longestQuestion.characters : longestQuestion.words
    return tokens.length > most || repeats.some((text) => text.includes(textOf(tokens)))
  }
  return piecesOf(mail).filter(stays).join('\n')
}

/**
 * @param given what the owner vouches for: words that also appear there are not a repetition of the mail
 * @param isPart the draft is one sentence of a reply: one that is too short, such as a greeting, repeats nothing
 */
export function parrots(draft: string, mail: string, given: readonly string[], isPart = false): boolean {
  const pieces = piecesOf(draft)
  const tokens = tokensOf(pieces.filter((piece) => !isCourtesy(piece)).join('\n'))
  const single = joined.test(tokens.join('')) ? tokens.filter((token) => joined.test(token)).length : 0
  const wanted = single > tokens.length / 2 ? repeated.characters : repeated.words
  const length = Math.min(tokens.length, wanted)
  if (length === 0 || (isPart && length < wanted)) return false
  const said = new Set(tokens)
  // A statement may have all words of a question in other languages.
  const echoes = inverts.has(languageOf(mail).language) ? [draft] : pieces.filter((piece) => asks.test(piece))
  const repeats = echoes.map((text) => textOf(tokensOf(text)))
  const plain = mail.replace(markup, ' ')
  const known = new Set(runsAmong(said, tokensOf(dictation(mail, repeats)), length))
  if (plain !== mail)
    for (const run of runsAmong(said, tokensOf(dictation(plain, repeats)), length)) known.add(run)
  if (known.size === 0) return false
  const runs = runsOf(tokens, length)
  if (shareOf(known, runs, length, tokens.length) < leastShare) return false
  for (const text of given) for (const run of runsAmong(said, tokensOf(text), length)) known.delete(run)
  return shareOf(known, runs, length, tokens.length) >= leastShare
}

/** Share of a reply's tokens that belong to known runs. @param length of a run */
function shareOf(
  known: ReadonlySet<string>,
  runs: readonly string[],
  length: number,
  tokens: number,
): number {
  const covered = new Set<number>()
  for (const [at, run] of runs.entries())
    if (known.has(run)) for (let within = at; within < at + length; within++) covered.add(within)
  return covered.size / tokens
}
