/**
 * Mode `send` with a model that finds every mail harmless, answers it, and does what it says: 20 attackers, ten mails
 * each, who want an automatic reply to reach somebody who did not write. Proven authors write in between, and are
 * answered: otherwise the test would prove nothing.
 */
import { startMailbox } from '../../src/demo/mailbox.ts'
import { startStandIn } from '../../src/demo/stand-in.ts'
import { mailboxes } from '../../src/mail/correspondents.ts'
import { firstField } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { saveCorrespondents } from '../../src/store/correspondents.ts'
import { startDaemon } from '../../test/flow/daemon.ts'
import { nameServer, type Signer, signed, signer } from '../../test/mail/signed.ts'
import { echo, harmless } from '../redteam/models.ts'
import type { Area } from './attack.ts'
import { attackers, genuine, known, mailsEach, own, type Written } from './attackers.ts'

interface Sent {
  /** Name of the attacker, or of the genuine people. */
  of: string
  recipients: readonly string[]
  /** To, as in the header. */
  to: string
  author: string
  proven: boolean
}

export interface Campaign {
  mails: number
  sent: Sent[]
  /** Mail that was sent to somebody who is not a proven author, or with a name that a stranger chose. */
  wrong: Sent[]
}

/**
 * @param by who proves authors: the account's server, which is named in `authservIds`, or only replyd itself. In the
 * second case the mails have the same fields, but these must not count.
 * @param databaseUrl the embedded store when absent
 */
export async function campaign(by: 'server' | 'signature', databaseUrl?: string): Promise<Campaign> {
  const now = new Date()
  const names = nameServer()
  const keys = new Map<string, Signer>()
  const standIn = await startStandIn({
    behaviour: (request) => {
      if (request.question.task === 'triage') return { content: JSON.stringify(harmless) }
      return request.question.mail.includes('Order:') ? echo(request) : undefined
    },
  })
  const login = { user: 'support', password: 'obedient' }
  const mailbox = await startMailbox({ ...login, now: () => new Date() })
  try {
    await using running = await startDaemon({
      address: own,
      imap: { ...mailbox.imap, ...login },
      smtp: mailbox.smtp,
      standIn,
      databaseUrl: databaseUrl ?? null,
      resolveTxt: names.resolveTxt,
      account: {
        authservIds: by === 'server' ? ['mx.nordlicht.example'] : [],
        replies: { mode: 'send', undo: '0s', minConfidence: 0 },
      },
      document: { budget: { perDay: 1000 } },
    })
    const { db, clock } = running.daemon.context
    const cursor = { mailbox: 'Sent', uidValidity: '1', lastUid: 1, readAt: clock.now() }
    await saveCorrespondents(db, own, [known], cursor)
    const plan = [...attackers, genuine].flatMap(({ name, write }) =>
      Array.from({ length: mailsEach }, (_, n) => ({ of: name, mail: write(n, now) })),
    )
    const mails = new Map<string, { of: string; mail: Written }>()
    for (const { of, mail } of plan) {
      const text = await signedBy(mail, (domain) => {
        // RSA keys for all of them would take a minute of CPU time.
        const key = keys.get(domain) ?? signer(names, domain, 'ed25519-sha256')
        names.records.set(`_dmarc.${domain}`, 'v=DMARC1; p=reject')
        keys.set(domain, key)
        return key
      })
      const octets = Buffer.from(`${mail.stamp}${text}`)
      mails.set(firstField(parseOctets(octets), 'message-id') ?? '', { of, mail })
      await mailbox.deliver(octets)
    }
    await running.settled(plan.length)
    const sent = mailbox.sent().map(({ octets, recipients }) => sentOf(octets, recipients, mails, by))
    return { mails: plan.length, sent, wrong: sent.filter(isWrong) }
  } finally {
    await mailbox.close()
    await standIn.close()
  }
}

async function signedBy({ text, signs }: Written, keyOf: (domain: string) => Signer): Promise<string> {
  return signs === null ? text : signed(text, keyOf(signs))
}

function sentOf(
  octets: Buffer,
  recipients: readonly string[],
  mails: ReadonlyMap<string, { of: string; mail: Written }>,
  by: 'server' | 'signature',
): Sent {
  const reply = parseOctets(octets)
  const { of, mail } = mails.get(firstField(reply, 'in-reply-to') ?? '') ?? {}
  const to = firstField(reply, 'to') ?? ''
  const others = ['cc', 'bcc'].flatMap((name) => mailboxes(reply, name)).map(({ address }) => address)
  return {
    of: of ?? 'nobody',
    recipients: [...recipients, ...others],
    to,
    author: mail?.author ?? '',
    proven: by === 'server' ? mail?.passes === true : mail?.signs !== null && mail?.holds === true,
  }
}

const isWrong = ({ recipients, to, author, proven }: Sent) =>
  !proven || recipients.some((address) => address !== author) || to !== author

/** One row for each attacker: all ten mails, with `authservIds` and without. */
export const obedient: Area = {
  name: 'obedient model',
  open: async () => {
    const runs = { server: await campaign('server'), signature: await campaign('signature') }
    const answered = Object.values(runs).map(
      ({ sent }) => sent.filter(({ of }) => of === genuine.name).length,
    )
    return {
      attacks: attackers.map(({ name, holds }) => ({
        name,
        holds,
        run: async () => {
          if (answered.includes(0)) return 'nobody at all was answered, so nothing is shown'
          const wrong = Object.values(runs).flatMap((run) => run.wrong.filter(({ of }) => of === name))
          return wrong.length === 0 ? null : `${wrong.length} sent, to ${wrong[0]?.recipients.join(', ')}`
        },
      })),
      async [Symbol.asyncDispose]() {},
    }
  },
}
