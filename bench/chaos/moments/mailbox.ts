/** Changes that other people make to the mailbox in the meantime. */
import type { ImapFlow } from 'imapflow'
import { withClient } from '../../../test/flow/mailboxes.ts'
import { answerFor } from '../model.ts'
import type { Moment } from '../moment.ts'
import type { World } from '../world.ts'

const inInbox = (world: World, work: (client: ImapFlow) => Promise<void>) =>
  withClient(world.peers.dovecot, world.address, async (client) => {
    await client.mailboxOpen('INBOX')
    await work(client)
  })

async function uidOf(client: ImapFlow, token: string): Promise<string> {
  const found = await client.search({ subject: token }, { uid: true })
  if (!Array.isArray(found) || found.length === 0) throw new Error(`no mail ${token}`)
  return String(found.at(-1))
}

export const mailboxMoments: readonly Moment[] = [
  {
    name: 'mailbox: delivered again',
    async inject(world) {
      const mails = await world.deliver(['send', 'draft'])
      await world.deliverAgain(mails)
      world.duplicates.push(...mails.map(({ token }) => token))
    },
  },
  {
    name: 'mailbox: moved away and back',
    async inject(world) {
      const mails = await world.deliver(['draft', 'thanks'])
      await world.deliver(['draft'], false).then((nameless) => mails.push(...nameless))
      await inInbox(world, async (client) => {
        for (const { token } of mails)
          await client.messageMove(await uidOf(client, token), 'Archive', { uid: true })
        await client.mailboxOpen('Archive')
        await client.messageMove('1:*', 'INBOX', { uid: true })
      })
    },
  },
  {
    name: 'mailbox: answered by the owner meanwhile',
    alsoFine: ['superseded', 'declined'],
    async inject(world) {
      world.modelFault = (request) =>
        request.question.task === 'compose' ? { ...answerFor(request), delayMs: 700 } : undefined
      const mails = await world.deliver(['send', 'draft'])
      await inInbox(world, async (client) => {
        for (const { token } of mails) {
          await client.messageFlagsAdd(await uidOf(client, token), ['\\Answered'], { uid: true })
        }
      })
    },
    async undo(world) {
      world.modelFault = () => undefined
    },
  },
  {
    name: 'mailbox: mail without Message-ID, killed',
    async inject(world) {
      await world.deliver(['send', 'draft', 'spam', 'thanks'], false)
      world.daemon.kill()
    },
    uncertain: true,
  },
]
