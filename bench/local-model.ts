/**
 * A small model on this machine, with the former and the present defaults:
 * `npm run local-model [-- --seconds 160 --context 8192 --threads 2]`. Sends the triage questions of the open set to
 * llama.cpp's own server, and counts the answers by kind. A time-out means that the machine was overloaded; it is not a
 * failure of the bench.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { silentLog } from '../src/base/log.ts'
import { Semaphore } from '../src/base/semaphore.ts'
import { resolveModels } from '../src/config/models.ts'
import type { ModelSettings } from '../src/config/settings.ts'
import { prepare } from '../src/eval/judging.ts'
import { readSet } from '../src/eval/set/read.ts'
import { knownOfMail } from '../src/eval/set/situation.ts'
import { type Ask, ModelTimeout, openModel } from '../src/model/client.ts'
import { ConcurrencyLimit, type Outcome } from '../src/model/concurrency.ts'
import { fittingAsk, untilItFits } from '../src/model/fit.ts'
import { loadPrompts, type Prompt } from '../src/model/prompts.ts'
import { startLlama } from './local-model/llama.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '160' },
    context: { type: 'string', default: '8192' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
})
const say = (text: string) => process.stdout.write(`${text}\n`)

type Question = (prompt: Prompt) => Ask<unknown>

interface Figures {
  usable: number
  unusable: number
  timedOut: number
  failed: number
  seconds: number
  tokensPerSecond: number
}

interface Way {
  name: string
  settings: ModelSettings
  /** Limits concurrent calls. `enter` resolves with a function that takes the call's outcome. */
  slots: { enter: () => Promise<(outcome: Outcome) => void> }
}

const set = readSet(join(import.meta.dirname, '../test/fixtures/judgement'), {})
const prompts = loadPrompts(set.account.prompts)
const questions = set.mails.flatMap((mail): Question[] => {
  const asked = (triage: Prompt) => {
    const account = { settings: set.account, prompts: { ...prompts, triage }, knowledge: set.knowledge }
    return prepare(mail.message, account, knownOfMail(set, mail)).question
  }
  if (asked(prompts.triage) === null) return []
  return [(prompt) => asked(prompt) as Ask<unknown>]
})

/** Asks one question after the other, with as many workers as concurrent calls are allowed, until the time is over. */
async function measure({ settings, slots }: Way): Promise<Figures> {
  const model = openModel(settings, silentLog)
  await model.listModels()
  const figures: Figures = { usable: 0, unusable: 0, timedOut: 0, failed: 0, seconds: 0, tokensPerSecond: 0 }
  const spent = { tokens: 0, ms: 0 }
  const started = performance.now()
  const elapsed = () => (performance.now() - started) / 1000
  let next = 0
  const line = async () => {
    while (elapsed() < Number(values.seconds)) {
      const question = questions[next++ % questions.length] as Question
      const leave = await slots.enter()
      if (elapsed() >= Number(values.seconds)) return leave('failed')
      let outcome: Outcome = 'failed'
      try {
        const { usage, durationMs } = await untilItFits(() =>
          model.ask(fittingAsk(question, prompts.triage, model)),
        )
        figures.usable += 1
        outcome = 'answered'
        spent.tokens += usage.output
        spent.ms += durationMs
      } catch (error) {
        outcome = error instanceof ModelTimeout ? 'timed-out' : 'failed'
        if (error instanceof ModelTimeout) figures.timedOut += 1
        else if (/no usable answer/.test(String(error))) figures.unusable += 1
        else {
          figures.failed += 1
          process.stderr.write(`${error}\n`)
        }
      }
      leave(outcome)
    }
  }
  await Promise.all(Array.from({ length: settings.concurrency }, line))
  figures.seconds = elapsed()
  figures.tokensPerSecond = spent.ms === 0 ? 0 : (spent.tokens * 1000) / spent.ms
  return figures
}

function waysFor(baseUrl: string): Way[] {
  const own = (more: object = {}) => resolveModels({ name: 'smollm2', baseUrl, ...more })
  const fixed = new Semaphore(10)
  return [
    {
      name: 'before: 10 at once, 30 s, JSON mode',
      settings: own({ concurrency: 10, timeout: '30s', json: 'object' }),
      slots: { enter: () => fixed.enter() },
    },
    {
      name: 'now, with 10 at once and 30 s set',
      settings: own({ concurrency: 10, timeout: '30s' }),
      slots: new ConcurrencyLimit(10),
    },
    { name: 'now: 1 at once, 180 s, bounded schema', settings: own(), slots: new ConcurrencyLimit(1) },
  ]
}

await using llama = await startLlama(Number(values.context), Number(values.threads))
say(`| settings | usable answers | of no use | time-outs | other failures | seconds | tokens a second |`)
say('|---|---|---|---|---|---|---|')
for (const way of waysFor(llama.baseUrl)) {
  const { usable, unusable, timedOut, failed, seconds, tokensPerSecond } = await measure(way)
  say(
    `| ${way.name} | ${usable} | ${unusable} | ${timedOut} | ${failed} | ${seconds.toFixed(0)} | ${tokensPerSecond.toFixed(0)} |`,
  )
}
