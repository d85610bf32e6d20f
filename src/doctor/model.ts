/**
 * A model: is the key accepted, does the model exist, does it judge a mail, and fast enough? Costs one triage question.
 */
import { OwnerActionError, RateLimitedError, reasonOf } from '../base/errors.ts'
import { silentLog } from '../base/log.ts'
import type { Verdict as Judgement } from '../base/verdicts.ts'
import type { AccountSettings, Config, ModelSettings } from '../config/settings.ts'
import { parseOctets } from '../mail/mime/octets.ts'
import { adviceFor, isUnreached } from '../model/availability.ts'
import { type Answer, type ListedModel, type Model, modelWarnings, openModel } from '../model/client.ts'
import { fittingAsk, untilItFits } from '../model/fit.ts'
import { loadPrompts, type Prompt } from '../model/prompts.ts'
import { triageQuestion } from '../triage/step.ts'
import { failed, passed, type Verdict, warned } from './failure.ts'

/** A letter of the usual length: its facts, its question and its tone are easy to judge. */
const letter = Buffer.from(
  `From: Jane Miller <jane.miller@example.org>\r
To: shop@example.com\r
Subject: Delivery of order 4711\r
Message-ID: <doctor@example.org>\r
Content-Type: text/plain; charset=utf-8\r
\r
Hello,\r
\r
last Tuesday I ordered two tyres and three tubes in your shop (order 4711). The confirmation\r
says that they leave within two working days, but I have heard nothing since, and the page\r
with the tracking number says that the parcel is not known yet.\r
\r
I will be away from Friday on. Can you tell me whether the parcel arrives before that? If not,\r
can you send it to my office instead? The address is the one on the last invoice.\r
\r
Also, one of the tubes should have a long valve. Is it possible to change that?\r
\r
Kind regards\r
Jane Miller\r
`,
  'latin1',
)

/** A reply takes roughly this many times as long as a triage: more to read and more to write. */
const replyFactor = 3

/** @param now the date of the letter, and the day for which shutdowns of models are looked up */
export async function checkModel(
  settings: ModelSettings,
  { accounts: [account], model: { successor }, budget }: Config,
  now: Date,
): Promise<Verdict> {
  const model = openModel(settings, silentLog)
  const place = new URL(settings.baseUrl).host
  let listed: ListedModel[] | null = null
  try {
    listed = await model.listModels(AbortSignal.timeout(Math.min(settings.timeoutMs, 10_000)))
  } catch (error) {
    // Some compatible servers have no list; then the call below shows all faults.
    if (error instanceof OwnerActionError && /HTTP 401|the quota at /.test(error.message))
      return refused(error, settings, place)
  }
  const warnings = modelWarnings(settings, successor, listed, now.toISOString().slice(0, 10))
  if (!account) return warned('no account is configured', 'Add one below accounts.')
  try {
    const answer = await askTriage(model, account, budget.timeZone, now)
    const thinking = model.outputLimit(0)
    if (thinking > 0) warnings.push(`it thinks before it answers, and gets ${thinking} more tokens for that`)
    const subject = `${settings.name} at ${place}`
    return misjudged(answer.value, subject) ?? weighed(answer, settings, subject, warnings)
  } catch (error) {
    return refused(error, settings, place, warnings)
  }
}

function askTriage(model: Model, settings: AccountSettings, timeZone: string, now: Date) {
  const prompts = loadPrompts(settings.prompts)
  const mail = {
    row: { internalDate: now, codes: [] },
    message: parseOctets(letter),
    firstContact: true,
    writtenBefore: false,
    thread: [],
  }
  const question = (triage: Prompt) =>
    triageQuestion({ settings, prompts: { ...prompts, triage }, knowledge: null }, timeZone, mail, 'doctor')
  return untilItFits(() => model.ask(fittingAsk(question, prompts.triage, model)))
}

/** The letter is a customer's question that needs an answer. Null if the model recognised that. */
function misjudged({ spam, needs_reply, manipulation }: Judgement, subject: string): Verdict | null {
  const larger = 'Choose a larger model (model.name).'
  if (spam.is)
    return failed(
      `${subject} takes a customer's ordinary question for spam (${spam.kind}): it would move such mail to Junk`,
      larger,
    )
  const faults = [
    ...(needs_reply ? [] : ['says that it needs no answer']),
    ...(manipulation ? ['says that it tries to manipulate its reader'] : []),
  ]
  if (faults.length === 0) return null
  return warned(`${subject} misjudged a customer's ordinary question: it ${faults.join(', and ')}`, larger)
}

/** How long the answer took, compared with the configuration. */
export function weighed(
  { usage, durationMs }: Pick<Answer<unknown>, 'usage' | 'durationMs'>,
  settings: Pick<ModelSettings, 'timeoutMs' | 'concurrency' | 'host'>,
  subject: string,
  warnings: readonly string[],
): Verdict {
  const seconds = durationMs / 1000
  const speed = usage.output / Math.max(seconds, 0.001)
  const detail = `${subject} judged a mail (${usage.input} tokens in, ${usage.output} out) in ${seconds.toFixed(1)} s, ${speed.toFixed(0)} tokens a second`
  const { timeoutMs, concurrency, host } = settings
  // A local machine divides its speed among the calls; a provider does not.
  const together = host === 'own' ? concurrency : 1
  const replyMs = durationMs * replyFactor * together
  if (replyMs > timeoutMs) {
    const calls = together > 1 ? ` while ${together} are written at once (model.concurrency)` : ''
    const slow = `a reply would take about ${Math.ceil(replyMs / 1000)} s${calls}, and model.timeout is ${timeoutMs / 1000} s`
    const fewer = together > 1 ? 'Lower model.concurrency, raise' : 'Raise'
    return warned(
      [detail, slow, ...warnings].join('; '),
      `${fewer} model.timeout, or run a smaller or faster model.`,
    )
  }
  if (warnings.length === 0) return passed(detail)
  return warned([detail, ...warnings].join('; '), 'See model in docs/configuration.md.')
}

function refused(
  error: unknown,
  settings: ModelSettings,
  place: string,
  warnings: readonly string[] = [],
): Verdict {
  const reason = reasonOf(error)
  // While the server can't be reached, warnings about the model are irrelevant.
  const detail = isUnreached(reason) ? reason : [reason, ...warnings].join('; ')
  if (error instanceof RateLimitedError) {
    return warned(detail, 'The key has reached its rate limit; replyd waits and then continues.')
  }
  if (/HTTP 401/.test(detail)) {
    return failed(
      detail,
      `Check model.apiKey (OPENAI_API_KEY): is it complete, of this provider, and not revoked?`,
    )
  }
  if (/the quota at /.test(detail)) return failed(detail, `Add credit or raise the limit at ${place}.`)
  if (/HTTP 40[34]/.test(detail))
    return failed(detail, 'Check model.name and model.baseUrl, and what the key is allowed to use.')
  return failed(detail, adviceFor(error, settings) || 'Change the setting that it names, under model.')
}
