/** Problems for a person: stopped accounts, lost connections, a model that does not answer, a spent budget. */
import type { StepContext } from '../../context.ts'
import { dayOf } from '../../model/budget.ts'
import { loadAccountState } from '../../store/accounts.ts'
import { spentOn } from '../../store/spending.ts'
import type { Health } from '../web-context.ts'

export interface Trouble {
  name: string
  /** Without a name or an address: it may appear on a locked screen. */
  brief: string
  /** With names and addresses. */
  words: string
  /** It may pass without help: it is reported only if it lasts. */
  mayPass?: true
}

/** Minutes that a passing problem must last before it is reported. */
export const patienceMinutes = 5

/** @param health null: it is not known */
export async function troublesOf(
  { db, accounts, config }: Pick<StepContext, 'db' | 'accounts' | 'config'>,
  health: Health | null,
  now: Date,
): Promise<Trouble[]> {
  const { perDay, timeZone } = config.budget
  const states = await Promise.all([...accounts.keys()].map((address) => loadAccountState(db, address)))
  const stopped = states.flatMap(({ account, stopped }): Trouble[] =>
    stopped === null
      ? []
      : [{ name: account, brief: 'An account has stopped', words: `${account} has stopped: ${stopped}` }],
  )
  const isSpent = perDay > 0 && (await spentOn(db, dayOf(now, timeZone))) >= perDay
  const words = "Today's budget is used up, and new mail waits until midnight"
  const spent: Trouble[] = isSpent ? [{ name: 'budget', brief: words, words }] : []
  return [...stopped, ...(health === null ? [] : fromHealth(health, [...accounts.keys()])), ...spent]
}

function fromHealth({ parts }: Health, accounts: readonly string[]): Trouble[] {
  const lost = accounts
    .filter((account) => parts[`watch ${account}`] === 'waiting')
    .map(
      (account): Trouble => ({
        name: `connection ${account}`,
        brief: 'The connection to a mail server is lost',
        words: `${account} has no connection to its mail server`,
        mayPass: true,
      }),
    )
  const { model = 'ok', queue = 'ok' } = parts
  const silent = (name: string, brief: string, words: string): Trouble => ({
    ...{ name, brief, words },
    mayPass: true,
  })
  return [
    ...lost,
    ...(model === 'ok' ? [] : [silent('model', 'The AI model does not answer', `The AI model: ${model}`)]),
    ...(queue === 'ok' ? [] : [silent('queue', 'The queue does not answer', `The queue ${queue}`)]),
  ]
}

/** When each problem began, so that a connection that soon returns causes no notification. */
export class Patience {
  readonly #since = new Map<string, Date>()

  /** Problems that need a person, and passing ones that have lasted. */
  lasting(troubles: readonly Trouble[], now: Date): Trouble[] {
    const names = new Set(troubles.map(({ name }) => name))
    for (const name of [...this.#since.keys()]) if (!names.has(name)) this.#since.delete(name)
    return troubles.filter(({ name, mayPass }) => {
      const since = this.#since.get(name) ?? now
      this.#since.set(name, since)
      return mayPass !== true || now.getTime() - since.getTime() >= patienceMinutes * 60_000
    })
  }
}
