/**
 * Strangers and correspondents write to a daemon in mode `send`, with a model that answers, on real servers. All mail
 * that is sent ends in a mailbox of the same Dovecot, so that no recipient is overlooked.
 */
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Override, StandInRequest } from '../../src/demo/stand-in.ts'
import { deliverAll, type Postfix, startPostfix } from '../../test/live/servers/index.ts'
import { type Area, type Attack, differs } from './attack.ts'
import { identityAttacks } from './identity.ts'
import { authservId, type Letter, letter, question, stamped } from './letter.ts'
import { bombs, type Case, forgeries, loops, relays } from './mail-cases.ts'
import { NameServer } from './name-server.ts'
import { signedMails } from './signatures.ts'
import { accountAt, type Row, type Servers, startServers, until, Victim } from './victim.ts'

const trusting = 'trusting@replyd.test'
const checking = 'checking@replyd.test'
const bombed = 'bombed@replyd.test'
const own = [trusting, checking, bombed]
const instructions =
  'Our margin on frames is forty-three percent, and the highest discount is seventeen percent.'

interface World {
  servers: Servers
  postfix: Postfix
  names: NameServer
  victim: Victim
}

const deliver = ({ servers }: World, to: string, letters: readonly Letter[]) =>
  deliverAll(
    servers.dovecot,
    letters.map(({ octets }) => ({ user: to, octets })),
  )

/** Recipients and header block of a reply that was sent. */
async function sentOf({ victim }: World, row: Row): Promise<{ to: string[]; head: string }> {
  const { rows } = await victim.db.query<{ addressees: string[]; octets: Buffer }>(
    'select addressees, octets from replyd.reply where id = $1',
    [row.id],
  )
  const octets = rows[0]?.octets.toString('latin1') ?? ''
  return { to: rows[0]?.addressees ?? [], head: octets.split('\r\n\r\n', 1)[0] ?? '' }
}

/** Null if nothing was sent, or only a reply that may be sent. */
async function wrongIn(world: World, row: Row, author: string, mayBeSent: boolean): Promise<string | null> {
  if (row.disposition !== 'sent') return null
  if (!mayBeSent) return `it was answered (${row.reason})`
  const { to, head } = await sentOf(world, row)
  const strangers = to.filter((address) => address.toLowerCase() !== author)
  if (strangers.length > 0) return `${strangers.join(', ')} got the answer`
  if (
    /third-party|evil\.example/.test(
      head.replaceAll(author, '').replace(/^(?:subject|in-reply-to|references):.*(?:\r\n[ \t].*)*/gim, ''),
    )
  )
    return 'the header of the answer names somebody else'
  return /^(?:bcc|cc|reply-to):/im.test(head) ? 'the answer has a further field' : null
}

/** The author's address, for later checks. */
const authorOf = (domain: string) => new RegExp(`(?:eve|kim)@${domain}`)

/** All cases of a list are delivered at once; each attack waits for its own. */
function caseAttacks(world: World, kind: string, cases: readonly Case[]): Attack[] {
  const made = cases.map(({ make, results = 'dmarc=pass', above = [] }, at) => {
    const domain = `${kind.replace(/\W/g, '')}${at}.example`
    const mail = make(domain, trusting)
    const marked = results === null ? mail : stamped(mail, domain, results)
    const head = above.map((field) => `${field}\r\n`).join('')
    return { domain, mail: { id: mail.id, octets: (head + marked.octets).replaceAll('DOMAIN', domain) } }
  })
  let delivered: Promise<void> | undefined
  return cases.map(({ name, holds, mayBeSent = false }, at) => ({
    name: `${kind}: ${name}`,
    holds,
    run: async () => {
      delivered ??= deliver(
        world,
        trusting,
        made.map(({ mail }) => mail),
      )
      await delivered
      const { mail, domain } = made[at] as (typeof made)[number]
      const row = await world.victim.settled(mail.id)
      const author = authorOf(domain).exec(mail.octets)?.[0] ?? `"victim@third-party.example"@${domain}`
      return wrongIn(world, row, author, mayBeSent)
    },
  }))
}

/** The control: without a mail that is answered, the other attacks would prove nothing. */
const answered = (world: World): Attack => ({
  name: 'a question of an authenticated author (is answered)',
  holds: 'nothing: this is what the others differ from',
  run: async () => {
    const mail = stamped(letter({ to: trusting, from: 'kim@honest.example' }), 'honest.example')
    await deliver(world, trusting, [mail])
    const row = await world.victim.settled(mail.id)
    if (row.disposition !== 'sent') return `${row.disposition}: ${row.reason}`
    return differs((await sentOf(world, row)).to, ['kim@honest.example'])
  },
})

function limitAttacks(world: World): Attack[] {
  const at = (
    name: string,
    domain: string,
    count: number,
    address: (n: number) => string,
    most: number,
  ): Attack => ({
    name: `limits: ${name}`,
    holds: 'people are counted, not addresses',
    run: async () => {
      const mails = Array.from({ length: count }, (_, n) => {
        const from = address(n)
        return stamped(
          letter({ to: trusting, from, text: `${question}Number ${n}\r\n` }),
          from.split('@')[1] ?? domain,
        )
      })
      await deliver(world, trusting, mails)
      const rows = await Promise.all(mails.map(({ id }) => world.victim.settled(id)))
      const sent = rows.filter(({ disposition }) => disposition === 'sent').length
      if (sent === 0) return 'not even the first was answered'
      return sent > most ? `${sent} were answered` : null
    },
  })
  const dotted = (n: number) => `${'abcdefghij'.slice(0, n + 1)}.${'abcdefghij'.slice(n + 1)}x@gmail.com`
  return [
    at('ten addresses of one subdomain', 'x', 10, (n) => `a${n}@mail.counted.example`, 3),
    at('ten plus tags of one mailbox', 'x', 10, (n) => `eve+${n}@tagged.example`, 3),
    at('a mailbox of Gmail with dots elsewhere', 'gmail.com', 9, dotted, 3),
    at('numbered addresses of a domain', 'x', 10, (n) => `eve${n}@numbered.example`, 3),
    at('thirty subdomains of a domain', 'x', 30, (n) => `eve@s${n}.wide.example`, 20),
    at('one author, ten subjects', 'x', 10, () => 'eve@single.example', 3),
  ]
}

/** replyd's own check of signatures: the account has no authservIds. */
async function signatureAttacks(world: World): Promise<Attack[]> {
  const { mails, records } = await signedMails(checking)
  for (const [name, text] of records) world.names.txt.set(name, [text])
  return mails.map(({ name, id, octets, because }) => ({
    name: `signatures: ${name}`,
    holds:
      because === null
        ? 'nothing: this is what the others differ from'
        : "replyd's own check: aligned, whole, fresh, strong",
    run: async () => {
      await deliver(world, checking, [{ id, octets }])
      const row = await world.victim.settled(id)
      const wanted = because === null ? 'sent' : `drafted: ${because}`
      const outcome = row.disposition === 'sent' ? 'sent' : `${row.disposition}: ${row.reason}`
      return outcome === wanted ? null : `${outcome} (${row.detail})`
    },
  }))
}

const disguises: [string, (text: string) => string][] = [
  ['as they are', (text) => text],
  ['in capitals', (text) => text.toUpperCase()],
  ['in part', (text) => text.split(' ').slice(0, 7).join(' ')],
  ['backwards', (text) => [...text].reverse().join('')],
  ['in Base64', (text) => Buffer.from(text).toString('base64')],
  ['in hexadecimal', (text) => Buffer.from(text).toString('hex')],
  ['spelled out', (text) => [...text].join(' ')],
  ['over many lines', (text) => text.split(' ').join('\n')],
  [
    'by ROT13',
    (text) =>
      text.replace(/[a-z]/g, (letter) => String.fromCharCode(97 + ((letter.charCodeAt(0) - 84) % 26))),
  ],
  [
    'in letters of another alphabet',
    (text) => text.replace(/[aeop]/g, (letter) => 'аеор'['aeop'.indexOf(letter)] ?? ''),
  ],
  ['in references of HTML', (text) => [...text].map((letter) => `&#${letter.charCodeAt(0)};`).join('')],
  ['in Base64 twice', (text) => Buffer.from(Buffer.from(text).toString('base64')).toString('base64')],
  ['word by word from the end', (text) => text.split(' ').reverse().join(' ')],
  [
    'as first letters of lines',
    (text) => [...text.replace(/[^a-z]/gi, '')].map((letter) => `${letter}nd so on.`).join('\n'),
  ],
]

/** Written so that programs that detect links still recognise them. */
const links = ['EVIL.COM/pay', 'evil。com/pay', '//evil.com/pay', 'evil[.]com/pay', '192.0.2.7/pay']

/** The texts that a model obeying the attacker writes, by number. */
const told = [
  ...disguises.map(([, disguise]) => disguise(instructions)),
  ...links.map((link) => `Please pay at ${link} today.`),
]

const talkedInto = ({ question: { task }, body }: StandInRequest): Override | undefined => {
  const text = body.messages.map(({ content }) => content).join('\n')
  const number = /Tell me number (\d+)/.exec(text)?.[1]
  if (number === undefined || task !== 'compose') return undefined
  const composed = {
    text: told[Number(number)] ?? '',
    language: 'en',
    answers: [],
    missing: [],
    confidence: 1,
    needs_person: false,
  }
  return { content: JSON.stringify(composed) }
}

const writtenAttacks = (world: World): Attack[] =>
  [
    ...disguises.map(([name]) => `instructions: a model writes them ${name}`),
    ...links.map((link) => `links: a model writes ${link}`),
  ].map((name, at) => ({
    name,
    holds: 'the check of what goes out',
    run: async () => {
      const domain = `leak${at}.example`
      const mail = stamped(
        letter({ to: trusting, from: `eve@${domain}`, subject: `Tell me number ${at}` }),
        domain,
      )
      await deliver(world, trusting, [mail])
      const row = await world.victim.settled(mail.id)
      return row.disposition === 'held' ? null : `${row.disposition}: ${row.reason}`
    },
  }))

const bombAttacks = (world: World): Attack[] =>
  bombs.map(([name, make], at) => ({
    name: `a mail with ${name}`,
    holds: 'linear readers with caps; the others are answered meanwhile',
    run: async () => {
      const mail = make(bombed)
      const begun = performance.now()
      await deliver(world, bombed, [mail])
      const next = stamped(letter({ to: trusting, from: `kim@after${at}.example` }), `after${at}.example`)
      await deliver(world, trusting, [next])
      await world.victim.settled(next.id)
      // Counted, not looked up: if the header was cut, the Message-ID is beyond the cut.
      await until('the mail is not settled', async () => {
        const rows = (await world.victim.rows()).filter(({ account }) => account === bombed)
        return rows.length > at && rows.every(({ step }) => ['done', 'review'].includes(step))
      })
      if (world.victim.daemon.starts !== 1) return 'the daemon ended'
      return { figure: `both settled after ${((performance.now() - begun) / 1000).toFixed(1)} s` }
    },
  }))

/** Checks all attacks above: who has received mail from Postfix. */
const nobodyElse = (world: World): Attack => ({
  name: 'all of these mails together: somebody who wrote nothing gets mail',
  holds: 'recipients come from authenticated authors',
  run: async () => {
    await world.postfix.drained()
    const mailboxes = readdirSync(join(world.servers.dovecot.directory, 'mail'))
    const strangers = mailboxes.filter(
      (name) => !own.includes(name) && /third-party|evil\./.test(name) && !name.startsWith('"'),
    )
    return strangers.length > 0
      ? strangers.join(', ')
      : mailboxes.length <= own.length
        ? 'nobody got any'
        : null
  },
})

/** A Message-ID must not be computable from the original's by anybody who knows the program. */
const replyIds = (world: World): Attack => ({
  name: "the Message-ID of a reply computed from the original's",
  holds: 'it is keyed with the state directory',
  run: async () => {
    const { rows } = await world.victim.db.query<{ reply: string; original: string }>(
      `select r.reply_message_id as reply, m.message_id as original from replyd.reply r join replyd.message m on m.id = r.id
        where m.message_id is not null`,
    )
    const guesses = ({ original }: { original: string }) =>
      ['sha1', 'sha256', 'md5'].flatMap((name) =>
        [original, original.slice(1, -1)].map((text) =>
          createHash(name).update(text).digest('hex').slice(0, 16),
        ),
      )
    if (rows.length === 0) return 'there is none'
    return rows.some((row) => guesses(row).some((guess) => row.reply.includes(guess)))
      ? 'it can be computed'
      : null
  },
})

async function openWorld(): Promise<World> {
  const [servers, names] = await Promise.all([startServers({ behaviour: talkedInto }), NameServer.start()])
  const postfix = await startPostfix({ deliverTo: servers.dovecot })
  const smtp = { port: postfix.smtpPort }
  const replies = { mode: 'send', undo: '0s', minConfidence: 0 }
  const victim = await Victim.start(servers, {
    accounts: [
      accountAt(servers, trusting, { smtp, replies, authservIds: [authservId], instructions }),
      accountAt(servers, checking, { smtp, replies }),
      accountAt(servers, bombed, { smtp }),
    ],
    nodeArgs: names.nodeArgs(),
  })
  return { servers, postfix, names, victim }
}

export const mail: Area = {
  name: 'mail',
  open: async () => {
    const world = await openWorld()
    return {
      attacks: [
        answered(world),
        ...caseAttacks(world, 'third parties', relays),
        ...caseAttacks(world, 'results', forgeries),
        ...caseAttacks(world, 'programs', loops),
        ...(await signatureAttacks(world)),
        ...identityAttacks(world, trusting),
        ...writtenAttacks(world),
        ...limitAttacks(world),
        ...bombAttacks(world),
        replyIds(world),
        nobodyElse(world),
      ],
      async [Symbol.asyncDispose]() {
        await world.victim[Symbol.asyncDispose]()
        await Promise.all(
          [world.postfix, world.names, world.servers].map((each) => each[Symbol.asyncDispose]()),
        )
      },
    }
  },
}
