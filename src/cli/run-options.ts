/** Inputs for running eval and backtest. */
import { setTimeout as pause } from 'node:timers/promises'
import { newId, systemClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import type { AccountSettings, Config } from '../config/settings.ts'
import type { EvalCommand } from './eval-cases.ts'
import { UsageError } from './failure.ts'

/** Everything that a run needs, except the mails. */
export async function runOptions(
  config: Config,
  account: AccountSettings,
  options: Pick<EvalCommand, 'maxDollars'>,
) {
  const [{ openModel }, { loadPrompts }] = await Promise.all([
    import('../model/client.ts'),
    import('../model/prompts.ts'),
  ])
  return {
    config,
    account,
    prompts: loadPrompts(account.prompts),
    model: openModel(config.model, silentLog),
    maxDollars: dollarsOf(options.maxDollars) ?? config.budget.perDay,
    clock: systemClock,
    newId,
    pause: (ms: number) => pause(ms),
  }
}

function dollarsOf(text: string | undefined): number | null {
  if (text === undefined) return null
  if (!/^\d+(\.\d+)?$/.test(text))
    throw new UsageError(`--max-dollars: "${text}" is not an amount, such as 0.50`)
  return Number(text)
}
