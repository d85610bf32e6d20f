/**
 * Somebody sends a mail with the Message-ID of a mail that arrives later, so that the later one is taken for a copy.
 */
import { deliverAll } from '../../test/live/servers/index.ts'
import { type Attack, differs } from './attack.ts'
import { letter } from './letter.ts'
import type { Servers, Victim } from './victim.ts'

interface Change {
  name: string
  change: (mail: string) => string
  expected: 'judged' | 'duplicate'
  /** By default a question that the knowledge answers. */
  text?: string
}

const field = (name: string, line: string, expected: Change['expected'] = 'judged'): Change => ({
  name,
  change: (mail) => `${line}\r\n${mail}`,
  expected,
})
const instead = (name: string, old: string | RegExp, now: string): Change => ({
  name,
  change: (mail) => mail.replace(old, now),
  expected: 'judged',
})

const changes: readonly Change[] = [
  instead('another author', /^From:.*$/m, 'From: Eve <eve@elsewhere.example>'),
  instead('another subject', /^Subject:.*$/m, 'Subject: Something else'),
  instead('another text', 'Saturday', 'Sunday'),
  instead('another date', /^Date:.*$/m, 'Date: Tue, 24 Nov 2026 09:00:00 +0000'),
  field(
    'one more Received (a true copy)',
    'Received: from a by b; Tue, 24 Nov 2026 09:00:00 +0000',
    'duplicate',
  ),
  field('an answer that goes elsewhere', 'Reply-To: eve@elsewhere.example'),
  field('the mark of a spam filter', 'X-Spam-Flag: YES'),
  field('the mark of a program', 'Auto-Submitted: auto-replied'),
  field('the mark of a mailing list', 'List-Id: <all.lists.example>'),
  {
    ...field('the contents that triage calls spam', 'X-Route: elsewhere'),
    text: 'Dear friend, you have won five million dollars in the lottery. You are a lucky winner.\r\n',
  },
]

export function identityAttacks(
  { servers, victim }: { servers: Servers; victim: Victim },
  to: string,
): Attack[] {
  const deliver = (octets: string) => deliverAll(servers.dovecot, [{ user: to, octets }])
  return changes.map(({ name, change, expected, text }, at) => ({
    name: `identity: a mail comes first under the id of another, with ${name}`,
    holds: 'a copy has the same author, date, subject, content and answer, and the first one may be answered',
    run: async () => {
      const real = letter({ to, from: `kim@identity${at}.example`, ...(text ? { text } : {}) })
      await deliver(change(real.octets))
      await victim.settled(real.id)
      await deliver(real.octets)
      for (;;) {
        const rows = (await victim.rows()).filter(({ message_id }) => message_id === real.id)
        const [, second] = rows
        if (!second || !['done', 'review'].includes(second.step)) continue
        return differs(second.disposition === 'duplicate' ? 'duplicate' : 'judged', expected)
      }
    },
  }))
}
