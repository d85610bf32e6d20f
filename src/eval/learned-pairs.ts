/** Questions and the owner's answers, from sent mail, without anything that concerns only one person. */
import { personalMatter, withoutPersonal } from '../check/personal.ts'
import { greetingTemplate } from '../compose/greeting.ts'
import { bareId } from '../imap/search.ts'
import { grouped } from '../knowledge/alike.ts'
import type { Learned, LearnedAnswer } from '../knowledge/learned.ts'
import { mailboxes } from '../mail/correspondents.ts'
import { firstField } from '../mail/message.ts'
import { isClosing } from '../mail/reply/sign-off.ts'
import { sentencesOf } from '../mail/text/sentences.ts'
import { visibleText } from '../mail/text/visible.ts'
import type { Answered } from './past-mail.ts'

export interface Pair {
  question: string
  answer: string
  at: Date
  /** Message-ID of the answer, without brackets. */
  id: string
}

/** UTF-16 units. */
const longest = { question: 200, answer: 2_000 } as const
const shortestAnswer = 15
/** Minimum cosine at which two answers with the same figures and names count as the same. */
const sameAnswer = 0.6
/** Lines at the end of a mail that may be its closing. */
const closingLines = 4

/**
 * Null if nothing is left that could be told to others.
 * @param own the owner's names, addresses and published texts
 */
export function pairOf({ original, answer }: Answered, own: readonly string[]): Pair | null {
  const id = firstField(answer.message, 'message-id')
  const people = mailboxes(original.message, 'from').flatMap(({ name, address }) => [name, address])
  const known = { own, people }
  const said = impersonal(bodyOf(answer), (text) => personalMatter(text, known).length === 0)
  if (id === null || said.length < shortestAnswer) return null
  const asked = questionOf(original)
  const question = withoutPersonal(asked, personalMatter(asked, known)).slice(0, longest.question).trim()
  if (!/\p{L}{2}/u.test(question)) return null
  return { question, answer: said.slice(0, longest.answer), at: answer.at, id: bareId(id) }
}

/** The author's questions; the subject if they asked none. */
function questionOf({ message }: Answered['original']): string {
  const asked = sentencesOf(visibleText(message).text).filter((sentence) => /[?？]$/.test(sentence))
  const subject = (firstField(message, 'subject') ?? '').replace(
    /^(?:\s*(?:re|aw|fwd?|wg|sv|tr|rv|antw?)\s*:)+\s*/i,
    '',
  )
  return asked.length > 0 ? asked.slice(0, 2).join(' ') : subject
}

/** New text without greeting and closing, by paragraph. */
function bodyOf({ message }: Answered['answer']): string[] {
  const lines = visibleText(message).text.split('\n')
  const first = lines.findIndex((line) => line.trim() !== '')
  const alone = (lines[first + 1] ?? '').trim() === ''
  const greets =
    first >= 0 && greetingTemplate([(lines[first] ?? '').trim(), alone], mailboxes(message, 'to')) !== null
  const rest = lines.slice(greets ? first + 1 : 0)
  const tail = Math.max(0, rest.length - closingLines)
  const closing = rest.findIndex((line, at) => at >= tail && isClosing(line.trim()))
  return (closing < 0 ? rest : rest.slice(0, closing)).join('\n').split(/\n\s*\n/)
}

/** Sentences that concern one person are omitted entirely: without its number, such a sentence says nothing. */
function impersonal(paragraphs: readonly string[], isImpersonal: (sentence: string) => boolean): string {
  return paragraphs
    .map((paragraph) => {
      const unwrapped = /^\s*(?:[-*•]|\d+[.)])\s/m.test(paragraph) ? paragraph : paragraph.replace(/\n/g, ' ')
      return sentencesOf(unwrapped).filter(isImpersonal).join(' ')
    })
    .filter((paragraph) => paragraph !== '')
    .join('\n\n')
    .trim()
}

/** By question; most often asked first. Different answers to one question are a conflict, the newest first. */
export function learnedFrom(pairs: readonly Pair[]): Learned[] {
  const newestFirst = [...pairs].sort((one, other) => other.at.getTime() - one.at.getTime())
  return grouped(newestFirst, ({ question }) => question)
    .map((members): Learned => {
      const answers = grouped(members, ({ answer }) => answer, sameAnswer).map(answerOf)
      const [{ question }] = members as [Pair, ...Pair[]]
      const others = [...new Set(members.map((each) => each.question))].filter((each) => each !== question)
      return { question, others: others.slice(0, 5), answers, mails: members.map(({ id }) => id) }
    })
    .sort((one, other) => other.mails.length - one.mails.length)
}

/** In the words of the newest answer. */
function answerOf(members: readonly Pair[]): LearnedAnswer {
  const [newest, oldest] = [members[0], members.at(-1)] as [Pair, Pair]
  const day = ({ at }: Pair) => at.toISOString().slice(0, 10)
  return { text: newest.answer, from: day(oldest), to: day(newest), times: members.length }
}
