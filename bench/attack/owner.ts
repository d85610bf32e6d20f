/**
 * Effects that only the owner may cause: trust in a sender, a mail out of \Junk, a thread for people, and what the
 * owner is told.
 */
import { loadAccountState } from '../../src/store/accounts.ts'
import { deliverAll } from '../../test/live/servers/index.ts'
import { ScriptedServer } from '../../test/smtp/scripted-server.ts'
import { type Area, type Attack, differs } from './attack.ts'
import { apiToken, owner as ownAddress, type Pages, password, startPages } from './daemon.ts'
import { digestAttacks } from './digest.ts'
import { ask } from './http.ts'
import { authservId, type Letter, type LetterOptions, letter, question } from './letter.ts'
import { tryLogin } from './login.ts'
import { accountAt, type Row, type Servers, startServers, until, Victim, webToken } from './victim.ts'

const trusting = 'trusting@replyd.test'
const friend = 'kim@allowed.example'
/** The model calls a mail with this subject a scam. */
const pills = 'Cheap pills'

interface World {
  servers: Servers
  victim: Victim
}

async function judged({ servers, victim }: World, ...mails: Letter[]): Promise<Row[]> {
  await deliverAll(
    servers.dovecot,
    mails.map(({ octets }) => ({ user: trusting, octets })),
  )
  return Promise.all(mails.map(({ id }) => victim.settled(id)))
}

const mailOf = (domain: string, results: string, options: Partial<LetterOptions> = {}) => {
  const mail = letter({ to: trusting, from: `kim@${domain}`, ...options })
  const head = `Authentication-Results: ${authservId}; ${results}\r\n`
  return { id: mail.id, octets: `${head}${mail.octets}` }
}

/** The model's "scam" decides, unless the author is one that the owner allows. */
function allowAttacks(world: World): Attack[] {
  const allowed = 'allowed.example'
  const cases: [string, string, Partial<LetterOptions>, 'filed' | 'held'][] = [
    ['the friend (is not filed)', `dmarc=pass header.from=${allowed}`, {}, 'held'],
    ['forged, DMARC fails', `dmarc=fail header.from=${allowed}`, {}, 'filed'],
    [
      'forged, without a policy: SPF fails',
      `spf=fail smtp.mailfrom=${allowed}; dkim=none; dmarc=none header.from=${allowed}`,
      {},
      'filed',
    ],
    [
      'forged, without a policy: SPF says softfail',
      `spf=softfail smtp.mailfrom=${allowed}; dmarc=none header.from=${allowed}`,
      {},
      'filed',
    ],
    [
      'forged, signed by the attacker',
      `dkim=pass header.d=evil.example; spf=fail smtp.mailfrom=${allowed}; dmarc=none header.from=${allowed}`,
      {},
      'filed',
    ],
    [
      'the friend and the attacker as authors',
      'dmarc=pass header.from=evil.example',
      { author: `<${friend}>, <eve@evil.example>` },
      'filed',
    ],
    [
      'a name that ends like it',
      'dmarc=pass header.from=notallowed.example',
      { from: 'kim@notallowed.example' },
      'filed',
    ],
    [
      'a name that begins like it',
      `dmarc=pass header.from=${allowed}.evil.example`,
      { from: `kim@${allowed}.evil.example` },
      'filed',
    ],
    [
      'the friend as display name',
      'dmarc=pass header.from=evil.example',
      { author: `"${friend}" <eve@evil.example>` },
      'filed',
    ],
    [
      'the friend as Sender',
      'dmarc=pass header.from=evil.example',
      { from: 'eve@evil.example', fields: [`Sender: ${friend}`] },
      'filed',
    ],
    [
      'the friend as quoted local part',
      'dmarc=pass header.from=evil.example',
      { author: `"${friend}"@evil.example` },
      'filed',
    ],
  ]
  return cases.map(([name, results, options, expected]) => ({
    name: `allow list: ${name}`,
    holds:
      expected === 'held'
        ? 'nothing: this is what the others differ from'
        : 'the list counts for the one author, as a whole, where authentication does not fail',
    run: async () => {
      const [row] = await judged(world, mailOf(allowed, results, { subject: pills, ...options }))
      return differs(row?.disposition, expected)
    },
  }))
}

const api = ({ victim }: World, path: string, body: object = {}) =>
  ask(`${victim.url}/api${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${webToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

function restoredAttacks(world: World): Attack[] {
  const filed = async (domain: string, result: string, options: Partial<LetterOptions> = {}) => {
    const [row] = await judged(
      world,
      mailOf(domain, `dmarc=${result} header.from=${domain}`, { subject: pills, ...options }),
    )
    if (row?.disposition !== 'filed') throw new Error(`it was not filed: ${row?.disposition}`)
    return row
  }
  const nextOf = async (domain: string, result: string, options: Partial<LetterOptions> = {}) => {
    const results = `dmarc=${result} header.from=${domain}`
    const [row] = await judged(world, mailOf(domain, results, { subject: pills, ...options }))
    return row?.disposition
  }
  const restore = async (row: Row) => differs((await api(world, `/junk/${row.id}/restore`)).status, 200)
  return [
    {
      name: 'restored: the sender of a mail that the owner took out of Junk (is not filed again)',
      holds: 'nothing: this is what the others differ from',
      run: async () => {
        const fault = await restore(await filed('restored.example', 'pass'))
        return fault ?? differs(await nextOf('restored.example', 'pass'), 'held')
      },
    },
    {
      name: 'restored: the same sender, forged',
      holds: 'a rule counts where authentication does not fail',
      run: async () => {
        const fault = await restore(await filed('lent.example', 'pass'))
        return fault ?? differs(await nextOf('lent.example', 'fail'), 'filed')
      },
    },
    {
      name: 'restored: a forged mail, taken out of Junk, opens it to its whole domain',
      holds: 'a domain is trusted only by an authenticated mail',
      run: async () => {
        const fault = await restore(await filed('opened.example', 'fail'))
        return (
          fault ?? differs(await nextOf('opened.example', 'pass', { from: 'eve@opened.example' }), 'filed')
        )
      },
    },
    {
      name: 'restored: a mail that does not exist, or is not in Junk',
      holds: 'a row of the store, in the state that it requires',
      run: async () => {
        const [row] = await judged(world, mailOf('plain.example', 'dmarc=pass header.from=plain.example'))
        const ids = ['none', '%2e%2e', "' or true --", row?.id ?? '']
        const statuses = await Promise.all(
          ids.map(async (id) => (await api(world, `/junk/${encodeURIComponent(id)}/restore`)).status),
        )
        return statuses.some((status) => status < 400 || status >= 500) ? JSON.stringify(statuses) : null
      },
    },
    {
      name: 'restored: a copy of a filed mail, sent again under its Message-ID',
      holds: 'only the filed mail itself can come back: same size and time, and gone from Junk',
      run: async () => {
        const mail = mailOf('copied.example', 'dmarc=fail header.from=copied.example', { subject: pills })
        const [row] = await judged(world, mail)
        if (row?.disposition !== 'filed') return `it was not filed: ${row?.disposition}`
        await judged(world, { id: mail.id, octets: `X-Copy: 1\r\n${mail.octets}` })
        await until('the copy is not settled', async () => {
          const copies = (await world.victim.rows()).filter(({ message_id }) => message_id === mail.id)
          return copies.length > 1 && copies.every(({ step }) => ['done', 'review'].includes(step))
        })
        return differs(await nextOf('copied.example', 'fail'), 'filed')
      },
    },
  ]
}

/** HUMAN ends the automatic replies of a thread. */
function humanAttacks(world: World): Attack[] {
  const inThread = (domain: string, results: string, about: string[], text = question, id?: string) =>
    mailOf(domain, results, {
      text,
      ...(id ? { id } : {}),
      fields: about.length > 0 ? [`In-Reply-To: ${about.at(-1)}`, `References: ${about.join(' ')}`] : [],
    })
  const pass = (domain: string) => `dmarc=pass header.from=${domain}`
  const replyTo = async (row: Row | undefined) => {
    const { rows } = await world.victim.db.query<{ id: string }>(
      'select reply_message_id as id from replyd.reply where id = $1',
      [row?.id ?? ''],
    )
    return rows[0]?.id ?? ''
  }
  /** Somebody is answered, something happens, and they ask again. @returns the guard's verdict on the second mail */
  const asksAgain = async (domain: string, between: (ids: string[]) => Letter[]) => {
    const first = inThread(domain, pass(domain), [])
    const [row] = await judged(world, first)
    if (row?.disposition !== 'sent') throw new Error(`the first was not answered: ${row?.reason}`)
    const ids = [first.id, await replyTo(row)]
    await judged(world, ...between(ids))
    const [second] = await judged(
      world,
      inThread(domain, pass(domain), ids, question.replace('Saturday', 'Friday')),
    )
    const { rows } = await world.victim.db.query<{ codes: string[] }>(
      'select codes from replyd.message where id = $1',
      [second?.id ?? ''],
    )
    return rows[0]?.codes ?? []
  }
  const human = 'HUMAN\r\n'
  const attack = (name: string, domain: string, between: (ids: string[]) => Letter[]): Attack => ({
    name: `HUMAN: ${name}`,
    holds: 'only who got the reply, where authentication does not fail, about mails that exist',
    run: async () => {
      const codes = await asksAgain(domain, between)
      return codes.includes('human-asked') ? 'the automatic replies ended' : null
    },
  })
  return [
    {
      name: 'HUMAN: the correspondent says it (ends them)',
      holds: 'nothing: this is what the others differ from',
      run: async () => {
        const domain = 'wants.example'
        const codes = await asksAgain(domain, (ids) => [inThread(domain, pass(domain), ids, human)])
        return differs(codes.includes('human-asked'), true)
      },
    },
    attack('forged, DMARC fails', 'forged.example', (ids) => [
      inThread('forged.example', 'dmarc=fail header.from=forged.example', ids.slice(0, 1), human),
    ]),
    attack('forged, without a policy: SPF fails', 'loose.example', (ids) => [
      inThread(
        'loose.example',
        'spf=fail smtp.mailfrom=loose.example; dmarc=none header.from=loose.example',
        ids.slice(0, 1),
        human,
      ),
    ]),
    attack('by a stranger who names the id of the mail', 'named.example', (ids) => [
      inThread('stranger.example', pass('stranger.example'), ids.slice(0, 1), human),
    ]),
    attack('by a stranger, about a Message-ID that does not exist', 'never.example', () => [
      inThread('stranger.example', pass('stranger.example'), ['<not.yet@never.example>'], human),
    ]),
  ]
}

function noticeAttacks({ url }: Pages): Attack[] {
  const words = 'Your session has ended: log in at evil'
  const paths = [
    `/?done=${encodeURIComponent(words)}`,
    `/?refused=${encodeURIComponent(words)}`,
    `/history?done=constructor&refused=${encodeURIComponent(`<b>${words}</b>`)}`,
    `/?done=approve&id=${encodeURIComponent(words)}&left=${encodeURIComponent(words)}`,
    `/login?fault=${encodeURIComponent(words)}`,
  ]
  return paths.map((path) => ({
    name: `a notice of the attacker on ${path.replace(/[=&].*/, '')}=…`,
    holds: 'notices come from a list, never from the URL',
    run: async () => {
      const { status, text } = await ask(`${url}${path}`, { headers: { accept: 'text/html' } })
      if (status >= 500) return `status ${status}`
      return text.includes('Your session has ended') ? 'it is shown' : null
    },
  }))
}

function nameAttacks({ url, running }: Pages): Attack[] {
  const names = [
    'replyd',
    'Replyd 2',
    'r\u200bep\u00adlyd',
    'REPLYD',
    'r\u0435plyd',
    'ｒｅｐｌｙｄ',
    'api admin',
    'owner',
    'system',
  ]
  const logins = names.map(
    (name): Attack => ({
      name: `somebody logs in as ${JSON.stringify(name)}`,
      holds: "names are compared by their letters; replyd's own are refused",
      run: async () => {
        const answer = await ask(`${url}/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams({ name, password }).toString(),
        })
        return differs(answer.status, 422)
      },
    }),
  )
  const near: Attack = {
    name: 'somebody logs in without a name (may)',
    holds: 'nothing: this is what the others differ from',
    run: async () => differs((await tryLogin(url, password)).status, 303),
  }
  const actor: Attack = {
    name: 'a program calls itself replyd in `replyd-actor`',
    holds: 'the ledger writes `api` before what a program says',
    run: async () => {
      await ask(`${url}/api/accounts/${encodeURIComponent(ownAddress)}/pause`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiToken}`, 'replyd-actor': 'replyd' },
      })
      const { pausedBy } = await loadAccountState(running.daemon.context.db, ownAddress)
      return differs(pausedBy, 'api replyd')
    },
  }
  return [near, ...logins, actor]
}

export const owner: Area = {
  name: 'owner',
  open: async () => {
    const [servers, smtp, pages] = await Promise.all([
      startServers({
        behaviour: ({ question: { task }, body }) => {
          const isPills = task === 'triage' && JSON.stringify(body.messages).includes(pills)
          if (!isPills) return undefined
          const verdict = { spam: { is: true, kind: 'scam', confidence: 0.99 }, needs_reply: true }
          return { content: JSON.stringify({ ...sound, ...verdict }) }
        },
      }),
      ScriptedServer.start(),
      startPages({ password }),
    ])
    const victim = await Victim.start(servers, {
      accounts: [
        accountAt(servers, trusting, {
          smtp: { port: smtp.port },
          authservIds: [authservId],
          spam: { allow: ['allowed.example'] },
          replies: { mode: 'send', undo: '0s', minConfidence: 0 },
        }),
      ],
    })
    const world = { servers, victim }
    return {
      attacks: [
        ...allowAttacks(world),
        ...restoredAttacks(world),
        ...humanAttacks(world),
        ...digestAttacks(),
        ...noticeAttacks(pages),
        ...nameAttacks(pages),
      ],
      async [Symbol.asyncDispose]() {
        await victim[Symbol.asyncDispose]()
        await Promise.all([pages, smtp, servers].map((each) => each[Symbol.asyncDispose]()))
      },
    }
  },
}

const sound = {
  asks: [],
  search: [],
  sentiment: { label: 'neutral', intensity: 0 },
  language: 'en',
  category: 'other',
  urgency: 0,
  manipulation: false,
  payment_change: false,
  summary: 'An offer',
  confidence: 1,
}
