/**
 * The servers bench: one story on each mail server available here. `npm run servers [-- --only NAME --ci --write]`;
 * exit status 1 when a cell is not as it should be. Unavailable servers, and chapters for which `--minutes` left no
 * time, are listed and count as neither passed nor failed.
 */
import { parseArgs } from 'node:util'
import { startStandIn } from '../src/demo/stand-in.ts'
import { ScriptedServer } from '../test/smtp/scripted-server.ts'
import { answerFor } from './chaos/model.ts'
import * as imap from './servers/imap-servers.ts'
import { james } from './servers/james.ts'
import { type Had, installNothing, NotHere, obtain } from './servers/obtain.ts'
import type { ImapPeer, SmtpPeer } from './servers/peers.ts'
import { type Outcome, tableOf, writeDocument } from './servers/report.ts'
import * as smtp from './servers/smtp-servers.ts'
import { outOfTime, Story } from './servers/story.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    /** Dovecot, Cyrus, Courier and mox, as far as they are installed, with fewer mails and in a few minutes. */
    ci: { type: 'boolean', default: false },
    /** With --ci: installs what it needs and runs nothing. */
    install: { type: 'boolean', default: false },
    /** For the whole run. */
    minutes: { type: 'string' },
    /** Writes docs/servers.md. */
    write: { type: 'boolean', default: false },
    /** Stories side by side. */
    parallel: { type: 'string' },
  },
})

const parallel = Number(values.parallel ?? (values.ci ? 4 : 2))
const minutes = Number(values.minutes ?? (values.ci ? 3 : 24 * 60))
const timeUp = AbortSignal.timeout(minutes * 60_000)

const say = (text: string) => process.stderr.write(`${text}\n`)

interface Pair {
  imap: string
  smtp: string
  start: (sink: ScriptedServer) => Promise<[ImapPeer, SmtpPeer]>
}

const both = async (first: Promise<ImapPeer>, second: Promise<SmtpPeer>): Promise<[ImapPeer, SmtpPeer]> => {
  const [one, other] = await Promise.allSettled([first, second])
  if (one.status === 'fulfilled' && other.status === 'fulfilled') return [one.value, other.value]
  for (const started of [one, other])
    if (started.status === 'fulfilled') await started.value.daemon[Symbol.asyncDispose]()
  throw one.status === 'rejected' ? one.reason : (other as PromiseRejectedResult).reason
}

const pairs: readonly Pair[] = [
  {
    imap: 'Dovecot',
    smtp: 'Postfix',
    start: async (sink) => {
      const dovecot = await imap.dovecot()
      return both(Promise.resolve(dovecot), smtp.postfix(sink, dovecot.daemon))
    },
  },
  { imap: 'Cyrus', smtp: 'Exim', start: (sink) => both(imap.cyrus(), smtp.exim(sink)) },
  { imap: 'Courier', smtp: 'OpenSMTPD', start: (sink) => both(imap.courier(), smtp.opensmtpd(sink)) },
  { imap: 'mox', smtp: 'aiosmtpd', start: (sink) => both(imap.mox(), smtp.aiosmtpd(sink)) },
  {
    imap: 'maddy',
    smtp: 'maddy',
    start: async (sink) => {
      const peer = await imap.maddy(sink.port)
      const login = { user: peer.user, password: peer.password }
      return [peer, { name: 'maddy', daemon: peer.daemon, port: peer.submissionPort, login }]
    },
  },
  { imap: 'GreenMail', smtp: 'aiosmtpd', start: (sink) => both(imap.greenmail(), smtp.aiosmtpd(sink)) },
  { imap: 'pymap', smtp: 'aiosmtpd', start: (sink) => both(imap.pymap(), smtp.aiosmtpd(sink)) },
  { imap: 'James', smtp: 'James', start: james },
]

async function runPair(pair: Pair, onOutcome: (outcome: Outcome) => void): Promise<Outcome> {
  await using sink = await ScriptedServer.start((moment) =>
    String(moment) === 'LHLO' ? '250 sink' : undefined,
  )
  await using standIn = await startStandIn({
    // The stand-in itself answers doctor's question.
    behaviour: (request) => (request.question.task === null ? undefined : answerFor(request)),
  })
  let peers: [ImapPeer, SmtpPeer]
  try {
    peers = await pair.start(sink)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    say(`${pair.imap} and ${pair.smtp}: not run: ${reason}`)
    return { ...pair, cells: null, reason: error instanceof NotHere ? reason : `did not start: ${reason}` }
  }
  try {
    const stage = { imap: peers[0], smtp: peers[1], sink, standIn, drafts: values.ci ? 4 : 50, timeUp, say }
    await using story = await Story.begin(stage)
    return {
      ...pair,
      cells: await story.tell((cells) => onOutcome({ ...pair, cells, reason: '' })),
      reason: '',
    }
  } finally {
    for (const { daemon } of peers) await daemon[Symbol.asyncDispose]()
  }
}

const inCi = ['Dovecot', 'Cyrus', 'Courier', 'mox']
const neededInCi: readonly Had[] = ['python', 'cyrus-exim', 'courier-opensmtpd', 'mox']

/** One after the other, so that other programs keep a core. */
async function install(): Promise<void> {
  const deadline = performance.now() + minutes * 60_000
  for (const name of neededInCi)
    await obtain(name, (deadline - performance.now()) / 60_000).then(
      () => say(`${name}: installed`),
      (error: unknown) => say(`${name}: not installed: ${error instanceof Error ? error.message : error}`),
    )
}

async function main(): Promise<number> {
  const chosen = pairs.filter(
    ({ imap: name }) =>
      name.toLowerCase().includes(values.only.toLowerCase()) && (!values.ci || inCi.includes(name)),
  )
  const outcomes: Outcome[] = chosen.map((pair) => ({
    ...pair,
    cells: null,
    reason: outOfTime.replace('not run: ', ''),
  }))
  const note = (at: number, outcome: Outcome) => {
    outcomes[at] = outcome
    if (values.write) writeDocument(outcomes)
  }
  const left = chosen.entries()
  const work = async () => {
    for (const [at, pair] of left) {
      if (timeUp.aborted) continue
      note(at, await runPair(pair, (outcome) => note(at, outcome)))
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
  process.stdout.write(`${tableOf(outcomes)}\n${values.ci ? '(4 mails instead of 50)\n' : ''}`)
  const wrong = outcomes.filter(({ cells, reason }) =>
    cells === null
      ? !values.ci && reason.startsWith('did not start')
      : Object.values(cells).some((cell) => cell !== '' && cell !== outOfTime),
  )
  return wrong.length === 0 ? 0 : 1
}

if (values.install) await install()
else {
  if (values.ci) installNothing()
  process.exitCode = await main()
  // The servers are stopped, but an aborted request may still hold a socket.
  process.exit()
}
