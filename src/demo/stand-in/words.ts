/** The stand-in's vocabulary, in English, German, French, Spanish and Japanese. Weights are deliberately rough. */

/**
 * A text as words in lower case; keeps punctuation that ends a clause, so that a negation does not reach across it.
 */
export interface Words {
  list: readonly string[]
  lower: string
  /** Has characters of a script without word borders. */
  cjk: boolean
}

export function wordsOf(text: string): Words {
  const lower = text.toLowerCase().replace(/’/g, "'")
  const list = lower.match(/[\p{L}\p{N}]+(?:['-][\p{L}\p{N}]+)*|[.!?,;]|\n\s*\n/gu) ?? []
  return { list, lower, cjk: /[\u3040-\u30ff\u4e00-\u9fff]/.test(lower) }
}

export class WordList {
  /** First word of each phrase with the words that must follow. */
  readonly #phrases = new Map<string, string[][]>()
  readonly #stems = new Set<string>()
  readonly #stemLengths: number[]
  readonly #cjk: string[] = []

  /** @param words separated by commas; `*` at the end of a word stands for any ending */
  constructor(words: string) {
    for (const entry of words.split(',')) {
      const phrase = entry.trim().replace(/\s+/g, ' ')
      if (/[\u3040-\u30ff\u4e00-\u9fff]/.test(phrase)) this.#cjk.push(phrase)
      else if (/^[^ ]+\*$/.test(phrase)) this.#stems.add(phrase.slice(0, -1))
      else {
        const [first = '', ...rest] = phrase.match(/[\p{L}\p{N}]+(?:['-][\p{L}\p{N}]+)*\*?/gu) ?? []
        this.#phrases.set(first, [...(this.#phrases.get(first) ?? []), rest])
      }
    }
    this.#stemLengths = [...new Set([...this.#stems].map(({ length }) => length))]
  }

  /** Where in the list of words something was found, and what; -1 for scripts without word borders. */
  find({ list, lower, cjk }: Words): { at: number; found: string }[] {
    const hits: { at: number; found: string }[] = []
    for (const [at, word] of list.entries()) {
      const rest = this.#phrases
        .get(word)
        ?.find((rest) => rest.every((next, offset) => fits(list[at + 1 + offset], next)))
      if (rest) hits.push({ at, found: [word, ...rest].join(' ') })
      else if (
        this.#stemLengths.some((length) => word.length >= length && this.#stems.has(word.slice(0, length)))
      ) {
        hits.push({ at, found: word })
      }
    }
    if (cjk) for (const word of this.#cjk) if (lower.includes(word)) hits.push({ at: -1, found: word })
    return hits
  }

  count(words: Words): number {
    return this.find(words).length
  }
}

function fits(word: string | undefined, wanted: string): boolean {
  if (word === undefined) return false
  return wanted.endsWith('*') ? word.startsWith(wanted.slice(0, -1)) : word === wanted
}

export const negative = new WordList(`
  angry, annoyed, avoid, awful, bad, broke, broken, cancel*, complain*, damaged, defective, delay*, disappoint*, disgrace*, disgust*, fail*,
  faulty, frustrat*, furious, horrible, incompeten*, lied, lost, never again, nightmare, outrage*, overdue, poor, refuse*,
  ridiculous, rude, sadly, shocking, sick of, stopped working, still waiting, not working, doesn't work, does not work, terrible, unacceptable, unhappy, unprofessional, upset, useless, waste*, worst,
  wrong, ärger*, beschädigt, beschwer*, defekt, enttäusch*, falsch, frech*, kaputt, katastroph*, mangelhaft,
  reklamation, schlecht*, sauer, unfassbar, unmöglich, unverschämt*, unzumutbar, verärgert, wütend, abîmé*, cassé*,
  catastroph*, colère, déçu*, furieu*, honte*, inacceptable*, inadmissible*, lamentable*, mécontent*, nul, plainte,
  scandal*, cabread*, decepcion*, defectuos*, enfadad*, fatal, inaceptable*, indignad*, malo, mala, pésim*, queja*, rota,
  roto, vergüenza, 怒, 不満, 最悪, 残念, ひどい, 壊れ, 困って, がっかり, 不良品
`)

export const positive = new WordList(`
  amazing, appreciat*, awesome, best, brilliant, delicious, delighted, enjoy*, excellent, fabulous, fantastic, glad, good, grateful, great, happy,
  helpful, impressed, love*, lovely, nice, perfect*, pleased, satisfied, superb, thank*, thrilled, wonderful,
  ausgezeichnet*, begeistert, dank*, erfreut, freue*, großartig*, gut, gute, gutes, hervorragend*, hilfreich*, klasse,
  perfekt*, prima, schön, schöne, schönes, super, toll*, wunderbar*, zufrieden, agréable*, aimable*, bravo, content*, enchanté*,
  excellent*, formidable*, génial*, merci, parfait*, ravi*, remerci*, satisfait*, agradable*, agradec*, bueno, buena,
  contento, contenta, encantad*, estupend*, excelente*, feliz, fenomenal, genial*, gracias, maravillos*, perfecto*,
  satisfech*, ありがとう, 感謝, 嬉しい, うれしい, 素晴らしい, 満足, 助かりました, 気に入
`)

/** Words that negate the following ones. */
export const negators = new WordList(`
  not, no, never, isn't, wasn't, don't, didn't, doesn't, can't, cannot, won't, hardly, nicht, kein*, nie, niemals, pas,
  jamais, plus, ni, nunca, tampoco, sin, ohne, without, sans
`)

export const strong = new WordList(`
  absolutely, completely, extremely, totally, utterly, very, so, at all, ever, immediately, sehr, völlig, absolut,
  überhaupt, wirklich, très, vraiment, totalement, extrêmement, muy, totalmente, realmente, completamente, とても,
  本当に, 非常に, 大変
`)

export const thanks = new WordList(`
  thank you, thanks, thank-you, thx, cheers, much appreciated, danke, dank, dankeschön, merci, remercie, gracias,
  agradezco, ありがとう, 感謝, grazie, obrigado, obrigada, bedankt, tack
`)

/** The writer says that no answer is expected. */
export const noAnswerWanted = new WordList(`
  no need to reply, no need to answer, no reply needed, no reply necessary, no response needed, for your information,
  for your records, just letting you know, just to let you know, fyi, keine antwort nötig, keine antwort erforderlich,
  nur zur information, zur kenntnis, zur info, pour information, sans réponse, inutile de répondre, pas besoin de
  répondre, para su información, no hace falta responder, no es necesario responder, no requiere respuesta, 返信不要,
  ご返信には及びません, 返信は不要
`)

/** Words of an ask, without the question mark. */
export const asking = new WordList(`
  please, could you, can you, would you, will you, can i, could i, may i, i need, i want, i would like, i'd like,
  let me know, wondering, how do i, how can i, is it possible, are you able, why, waiting for, bitte, könnten sie,
  können sie, würden sie, ich möchte, ich hätte gern, ich brauche, ich bräuchte, wie kann ich, gibt es, teilen sie mir,
  veuillez, pourriez-vous, pouvez-vous, je voudrais, je souhaite*, j'aimerais, merci de, est-ce que, comment, por favor,
  podría*, puede*, quisiera, quiero, me gustaría, necesito, cómo, をお願い, お願いでき, お願いしたい, ください, 下さい, いただけます, でしょうか, ますか,
  ですか, 教えて, 希望
`)

export const urgent = new WordList(`
  urgent*, asap, immediately, right away, right now, today, emergency, at once, as soon as possible, deadline, by
  tomorrow, within 24 hours, final notice, dringend*, sofort, umgehend, heute noch, eilt, unverzüglich, frist, urgence,
  immédiatement, aujourd'hui, au plus vite, dès que possible, délai, urgencia, inmediatamente, cuanto antes, hoy mismo,
  de inmediato, 至急, 緊急, 急いで, 今日中, 本日中
`)

export const legal = new WordList(`
  lawyer, attorney, solicitor, legal action, court, sue, consumer protection, chargeback, trading standards, anwalt*,
  rechtsanwalt*, gericht, verbraucherzentrale, avocat*, tribunal, mise en demeure, abogad*, demanda, consumo, 弁護士,
  消費者センター, 訴え
`)

/** A person talks about their own matter. */
export const personal = new WordList(`
  i, i'm, i've, my, me, we, our, ich, mir, mein, meine, meinen, meinem, meiner, wir, unser*, je, j'ai, mon, ma, mes,
  nous, notre, yo, mi, mis, he, hemos, nuestro*, 私, わたし, 当方, 弊社
`)
