/** The inputs of a verdict are stored with it, and are sufficient to reproduce it. */
import { expect, test } from '@jest/globals'
import { startMailbox } from '../../src/demo/mailbox.ts'
import { standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { explainMail } from '../../src/store/review-lists.ts'
import { startDaemon } from './daemon.ts'

test('the mail’s page shows the model, snapshot, prompts and knowledge of each call', async () => {
  const login = { user: 'support', password: 'evidence' }
  const mailbox = await startMailbox({ ...login, now: () => new Date() })
  const standIn = await startStandIn()
  try {
    await using running = await startDaemon({
      address: 'support@nordlicht.example',
      imap: { ...mailbox.imap, ...login },
      smtp: mailbox.smtp,
      standIn,
    })
    await mailbox.deliver(
      Buffer.from(
        'Return-Path: <ann@example.org>\r\nFrom: Ann <ann@example.org>\r\nTo: support@nordlicht.example\r\n' +
          'Subject: Opening hours\r\nMessage-ID: <hours@example.org>\r\n\r\nWhen do you open on Saturday?\r\n',
      ),
    )
    const [row] = await running.settled(1)
    const { context } = running.daemon
    const account = context.accounts.get('support@nordlicht.example')
    const { calls } = await explainMail(context.db, row?.id ?? '')
    const shared = { model: standInModel, answeredBy: expect.stringMatching(/\S/) }
    expect(account?.knowledge?.hash).toMatch(/^[0-9a-f]{16}$/)
    expect(calls).toMatchObject([
      { ...shared, step: 'triage', promptHash: account?.prompts.triage.hash, knowledgeHash: null },
      {
        ...shared,
        step: 'compose',
        promptHash: account?.prompts.compose.hash,
        knowledgeHash: account?.knowledge?.hash,
      },
    ])
  } finally {
    await mailbox.close()
    await standIn.close()
  }
})
