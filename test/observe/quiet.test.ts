/** How often the observer looks at an account in which nothing waits for the owner. */
import { EventEmitter, once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import type { Account, StepContext } from '../../src/context.ts'
import { Observer } from '../../src/observe/observe.ts'

const address = 'a@x.example'

/** Runs an observer whose store says whether something waits, and whose server has no mailbox to look at. */
function observed(watched: boolean, { looks = (): number => 1 } = {}) {
  const stop = new AbortController()
  const seen: number[] = []
  const watcher = new EventEmitter()
  let count = 0
  const imap = {
    specialMailboxes: async () => ({ drafts: null, sent: null, junk: null, trash: null }),
  }
  const account = {
    imap,
    settings: { owner: { address }, imap: { host: 'x', port: 143 } },
  } as unknown as Account
  const db = {
    query: async (text: string) => {
      if (!text.includes('as watched')) return { rows: [] }
      count++
      return { rows: [{ watched }] }
    },
  }
  const context = {
    db,
    log: silentLog,
    clock: { now: () => new Date(0) },
    random: () => 0,
    config: { state: { keepMs: null } },
    accounts: new Map([[address, account]]),
  } as unknown as StepContext
  const lookedAgain = async (before: number, signal: AbortSignal) => {
    seen.push(before)
    await once(watcher, 'looked', { signal }).catch(() => undefined)
  }
  const observer = new Observer(context, account, {
    mayLook: async (signal) => !signal.aborted,
    watcher: {
      get looks() {
        return looks()
      },
      lookedAgain,
    },
    onApproved: async () => undefined,
    everyMs: 1,
  })
  const done = observer.run(stop.signal)
  const until = async (is: () => boolean) => {
    while (!is()) await turn()
  }
  return {
    seen,
    until,
    observations: () => count,
    notice: () => watcher.emit('looked'),
    end: () => {
      stop.abort()
      return done
    },
  }
}

test('if nothing waits, the next look follows a look of the watcher', async () => {
  let looks = 1
  const run = observed(false, { looks: () => looks })
  await run.until(() => run.seen.length === 1)
  expect([run.observations(), run.seen]).toEqual([1, [1]])
  looks = 2
  run.notice()
  await run.until(() => run.seen.length === 2)
  expect([run.observations(), run.seen]).toEqual([2, [1, 2]])
  await run.end()
})

test('if something waits, it looks at its own times', async () => {
  const run = observed(true)
  await run.until(() => run.observations() === 3)
  expect(run.seen).toEqual([])
  await run.end()
})
