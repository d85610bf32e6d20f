/** The stand-in's verdict on a mail: rules and word lists instead of understanding. */
import type { Verdict } from '../../base/verdicts.ts'
import { languageOf } from '../../mail/text/language.ts'
import { asksOf } from './compose.ts'
import { nameOf, type Question } from './prompt.ts'
import { hundredths, sentimentOf } from './sentiment.ts'
import { isManipulation, suspicionOf } from './suspicion.ts'
import { asking, legal, noAnswerWanted, personal, thanks, urgent, type Words, wordsOf } from './words.ts'

/** Only the beginning is read: it contains what matters, and a mail of megabytes costs no more than a letter. */
const readCharacters = 6000

/** From this score on a mail is called spam. */
const spamScore = 3

export function triage(question: Question): Verdict {
  const { facts } = question
  const subject = facts.get('subject') ?? ''
  const mail = question.mail.slice(0, readCharacters)
  const text = `${subject}\n${mail}`
  const words = wordsOf(text)
  const { language, confidence: languageConfidence } = languageOf(mail.trim() === '' ? subject : mail)
  const sentiment = sentimentOf(words, text)
  const urgency = urgencyOf(words, sentiment)
  const suspicion = suspicionOf(text, words, {
    urgent: urgency > 1,
    authentication: facts.get('authentication') ?? '',
    attachments: facts.get('attachments') ?? '',
  })
  const { score } = suspicion
  const spam = score >= spamScore
  const asks = spam ? [] : asksOf(mail)
  return {
    asks,
    search: asks.map((ask) => ask.slice(0, 100)),
    spam: {
      is: spam,
      kind: spam ? suspicion.kind : 'none',
      confidence: hundredths(spam ? Math.min(0.99, 0.6 + 0.08 * score) : 0.97 - 0.12 * score),
    },
    sentiment,
    language,
    category: categoryOf(text, question.categories),
    urgency: spam ? 0 : urgency,
    needs_reply: !spam && needsReply(wordsOf(mail), sentiment),
    manipulation: isManipulation(text) || facts.has('hidden text'),
    payment_change: false,
    summary: summaryOf(facts.get('from') ?? '', subject, mail),
    confidence: hundredths(Math.min(0.95, 0.6 + languageConfidence / 4 + Math.abs(score - spamScore) / 20)),
  }
}

function urgencyOf(words: Words, sentiment: Verdict['sentiment']): number {
  const pressing = urgent.count(words)
  if (sentiment.label !== 'positive' && legal.count(words) > 0) return pressing > 0 ? 3 : 2
  if (pressing > 0) return pressing >= 3 ? 3 : 2
  return sentiment.label === 'negative' || isQuestion(words) ? 1 : 0
}

const isQuestion = ({ lower }: Words): boolean => /[?？]/.test(lower.replace(/https?:\S+/g, ''))

/** A question, a request, a complaint or a personal matter needs an answer; thanks and notices do not. */
function needsReply(words: Words, sentiment: Verdict['sentiment']): boolean {
  if (noAnswerWanted.count(words) > 0) return false
  if (isQuestion(words)) return true
  const requests = asking.count(words)
  const gratitude = thanks.count(words)
  if (sentiment.label === 'negative' || sentiment.label === 'mixed') return true
  if (gratitude > 0 && words.list.length < 120) return requests > gratitude
  return requests > 0 || personal.count(words) > 0
}

const stemsOf = (text: string): Set<string> =>
  new Set((text.toLowerCase().match(/\p{L}{4,}/gu) ?? []).map((word) => word.slice(0, 5)))

/** The category whose name and description share most words with the mail; otherwise `other`. */
function categoryOf(text: string, categories: Question['categories']): string {
  if (categories.length === 0) return 'other'
  const stems = stemsOf(text)
  let best = { name: 'other', shared: 0 }
  for (const { name, description } of categories) {
    const shared = [...stemsOf(`${name} ${description}`)].filter((stem) => stems.has(stem)).length
    if (shared > best.shared) best = { name, shared }
  }
  return best.name
}

/** The sender, and the first sentence after the salutation, at most 160 characters. */
function summaryOf(from: string, subject: string, mail: string): string {
  const who = nameOf(from) || /[^\s<>]+@[^\s<>]+/.exec(from)?.[0] || 'Unknown sender'
  const lines = mail.slice(0, 1000).split('\n')
  const filled = lines.map((line) => line.trim()).filter(Boolean)
  const [first = '', ...rest] = filled
  const body = (rest.length > 0 && first.length < 40 ? rest : filled).join(' ')
  const sentence = /^.+?(?:[.!?](?=\s|$)|[。！？])/u.exec(body)?.[0] ?? body
  const line = `${who}: ${sentence || subject}`.replace(/\s+/g, ' ')
  return line.length > 160 ? `${line.slice(0, 159)}…` : line
}
