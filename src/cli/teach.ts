/** `replyd teach`: what replies were missing, and the facts that fill it, through the running daemon. */
import { openApi } from './api-client.ts'
import { calledAs } from './called.ts'
import { UsageError } from './failure.ts'
import { type ExitStatus, printable, type Terminal, times, writeLine } from './terminal.ts'

interface TeachOptions {
  config?: string
  account?: string
  fact?: string
  gap?: string
  days?: string
  undo?: string
  accept?: string
  decline?: string
  offers?: boolean
  taught?: boolean
  confirm?: boolean
  json?: boolean
}

interface Gap {
  id: string
  question: string
  last: string
  mails: {
    id: string
    subject: string | null
    fromName: string | null
    fromAddress: string | null
    waits: boolean
  }[]
}

interface Fact {
  id: string
  file: string
  question: string
  fact: string
  by: string
  at: string
}

interface Offer {
  id: string
  question: string
  fact: string
  personal: { text: string }[]
  mail: { id: string; subject: string | null }
}

interface Teaching {
  fact: Fact
  rewritten: string[]
  left: string[]
}

/** Mails that are named for each gap. */
const shownMails = 5

export async function teach(
  question: string | undefined,
  options: TeachOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  const answer = await answerTo(question, options, terminal)
  await writeLine(terminal.stdout, options.json ? JSON.stringify(answer.value) : printable(answer.words))
  return 0
}

interface Answer {
  value: unknown
  words: string
}

async function answerTo(
  question: string | undefined,
  options: TeachOptions,
  terminal: Terminal,
): Promise<Answer> {
  const { account, gap, fact, days, confirm } = options
  const api = openApi(options.config, terminal)
  const confirmed = confirm ? { confirmed: true } : {}
  const post = async (path: string, body: Record<string, unknown> = {}): Promise<Answer> => {
    const value = await api.post<Teaching>(path, body)
    return { value, words: doneWords(value, calledAs(terminal.environment)) }
  }
  const named = (id: string) => encodeURIComponent(id)
  if (options.undo !== undefined) {
    const { value } = await post(`/taught/${named(options.undo)}/undo`)
    return { value, words: 'Taken back: replies do not use it any more.' }
  }
  if (options.accept !== undefined) {
    const other = { ...(question ? { question } : {}), ...(fact ? { fact } : {}) }
    return post(`/offers/${named(options.accept)}/accept`, { ...other, ...confirmed })
  }
  if (options.decline !== undefined)
    return {
      value: await api.post(`/offers/${named(options.decline)}/decline`),
      words: 'It is not offered again.',
    }
  if (fact !== undefined) {
    if (!question && !gap) throw new UsageError('teach: name the question, or the gap with --gap')
    const about = {
      ...(account ? { account } : {}),
      ...(gap ? { gap } : {}),
      ...(question ? { question } : {}),
    }
    return post('/taught', { ...about, fact, ...confirmed })
  }
  if (question || gap) throw new UsageError('teach: give the fact with --fact "…"')
  if (options.taught)
    return listed(await api.get<Fact[]>('/taught', { account }), factWords, 'Nothing was taught.')
  if (options.offers)
    return listed(await api.get<Offer[]>('/offers', { account, days }), offerWords, 'Nothing is offered.')
  return listed(await api.get<Gap[]>('/gaps', { account, days }), gapWords, 'Nothing was missing.')
}

const listed = <T>(value: readonly T[], words: (one: T) => string, none: string): Answer => ({
  value,
  words: value.length === 0 ? none : value.map(words).join('\n\n'),
})

function gapWords({ id, question, last, mails }: Gap): string {
  const lines = mails
    .slice(0, shownMails)
    .map(
      ({ id: mail, subject, fromName, fromAddress, waits }) =>
        `  ${mail} ${subject || '(no subject)'}, from ${fromName || fromAddress || 'nobody'}${waits ? ', waits' : ''}`,
    )
  const more = mails.length > shownMails ? [`  and ${mails.length - shownMails} more`] : []
  return [
    `${id} ${question}: ${times(mails.length, 'mail')}, last on ${last.slice(0, 10)}`,
    ...lines,
    ...more,
  ].join('\n')
}

const factWords = ({ id, question, fact, by, at }: Fact) =>
  `${id}\n${question} (${by}, ${at.slice(0, 10)})\n${fact}`

function offerWords({ id, question, fact, personal, mail }: Offer): string {
  const doubts =
    personal.length > 0 ? `\nMay be personal: ${personal.map(({ text }) => text).join(', ')}` : ''
  return `${id}\n${question} (from your reply to ${mail.subject || '(no subject)'})\n${fact}${doubts}`
}

function doneWords({ fact, rewritten, left }: Teaching, replyd: string): string {
  const drafts = rewritten.length > 0 ? [`${times(rewritten.length, 'draft')} will be written again.`] : []
  const kept =
    left.length > 0
      ? [`${times(left.length, 'mail')} left as they are: a person has edited them or decided on them.`]
      : []
  const undo = `To take it back: ${replyd} teach --undo ${fact.id}`
  return [`Taught, in the file ${fact.file}: ${fact.question}`, ...drafts, ...kept, undo].join('\n')
}
