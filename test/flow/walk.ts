/** Runs the steps of a mail on real servers one after the other, under a clock that the test sets. */
import type { Clock } from '../../src/base/clock.ts'
import type { Stage } from '../../src/base/dispositions.ts'
import { PutOff } from '../../src/base/errors.ts'
import type { Account, StepContext } from '../../src/context.ts'
import { guard, guardNewMail } from '../../src/guard/step.ts'
import { table } from '../../src/pipeline/table.ts'
import { Watcher } from '../../src/receive/watch.ts'
import { approve } from '../../src/review/approve.ts'
import { versionOf } from '../../src/review/decide.ts'
import type { Review } from '../../src/review/review.ts'
import type { StoredMail } from '../../src/store/bodies.ts'
import { Leases } from '../../src/store/leases.ts'
import { loadMessage, type MessageRow } from '../../src/store/messages.ts'
import { loadReply } from '../../src/store/replies.ts'
import { type FlowSettings, type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'

export interface Walk extends AsyncDisposable {
  context: StepContext
  account: Account
  running: RunningDaemon
  /** Milliseconds that the steps' clock is ahead of the machine's. */
  ahead: number
  /** Reads the mailbox and runs the guard on new mails. Rows in the order of arrival. */
  arrive(): Promise<MessageRow[]>
  /** Runs steps until the row is settled or due later. */
  walk(id: string): Promise<{ row: MessageRow; putOff: PutOff | null }>
  /** Runs all steps of the only mail that has arrived. */
  handle(): Promise<MessageRow>
}

/** A daemon that does nothing on its own, but may show its pages. */
export async function startWalk(settings: FlowSettings): Promise<Walk> {
  const running = await startDaemon({ roles: [], databaseUrl: await newDatabase(), ...settings })
  const clock: Clock = { now: () => new Date(Date.now() + walk.ahead) }
  const context: StepContext = { ...running.daemon.context, clock }
  const account = context.accounts.get(settings.address)
  if (!account) throw new Error('no such account')
  const row = async (id: string) => {
    const found = await loadMessage(context.db, id)
    if (!found) throw new Error('no such row')
    return found
  }
  const walk: Walk = {
    context,
    account,
    running,
    ahead: 0,
    arrive: async () => {
      const arrived: StoredMail[] = []
      const onIngested = async (mails: StoredMail[]) => void arrived.push(...mails)
      const fail = (error: Error) => {
        throw error
      }
      await new Watcher(context, account, {
        judge: (mails) => guardNewMail(context, account, mails),
        onIngested,
        onStopped: fail,
        onTrouble: () => undefined,
        leases: new Leases(context.db, { holder: 'walk', isGone: () => true }, context.log),
      }).catchUpOnce()
      await guard(context, arrived)
      return Promise.all(arrived.map((mail) => row(mail.row.id)))
    },
    walk: async (id) => {
      for (
        let { step }: { step: Stage } = await row(id);
        step !== 'review' && step !== 'done' && step !== 'guard';
      ) {
        try {
          const next = await table[step].run(context, id, new AbortController().signal)
          if (next === null || (next.dueAt && next.dueAt > clock.now())) break
          step = next.stage
        } catch (error) {
          if (error instanceof PutOff) return { row: await row(id), putOff: error }
          throw error
        }
      }
      return { row: await row(id), putOff: null }
    },
    handle: async () => {
      const [arrived, ...more] = await walk.arrive()
      if (!arrived || more.length > 0) throw new Error(`one mail was expected, not ${more.length + 1}`)
      return (await walk.walk(arrived.id)).row
    },
    [Symbol.asyncDispose]: () => running.stop(),
  }
  return walk
}

/** A person approves the current text. */
export async function approveCurrentText(review: Review, id: string): Promise<void> {
  const reply = await loadReply(review.context.db, id)
  await approve(review, id, 'Ann', versionOf(reply?.text ?? ''))
}

/** A mail as the customer's own program sends it, with the verdict of the owner's border server. */
export function letter(mail: {
  id: string
  from: string
  to: string
  text: string
  subject?: string
  references?: readonly string[]
  headers?: readonly string[]
}): string {
  const domain = mail.from.replace(/^.*@|>$/g, '')
  return [
    `Authentication-Results: mx.replyd.test; dmarc=pass header.from=${domain}`,
    `From: ${mail.from}`,
    `To: ${mail.to}`,
    `Subject: ${mail.subject ?? 'Opening hours'}`,
    `Message-ID: ${mail.id}`,
    ...(mail.references
      ? [`In-Reply-To: ${mail.references.at(-1)}`, `References: ${mail.references.join(' ')}`]
      : []),
    ...(mail.headers ?? []),
    `Date: ${new Date().toUTCString()}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    ...mail.text.split('\n'),
    '',
  ].join('\r\n')
}
