/** Detects the language of a text: by script, then by its most common words. */
import { memoized } from '../../base/lru.ts'

const scripts: readonly [RegExp, string][] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 'ja'],
  [/\p{Script=Hangul}/gu, 'ko'],
  [/\p{Script=Han}/gu, 'zh'],
  [/\p{Script=Arabic}/gu, 'ar'],
  [/\p{Script=Hebrew}/gu, 'he'],
  [/\p{Script=Greek}/gu, 'el'],
  [/\p{Script=Thai}/gu, 'th'],
  [/\p{Script=Devanagari}/gu, 'hi'],
  [/\p{Script=Cyrillic}/gu, 'ru'],
]

const stopWords: Readonly<Record<string, string>> = {
  en: 'the and is are you your to of in for it that this with have has was not my me we please can could would will from on at be an as if what when do how',
  de: 'der die das und ist nicht ich sie wir mit ein eine einen zu den dem auf für von haben habe hat wurde wird bitte ihr ihre ihren mein meine auch noch wie wann kann können sich bei nach aus oder in',
  fr: 'le la les des et est un une de en vous nous je que qui dans pour pas sur avec ce cette mon ma mes votre vos du au aux merci être avez avons bonjour il elle ne se',
  es: 'el la los las y es un una que en de del por para con no mi mis su sus usted me se lo al como gracias está hola tengo pero muy este esta puedo quiero',
  it: 'il la le in gli della delle di che è un una per non con sono mi mio vi voi grazie questo questa ho alla nel buongiorno vorrei anche come',
  pt: 'os as um uma de do da dos das que não para com por meu minha você obrigado obrigada está em no na se muito olá como mais',
  nl: 'de het een en in van ik je niet is dat op te zijn voor met u uw mijn wij naar heb kan aan bij hoe wanneer maar ook deze graag',
  sv: 'och att det som en är jag inte för med på har ni vi min kan av till om hej tack när den ett',
  da: 'og at det som en er jeg ikke til med på har vi min kan af om hej tak når den et jer',
  pl: 'nie się na jest że do to jak ale czy w z od dla proszę dzień dobry moje mam co przez po',
  tr: 've bir bu için ile değil mi ben siz çok olarak teşekkür lütfen nasıl ne var merhaba',
}

/** Primary tags that languageOf can distinguish: any other language is mistaken for one of them. */
export const toldApart: ReadonlySet<string> = new Set([
  ...scripts.map(([, language]) => language),
  'uk',
  ...Object.keys(stopWords),
])

const languagesOf = new Map<string, string[]>()
for (const [language, words] of Object.entries(stopWords)) {
  for (const word of words.split(' ')) languagesOf.set(word, [...(languagesOf.get(word) ?? []), language])
}

export function isStopWord(word: string): boolean {
  return languagesOf.has(word)
}

/** Number of characters examined: enough to be certain, however long the mail. */
const enough = 3000

/** A BCP 47 tag; `und` if undecidable. Words shared by few languages weigh more. */
export function languageOf(text: string): { language: string; confidence: number } {
  const sample = text.slice(0, enough).replace(/\S*(?:@|:\/\/)\S*/g, ' ')
  if (!/\p{L}/u.test(sample)) return { language: 'und', confidence: 0 }
  const byScript = /[\u0370-\uffff]/.test(sample) ? languageOfScript(sample) : null
  if (byScript !== null) return { language: byScript, confidence: 0.98 }
  const scores = new Map<string, number>()
  for (const word of sample.toLowerCase().match(/\p{L}+/gu) ?? []) {
    const languages = languagesOf.get(word) ?? []
    for (const language of languages) scores.set(language, (scores.get(language) ?? 0) + 1 / languages.length)
  }
  const [first, second] = [...scores].sort(([, one], [, other]) => other - one)
  if (!first) return { language: 'und', confidence: 0.1 }
  return {
    language: first[0],
    confidence: Math.min(0.98, (first[1] - (second?.[1] ?? 0)) / (first[1] + 1) + 0.2),
  }
}

/** The language of a script that is not Latin, if enough of the letters belong to it. */
function languageOfScript(sample: string): string | null {
  const letters = sample.match(/\p{L}/gu)?.length ?? 0
  for (const [script, language] of scripts) {
    const share = (sample.match(script)?.length ?? 0) / letters
    // Japanese mixes kana with Han characters, so a little kana decides.
    if (share > (language === 'ja' ? 0.1 : 0.3)) return variant(language, sample)
  }
  return null
}

function variant(language: string, sample: string): string {
  return language === 'ru' && /[іїєґ]/i.test(sample) ? 'uk' : language
}

const languages = new Intl.DisplayNames(['en'], { type: 'language' })

/** The English name of a BCP 47 tag; the tag itself if it has none. */
export const languageName = memoized((tag) => {
  try {
    return languages.of(tag) ?? tag
  } catch {
    return tag
  }
})
