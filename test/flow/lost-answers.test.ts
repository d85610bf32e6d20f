/** The store has carried out a step's write, and its answer is lost with the connection. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { startMailbox } from '../../src/demo/mailbox.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { Sweeper } from '../../src/pipeline/sweeper.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'
import { letter } from './walk.ts'

const owner = 'support@nordlicht.example'
const login = { user: 'support', password: 'answers' }
let standIn: StandIn
let mailbox: Awaited<ReturnType<typeof startMailbox>>
let running: RunningDaemon

beforeAll(async () => {
  ;[standIn, mailbox] = await Promise.all([startStandIn(), startMailbox({ ...login, now: () => new Date() })])
  running = await startDaemon({
    address: owner,
    imap: { ...mailbox.imap, ...login },
    smtp: mailbox.smtp,
    standIn,
    databaseUrl: await newDatabase(),
    account: { replies: { mode: 'draft' } },
  })
})

afterAll(async () => {
  await running?.stop()
  await Promise.all([mailbox?.close(), standIn?.close()])
})

test.each(['triage', 'decide'])(
  'after %s the mail goes on by itself, without waiting for the sweeper',
  async (step) => {
    const { db } = running.daemon.context
    const query = db.query.bind(db)
    let lost = 0
    jest.spyOn(Sweeper.prototype, 'sweep').mockResolvedValue()
    jest.spyOn(db, 'query').mockImplementation(async (text, params) => {
      const answer = await query(text, params)
      if (lost > 0 || !String(params?.[0]).includes(`"from":"${step}"`)) return answer
      lost++
      throw new Error('read ECONNRESET')
    })
    const id = `<${step}@asks.example>`
    const text = 'Hello,\n\nwhat are your opening hours on Saturday?\n\nKim'
    await mailbox.deliver(Buffer.from(letter({ id, from: 'kim@asks.example', to: owner, text })))
    const row = await running.settledWith(({ messageId }) => messageId === id)
    jest.restoreAllMocks()
    expect([row.disposition, lost]).toEqual(['drafted', 1])
  },
  120_000,
)
