/** The status of mailbox, model and budget in plain words, and what to do if one of them fails. */
import { shareHolder, strangers } from '../model/budget/shares.ts'
import { dayOf } from '../model/budget.ts'
import { type AccountState, loadAccountState } from '../store/accounts.ts'
import { type SpentShare, spentOn, spentShares } from '../store/spending.ts'
import type { WebContext } from './web-context.ts'

export interface Status {
  part: 'Mailbox' | 'Model' | 'Budget' | 'Storage'
  ok: boolean
  words: string
  /** What the owner can do, the most likely first. */
  repairs: readonly Repair[]
}

/** A form that is posted there, or a page to open. */
export interface Repair {
  label: string
  post?: string
  open?: string
}

const changeBudget: Repair = { label: 'Change the budget', open: '/settings/budget' }
const openSettings: Repair = { label: 'Open Setup', open: '/settings' }

/** @param several there are other accounts, so this one is named */
export function mailboxStatus(
  { account, paused, stopped }: AccountState,
  watched: string | undefined,
  several: boolean,
): Status {
  const which = several ? `${account}: ` : ''
  const say = (ok: boolean, words: string, ...repairs: Repair[]): Status => ({
    part: 'Mailbox',
    ok,
    words: `${which}${words}`,
    repairs,
  })
  const at = `/accounts/${encodeURIComponent(account)}`
  const tryAgain = { label: 'Try again', post: `${at}/retry` }
  if (stopped !== null) {
    const end = /[.!?]$/.test(stopped) ? '' : '.'
    const words = `${stopped}${end} Then try again. After a change in replyd.yaml, restart replyd.`
    return say(false, words, tryAgain, openSettings)
  }
  if (paused) return say(false, 'paused, so nothing is sent', { label: 'Resume', post: `${at}/resume` })
  if (watched === 'waiting')
    return say(false, 'no connection to the mail server. replyd keeps trying, and nothing is lost.', tryAgain)
  if (watched === 'stopped') return say(false, 'not watched any more', tryAgain, openSettings)
  if (watched === undefined || watched === 'standby') return say(true, 'watched by another process')
  return say(true, watched)
}

const mostNamed = 3
const named = (shares: readonly SpentShare[]) =>
  shares
    .slice(0, mostNamed)
    .map(({ name }) => shareHolder(name))
    .join(', ')

/** @param shares the largest users; those whose share is used up come first */
export function budgetStatus(perDay: number, spent: number, shares: readonly SpentShare[]): Status {
  if (perDay === 0) {
    const words = 'it is set to $0, so new mail waits until you raise it'
    return { part: 'Budget', ok: false, words, repairs: [changeBudget] }
  }
  const left = Math.max(0, perDay - spent)
  const used = shares.filter(({ reached }) => reached)
  if (left > 0) {
    const ok = !used.some(({ name }) => name === strangers)
    const waiting =
      used.length === 0 ? '' : `; the share of ${named(used)} is used up, so their mail waits until midnight`
    const words = `$${left.toFixed(2)} of $${perDay.toFixed(2)} left today${waiting}`
    return { part: 'Budget', ok, words, repairs: ok ? [] : [changeBudget] }
  }
  const people = shares.filter(({ name }) => name !== strangers)
  const most = people.length === 0 ? '' : `. Most was used for mail from ${named(people)}`
  const words = `today's $${perDay.toFixed(2)} has been used up; new mail waits until midnight${most}`
  return { part: 'Budget', ok: false, words, repairs: [changeBudget] }
}

/** One status for each part, and one for the mailbox of each account. */
export async function statusOf({ context, health }: WebContext): Promise<Status[]> {
  const { db, clock, config, accounts } = context
  const { timeZone, perDay } = config.budget
  const { parts } = await health()
  const today = dayOf(clock.now(), timeZone)
  const states = await Promise.all([...accounts.keys()].map((address) => loadAccountState(db, address)))
  const model = parts.model ?? 'ok'
  const broken = ['store', 'queue'].filter((part) => parts[part] !== undefined && parts[part] !== 'ok')
  return [
    ...states.map((state) => mailboxStatus(state, parts[`watch ${state.account}`], states.length > 1)),
    model === 'ok'
      ? { part: 'Model', ok: true, words: 'ready', repairs: [] }
      : { part: 'Model', ok: false, words: model, repairs: [openSettings] },
    budgetStatus(perDay, await spentOn(db, today), await spentShares(db, today)),
    ...broken.map((part): Status => {
      const what = part === 'store' ? 'the database' : 'the queue'
      return { part: 'Storage', ok: false, words: `${what} does not answer`, repairs: [openSettings] }
    }),
  ]
}
