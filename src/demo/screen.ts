/**
 * The demo's output: pure functions from events to lines of text. Subjects and names are strangers' words, so only
 * printable characters reach the terminal.
 */
import { cutToWidth, type Paint, padTo, painter, unbroken, wrapped } from '../base/columns.ts'
import { type Disposition, outcomeOf } from '../base/dispositions.ts'
import { decisionWords, type Reason, sentenceOf } from '../base/reasons.ts'
import type { Sentiment, SpamKind } from '../base/verdicts.ts'
import { oneLine, severalLines } from '../model/prompts/fields.ts'

export { usesColour } from '../base/columns.ts'

interface ScreenStyle {
  colour: boolean
  /** Width of the terminal in columns. */
  columns: number
}

/** A decided mail. Judgements are null if no model was asked. */
export interface DecidedMail {
  messageId: string
  subject: string
  /** Name and address as decoded from the header. */
  from: string
  disposition: Disposition
  reason: Reason
  spam: { is: boolean; kind: SpamKind; confidence: number } | null
  sentiment: { label: Sentiment; intensity: number } | null
  /** BCP 47. */
  language: string | null
}

export interface Opening {
  /** Name of the model that answers. */
  model: string
  /** Host of the model; null for the offline stand-in. */
  modelHost: string | null
  address: string
  imap: { host: string; port: number }
  mails: number
  /** Address of the review page. */
  review: string | null
}

/** A mail with the reply that was written to it. */
export interface AnsweredMail extends DecidedMail {
  /** New text of the mail. */
  text: string
  draft: string
  /** Of the knowledge folder. */
  sources: readonly { file: string; heading: string }[]
}

export interface Summary {
  dispositions: readonly Disposition[]
  calls: number
  inputTokens: number
  outputTokens: number
  /** US dollars actually paid, 0 for the stand-in. */
  cost: number
  /** What the same tokens cost at a real model's list price; null if that is what was paid. */
  listPrice: { model: string; cost: number } | null
  durationMs: number
  /** Address of the review page while it is up, otherwise null. */
  review: string | null
  /** What a command needs to connect; null if nothing is running. */
  access: Access | null
}

export interface Access {
  url: string
  token: string
  /** Of the mail that was shown in full; null if none was. */
  shownId: string | null
  /** How replyd is called here. */
  replyd: string
}

/** The page first, then which model answers: nobody should mistake the stand-in's rules for a model. */
export function openingLines(opening: Opening, style: ScreenStyle): string[] {
  const { model, modelHost, address, imap, mails, review } = opening
  const paint = painter(style.colour)
  const voice =
    modelHost === null
      ? [
          `The model is an offline stand-in (${model}) that follows simple rules.`,
          'Set OPENAI_API_KEY to use a real model.',
        ]
      : [`The model is ${model} at ${modelHost}.`, 'OPENAI_API_KEY is set: its calls cost money.']
  const page = review === null ? [] : [`Review page: ${paint.bold(review)}`, '']
  const leaves = modelHost === null ? 'Nothing' : 'Nothing but the calls to the model'
  return [
    ...page,
    ...voice,
    `The mailbox is ${address} on ${imap.host}:${imap.port}, in memory.`,
    `${leaves} leaves this machine.`,
    `${mails} sample mails arrive now.`,
    '',
  ]
}

const colours: Readonly<Partial<Record<Disposition, keyof Paint>>> = {
  drafted: 'green',
  sent: 'green',
  filed: 'red',
  marked: 'red',
  failed: 'red',
  uncertain: 'red',
  held: 'yellow',
  approved: 'yellow',
  pending: 'yellow',
}

/** Two lines: sender and subject; then outcome, reason and judgement. */
export function mailLines(mail: DecidedMail, number: number, total: number, style: ScreenStyle): string[] {
  const paint = painter(style.colour)
  const width = String(total).length
  const counter = `${String(number).padStart(width)}/${total}`
  const indent = ' '.repeat(counter.length + 2)
  const room = Math.max(20, style.columns - indent.length)
  const who = shownName(mail.from)
  const head = cutToWidth(`${who}: ${oneLine(mail.subject, 300) || '(no subject)'}`, room)
  const outcome = paint[colours[mail.disposition] ?? 'plain'](decisionWords(mail.disposition, mail.reason))
  const judged = judgement(mail)
  return [
    `${paint.dim(counter)}  ${paint.bold(head)}`,
    `${indent}${outcome}`,
    ...(judged === '' ? [] : [`${indent}${paint.dim(judged)}`]),
  ]
}

function judgement({ spam, sentiment, language }: DecidedMail): string {
  const percent = (share: number): string => `${Math.round(share * 100)} %`
  const words = [
    spam &&
      (spam.is
        ? `spam (${spam.kind}, ${percent(spam.confidence)})`
        : `not spam (${percent(spam.confidence)})`),
    sentiment &&
      (sentiment.label === 'neutral' ? 'neutral' : `${sentiment.label} (${percent(sentiment.intensity)})`),
    language && `language ${oneLine(language, 35)}`,
  ]
  return words.filter(Boolean).join(', ')
}

/** The name, otherwise the address. */
function shownName(from: string): string {
  const line = oneLine(from, 200)
  const name = line
    .replace(/<[^>]*>\s*$/, '')
    .replace(/^\s*"|"\s*$/g, '')
    .trim()
  return name || line.replace(/[<>]/g, '') || '(no sender)'
}

export function summaryLines(summary: Summary, style: ScreenStyle): string[] {
  const { dispositions, calls, inputTokens, outputTokens, durationMs, review, access } = summary
  const paint = painter(style.colour)
  const counts = new Map<Disposition, number>()
  for (const disposition of dispositions) counts.set(disposition, (counts.get(disposition) ?? 0) + 1)
  const rows: [string, string][] = [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([disposition, count]) => [outcomeOf(disposition), String(count)])
  rows.push(
    ['mails', String(dispositions.length)],
    ['calls to the model', String(calls)],
    ['tokens in', grouped(inputTokens)],
    ['tokens out', grouped(outputTokens)],
    ['cost', costWords(summary)],
    ['time', `${(durationMs / 1000).toFixed(1)} s`],
  )
  const left = Math.max(...rows.map(([label]) => label.length))
  const table = rows.map(([label, value]) => `  ${padTo(label, left)}  ${value}`)
  const page =
    review === null
      ? []
      : [
          '',
          `See them all: ${paint.bold(review)}`,
          `Write a mail to it: ${paint.bold(new URL('/demo', review).href)}`,
          ...(access === null ? [] : commandLines(access)),
          'Ctrl+C ends the demo.',
        ]
  return ['', paint.bold('Summary'), ...table, ...page, '', `Now yours: ${paint.bold('npx replyd init')}`]
}

/** Commands to type exactly as they are. */
const commandLines = ({ url, token, shownId, replyd }: Access): string[] => [
  '',
  'Or with commands, in another terminal in this folder:',
  `  export REPLYD_URL=${url}`,
  `  export REPLYD_TOKEN=${token}`,
  `  ${replyd} replies list`,
  ...(shownId === null ? [] : [`  ${replyd} replies approve ${shownId}`]),
  '',
]

/** A text with a bar in front of each line. */
export function letterLines(text: string, style: ScreenStyle): string[] {
  const columns = Math.min(76, style.columns - 4)
  const bar = painter(style.colour).dim('│')
  return wrapped(unbroken(severalLines(text, 4000)), columns).map((line) => `  ${bar} ${line}`.trimEnd())
}

/** One mail with its draft, and why it is a draft. */
export function answeredLines(mail: AnsweredMail, style: ScreenStyle): string[] {
  const paint = painter(style.colour)
  const places = [
    ...new Set(mail.sources.map(({ file, heading }) => (heading ? `${file} (${heading})` : file))),
  ]
  const from =
    places.length === 0
      ? []
      : wrapped(`Sources: ${places.map((place) => oneLine(place, 80)).join(', ')}`, style.columns)
  return [
    '',
    paint.bold('One of them in full'),
    cutToWidth(`${shownName(mail.from)} wrote: ${oneLine(mail.subject, 300)}`, style.columns),
    ...letterLines(mail.text, style),
    '',
    'The draft:',
    ...letterLines(mail.draft, style),
    '',
    ...wrapped(`Why it is a draft: ${sentenceOf(mail.reason)}`, style.columns),
    ...from,
  ]
}

function costWords({ cost, listPrice }: Summary): string {
  const dollars = (amount: number): string => `$${amount.toFixed(amount >= 0.1 ? 2 : 5)}`
  if (listPrice === null) return dollars(cost)
  return `nothing (${dollars(listPrice.cost)} with ${listPrice.model} at its list price)`
}

const grouped = (amount: number): string => String(Math.round(amount)).replace(/(?<=\d)(?=(?:\d{3})+$)/g, ',')

/** One line of `--json`. Judgements are null for mail that no model was asked about. */
export function jsonLine({
  messageId,
  subject,
  from,
  disposition,
  reason,
  spam,
  sentiment,
  language,
}: DecidedMail): string {
  const judged = { spam: spam?.is ?? null, sentiment: sentiment?.label ?? null, language }
  return JSON.stringify({ messageId, subject, from, disposition, reason, ...judged })
}
