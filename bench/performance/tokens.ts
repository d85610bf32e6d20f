/**
 * The cost of model calls on real mail, compared with a worker that sends the whole source twice (bench/naive.ts).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { composeMessages } from '../../src/compose/prompt.ts'
import { compose } from '../../src/demo/stand-in/compose.ts'
import { readQuestion } from '../../src/demo/stand-in/prompt.ts'
import { triage } from '../../src/demo/stand-in/triage.ts'
import { explainOctets, guessOwner } from '../../src/eval/explain.ts'
import { isSettled } from '../../src/guard/step.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { visibleText } from '../../src/mail/text/visible.ts'
import { costOf, countText, countTokens, prices } from '../../src/model/budget.ts'
import { mailFacts } from '../../src/model/prompts/mail-facts.ts'
import { loadPrompts, type PromptMail } from '../../src/model/prompts.ts'
import { boundsOf, score, train } from '../../src/triage/bayes.ts'
import { triageMessages } from '../../src/triage/prompt.ts'
import { spamTokens } from '../../src/triage/spam-tokens.ts'
import { type BenchOptions, type Figure, figure, median } from './figure.ts'

/** Parts of a triage question that these mails do not need. */
const plain = { thread: [], ownerName: null, asksLanguage: 'en', search: null }

const root = fileURLToPath(new URL('../../', import.meta.url))
const sets = ['spam', 'auto', 'human', 'reply', 'hostile', 'injection']
const salt = 'k3j9x2m7q1'
const price = prices['gpt-4o-mini'] as NonNullable<(typeof prices)[string]>
const categories = ['billing', 'shipping', 'technical', 'sales'].map((name) => ({
  name,
  description: `questions about ${name}`,
}))
const passage = 'You may send goods back within 30 days of delivery, unopened, with the order number. '
const passages = [1, 2, 3].map((part) => ({
  file: 'returns.md',
  heading: `Returns > Time limit ${part}`,
  text: passage.repeat(6),
}))

interface Counted {
  triageInput: number
  triageOutput: number
  composeInput: number
  composeOutput: number
  source: number
  /** The guard allows an answer, it is not spam, and the stand-in says that it wants an answer. */
  answered: boolean
  /** Whether the guard says that it is never answered: then the model judges only whether it is spam. */
  never: boolean
  /** Whether the guard alone says what it is (a bounce, a calendar's notice), so that no model is asked. */
  settled: boolean
  /** The label; null for sets that do not label spam. */
  spam: boolean | null
  tokens: string[]
}

/** The naive worker's question. Its answers are counted as long as replyd's. */
const naivePrompts = 40
const naiveVerdict = 25

async function count(octets: Buffer, spam: boolean | null): Promise<Counted> {
  const prompts = loadPrompts(join(root, 'prompts'))
  const message = parseOctets(octets)
  const known = {
    receivedAt: new Date('2026-11-24T05:30:00Z'),
    firstContact: true,
    guardReason: 'ok',
    writtenBefore: null,
    timeZone: 'UTC',
    businessHours: null,
  }
  const mail: PromptMail = {
    visibleText: visibleText(message).text,
    facts: mailFacts(message, guessOwner(message), known),
  }
  const asked = triageMessages({
    prompt: prompts.triage,
    mail,
    categories,
    ownerLanguage: 'en',
    ...plain,
    salt,
  })
  const verdict = triage(readQuestion(asked.messages))
  const written = composeMessages({
    prompt: prompts.compose,
    mail,
    verdict,
    thread: [],
    earlier: [],
    passages,
    style: null,
    instructions: 'We are a small shop.',
    corrections: [],
    ownerName: 'Acme Support',
    signature: 'signature' as const,
    ownerLanguage: 'en',
    canary: 'kite-7f3a9c2e51',
    salt,
  })
  const judgement = explainOctets('', octets, guessOwner(message), known.receivedAt)
  const never = judgement.decision === 'never'
  const answer = compose(readQuestion(written.messages))
  return {
    triageInput: await countTokens(asked.messages),
    triageOutput: await countText(JSON.stringify(verdict)),
    composeInput: await countTokens(written.messages),
    composeOutput: await countText(JSON.stringify(answer)),
    source: await countText(octets.toString('latin1')),
    answered: !never && spam !== true && verdict.needs_reply && !verdict.spam.is,
    never,
    settled: isSettled(judgement, true),
    spam,
    tokens: spamTokens(message),
  }
}

const dollars = (input: number, output: number): number => costOf({ input, cachedInput: 0, output }, price)

/** Dollars for a mail when nothing is known yet: triage unless the guard settles it, compose if a reply is wanted. */
const ours = (mail: Counted): number =>
  mail.settled
    ? 0
    : dollars(mail.triageInput, mail.triageOutput) +
      (mail.answered ? dollars(mail.composeInput, mail.composeOutput) : 0)

/** Two calls a mail. */
const naive = (mail: Counted): number =>
  dollars(mail.source + naivePrompts, naiveVerdict) + dollars(mail.source + naivePrompts, mail.composeOutput)

/**
 * The filter learns from three fifths of the mails, as from verdicts and moves (it needs 200 of each). The others
 * arrive later.
 */
function onceLearned(mails: readonly Counted[]): Figure[] {
  const examples = mails.flatMap(({ spam, tokens }, at) =>
    spam === null || at % 5 > 2 ? [] : [{ spam, tokens }],
  )
  const model = train(examples)
  const { spamFrom, hamTo } = boundsOf(examples)
  const later = mails.filter((_, at) => at % 5 > 2)
  const isFree = ({ tokens, never, settled }: Counted): boolean => {
    if (settled) return true
    const value = score(model, tokens)
    return (spamFrom !== null && value >= spamFrom) || (never && hamTo !== null && value <= hamTo)
  }
  const free = new Set(later.filter(isFree))
  return [
    figure({
      name: 'mails without a call, once the filter has learned',
      value: (100 * free.size) / later.length,
      unit: '%',
    }),
    figure({
      name: '1,000 mails, once the filter has learned',
      value: 1000 * mean(later.map((mail) => (free.has(mail) ? 0 : ours(mail)))),
      unit: 'dollars',
      limit: { name: 'the whole source, two calls', value: 1000 * mean(later.map(naive)) },
      target: { of: 'ratio', atMost: 0.25 },
    }),
  ]
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length

/** The folder that is named, or else the whole corpus beside the project, or else the committed part of it. */
function corpusFolder(named: string | undefined): string {
  const shared = join(root, '../shared/corpus')
  return named ?? (existsSync(shared) ? shared : join(root, 'test/fixtures/corpus'))
}

function labelsOf(folder: string, set: string): Map<string, boolean | null> {
  const lines = readFileSync(join(folder, `${set}.labels.jsonl`), 'utf8')
    .trim()
    .split('\n')
  const known = ['spam', 'auto', 'human', 'reply'].includes(set)
  return new Map(
    lines.map((line) => {
      const { file, label } = JSON.parse(line) as { file: string; label: string }
      return [file, known ? label === 'spam' : null]
    }),
  )
}

export async function tokens({ corpus, say }: BenchOptions): Promise<Figure[]> {
  const folder = corpusFolder(corpus)
  const mails: Counted[] = []
  for (const set of sets) {
    const labels = labelsOf(folder, set)
    for (const name of readdirSync(join(folder, set)))
      mails.push(await count(readFileSync(join(folder, set, name)), labels.get(`${set}/${name}`) ?? null))
    say(`tokens ${set}: ${mails.length} mails so far`)
  }
  const of = (pick: (mail: Counted) => number) => mails.map(pick)
  const tokensOf = (name: string, values: number[], atMost: number): Figure[] => [
    figure({
      name: `${name}, median`,
      value: median(values),
      unit: 'tokens',
      target: { of: 'value', atMost },
    }),
    figure({ name: `${name}, mean`, value: mean(values), unit: 'tokens' }),
  ]
  const answered = mails.filter((mail) => mail.answered)
  return [
    ...tokensOf(
      'triage call, input',
      of((mail) => mail.triageInput),
      900,
    ),
    ...tokensOf(
      'compose call, input',
      of((mail) => mail.composeInput),
      3500,
    ),
    figure({ name: 'triage call, output', value: mean(of((mail) => mail.triageOutput)), unit: 'tokens' }),
    figure({
      name: 'compose call, output',
      value: mean(answered.map((mail) => mail.composeOutput)),
      unit: 'tokens',
    }),
    figure({
      name: 'share of mails that a reply is written to',
      value: answered.length / mails.length,
      unit: '',
    }),
    figure({
      name: 'share of mails that the guard settles without a call',
      value: mails.filter(({ settled }) => settled).length / mails.length,
      unit: '',
    }),
    figure({
      name: '1,000 mails of strangers at 0.15 / 0.60 dollars per million tokens',
      value: 1000 * mean(of(ours)),
      unit: 'dollars',
      limit: { name: 'the whole source, two calls', value: 1000 * mean(of(naive)) },
    }),
    ...onceLearned(mails),
  ]
}
