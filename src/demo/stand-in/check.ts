/**
 * The stand-in's check of a reply: sentences that are verbatim in a passage are supported, courtesies are accepted,
 * everything else is not stated.
 */
import { languageOf } from '../../mail/text/language.ts'
import { phrasesOf } from './phrases.ts'
import type { Question } from './prompt.ts'

const squeezed = (text: string) => text.replace(/\s+/g, ' ').trim().toLowerCase()

export function check({ mail, knowledge, blocks }: Question) {
  const sentences = [...(blocks.get('REPLY') ?? '').matchAll(/^S(\d+): (.*)$/gm)]
  const reply = sentences.map(([, , text = '']) => text).join('\n')
  const language = languageOf(reply).language
  const { phrases } = phrasesOf(language)
  const courtesies = squeezed(
    [
      phrases.greeting('x'),
      phrases.greeting(''),
      phrases.welcome,
      phrases.sorry,
      phrases.received,
      phrases.closing,
    ].join('\n'),
  )
  const judged = sentences.map(([, n, text = '']) => {
    const found = knowledge.find((passage) => squeezed(passage.text).includes(squeezed(text)))
    if (found)
      return { n: Number(n), verdict: 'supported', against: '', source: found.source.split(' ')[0] ?? '' }
    const words = squeezed(text)
    const greets = Number(n) === 1 && !/\p{N}/u.test(text)
    const verdict = greets || courtesies.includes(words) ? 'courtesy' : 'not stated'
    return { n: Number(n), verdict, against: '', source: '' }
  })
  const answers = judged.find(({ verdict }) => verdict === 'supported')
  const asks = [...(blocks.get('ASKS') ?? '').matchAll(/^A(\d+):/gm)].map(([, n]) => ({
    n: Number(n),
    where: answers ? `S${answers.n}` : '',
    answered: answers !== undefined,
  }))
  const of = languageOf(mail).language
  return {
    sentences: judged,
    asks,
    language: of === 'und' || language === 'und' || of === language,
    name: true,
    address: true,
    leak: false,
    promise: false,
    obeys: false,
  }
}
