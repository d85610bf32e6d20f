/** The reply that a recent mail would have received: shown at the end of `replyd init`, never stored. */
import { composeQuestion } from '../compose/step.ts'
import { decodeWords, plainLine } from '../mail/address.ts'
import { firstField } from '../mail/message.ts'
import { visibleText } from '../mail/text/visible.ts'
import { priceOfModel } from '../model/budget.ts'
import { judgePrepared } from './judging.ts'
import { Ledger } from './ledger.ts'
import type { PastMail } from './past-mail.ts'
import { type BacktestOptions, marksOf, preparedFor, subjectOf, toAnswer } from './situation.ts'

interface FirstDraft {
  from: string
  subject: string
  /** New text of the mail. */
  text: string
  draft: string
}

/** Maximum number of mails that the model judges before the search is given up. */
const mostJudged = 5

/**
 * The first of these mails that wants an answer, with the draft. Null when none of them does.
 * @param mails the best first @throws errors of the model
 */
export async function firstDraft(
  mails: readonly PastMail[],
  options: BacktestOptions,
): Promise<FirstDraft | null> {
  const { account, config, model, maxDollars, pause, prompts } = options
  const ledger = new Ledger({ model, price: priceOfModel(config.model), maxDollars, pause })
  const [current] = prompts
  if (current === undefined) return null
  const run = { ...options, styles: {} }
  let asked = 0
  for (const original of mails) {
    const alone = { original, thread: [], earlier: [], firstContact: true }
    const marks = marksOf(options)
    const prepared = preparedFor(alone, current, options, marks.salt)
    if (prepared.question === null) continue
    if (++asked > mostJudged) return null
    const judged = await judgePrepared(prepared, account, ledger)
    if (judged.to !== 'compose' || judged.verdict === null) continue
    const { mail, sources } = toAnswer(alone, current, run, judged.verdict, prepared.judgement.codes)
    const { omitted: _, ...question } = composeQuestion(
      { settings: account, prompts: current },
      config.budget.timeZone,
      mail,
      sources,
      marks,
    )
    const { text } = (await ledger.ask(question)).value
    if (text === '') continue
    const from = plainLine(decodeWords(firstField(original.message, 'from') ?? ''))
    return {
      from,
      subject: subjectOf(original.message),
      text: visibleText(original.message).text,
      draft: text,
    }
  }
  return null
}
