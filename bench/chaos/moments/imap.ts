import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { deliverUntilFired, later, type Moment, mailsWithoutSending, usualMails } from '../moment.ts'
import type { Link } from '../proxy.ts'
import type { World } from '../world.ts'

type Break = (world: World, link: Link) => void

const cut: Break = (_world, link) => link.cut()
const kill: Break = (world) => world.daemon.kill()

/** The connection that is reading mails now: its answer contains BODY. */
const isFetchedRow = (text: string) => /\* \d+ FETCH \(.*BODY\[/s.test(text)
const isFetchDone = (text: string, link: Link) =>
  /^\w+ OK .*Fetch completed/im.test(text) && /BODY\.PEEK\[1\]/.test(link.asked.slice(-600))

/** Waits for an answer of the server, acts, and passes on what `passes` returns. */
function atAnswer(
  name: string,
  matches: (text: string, link: Link) => boolean,
  breaks: Break,
  passes: (text: string) => string | null,
): Moment {
  return {
    name,
    inject: (world) =>
      deliverUntilFired(
        world.imap.once('toClient', (text, link) => {
          if (!matches(text, link)) return undefined
          const passed = passes(text)
          setImmediate(() => breaks(world, link))
          return passed
        }),
        () => world.deliver(breaks === kill && !name.includes('Sent') ? mailsWithoutSending : usualMails),
      ),
  }
}

const half = (text: string) => text.slice(0, Math.ceil(text.length / 2))
const nothing = () => null
const all = (text: string) => text

/** APPEND, then the octets: the preceding command tells whether they belong to \Drafts or \Sent. */
const appends = (mailbox: string) => (link: Link) =>
  new RegExp(`APPEND "?${mailbox}"? [^\\r]*\\{\\d+\\+?\\}\\r\\n`, 'i').test(link.asked)

function midLiteral(mailbox: string, breaks: Break): Moment {
  return {
    name: `imap: mid-literal of APPEND to ${mailbox}${breaks === kill ? ', killed' : ''}`,
    inject: (world) =>
      deliverUntilFired(
        world.imap.once('toServer', (text, link) => {
          const last = link.asked.slice(-text.length - 300)
          if (
            !appends(mailbox)({ ...link, asked: last } as Link) ||
            !/^(Message-ID|MIME-Version|From|Date):/im.test(text)
          )
            return undefined
          setImmediate(() => breaks(world, link))
          return half(text)
        }),
        () => world.deliver(breaks === kill ? mailsWithoutSending : usualMails),
      ),
  }
}

function stored(mailbox: string, breaks: Break): Moment {
  const name = `imap: APPEND to ${mailbox} stored, OK lost${breaks === kill ? ', killed' : ''}`
  return atAnswer(
    name,
    (text, link) => /OK \[APPENDUID/.test(text) && appends(mailbox)(link),
    breaks,
    nothing,
  )
}

/** A mailbox that the server rebuilds: new UIDVALIDITY, every UID new. */
async function rebuild(world: World): Promise<void> {
  await world.imap.down()
  const maildir = join(world.peers.dovecot.directory, 'mail', world.address, 'Maildir')
  // The server's processes for this account end a moment after their connections.
  await later(300)
  for (const name of readdirSync(maildir)) {
    if (/^dovecot(-uidlist|\.index)/.test(name)) rmSync(join(maildir, name))
  }
  await world.imap.up()
}

const renumbered: Moment = {
  name: 'imap: restart with a new UIDVALIDITY',
  mostRounds: 5,
  async inject(world) {
    await world.deliver([...usualMails, 'thanks'])
    await world.deliver(['draft'], false)
    await world.reached((rows) => rows >= Math.min(world.delivered.length, 4))
    await rebuild(world)
    await world.deliver(usualMails)
  },
}

/** Every second: replyd must not reconnect faster than its own limit, whatever the server does. */
const storm: Moment = {
  name: 'imap: dropped right after each login',
  pacesLogins: true,
  mostRounds: 2,
  async inject(world) {
    const stop = world.imap.watch((text, link, direction) => {
      if (direction !== 'toClient' || !/OK .*Logged in/i.test(text)) return undefined
      setImmediate(() => link.cut())
      return text
    })
    await world.deliver(usualMails)
    await later(10_000)
    stop()
  },
}

export const imapMoments: readonly Moment[] = [
  atAnswer('imap: during FETCH of a batch', isFetchedRow, cut, half),
  atAnswer('imap: during FETCH of a batch, killed', isFetchedRow, kill, half),
  atAnswer('imap: after the last FETCH row, before the commit', isFetchDone, kill, all),
  midLiteral('Drafts', cut),
  midLiteral('Drafts', kill),
  stored('Drafts', cut),
  stored('Drafts', kill),
  stored('Sent', cut),
  stored('Sent', kill),
  atAnswer('imap: MOVE applied, unanswered', (text) => /COPYUID/.test(text), cut, nothing),
  atAnswer('imap: MOVE applied, unanswered, killed', (text) => /COPYUID/.test(text), kill, nothing),
  {
    name: 'imap: IDLE half-open',
    mostRounds: 1,
    async inject(world) {
      await world.deliver(usualMails)
      const frozen = world.imap.once('toServer', (text, link) => {
        if (!/^\w+ IDLE/m.test(text)) return undefined
        link.freeze()
        return null
      })
      await frozen
      await world.deliver(usualMails)
    },
  },
  renumbered,
  storm,
]
